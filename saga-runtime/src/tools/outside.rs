//! Values as JSON for the outside: integers that a float would round are texts, and secrets are not shown.

use serde_json::Value;

use crate::tools::given::quoted;
use crate::tools::schema::EXACT_MAX;
use crate::value::recorded::{Recorded, Written};

/// Returns the value as JSON for the outside.
///
/// # Errors
/// The reason for which it cannot be written.
pub(crate) fn outside<T: Recorded>(value: &T) -> Result<Value, String> {
    let json = serde_json::to_string(&Written(value)).map_err(|error| error.to_string())?;
    serde_json::from_str(&with_large_as_text(&json)).map_err(|error| error.to_string())
}

/// Returns the JSON with its large integers as texts. It is done on the text, as a tree has no room for 128 bits.
fn with_large_as_text(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        let (before, from) = rest.split_at(at);
        let end = if from.starts_with('"') { end_of_text(from) } else { end_of_number(from) };
        let (token, after) = from.split_at(end);
        written.push_str(before);
        match is_large(token) {
            true => written.push_str(&quoted(token)),
            false => written.push_str(token),
        }
        rest = after;
    }
    written + rest
}

fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    let end = json.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |(at, _)| at + 1)
}

fn end_of_number(json: &str) -> usize {
    json.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(json.len())
}

/// Returns true if a float would round it.
fn is_large(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_integer = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_integer && digits.parse::<u64>().map_or(true, |number| number > EXACT_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_that_a_float_would_round_are_texts() {
        let value =
            (u64::MAX, i64::MIN, u128::MAX, 9_007_199_254_740_991_u64, 1e300, "12345678901234567890\"-1");
        let value = (value.0, value.1, value.2, value.3, value.4, value.5.to_owned());
        let expected = json!([
            "18446744073709551615",
            "-9223372036854775808",
            "340282366920938463463374607431768211455",
            9_007_199_254_740_991_u64,
            1e300,
            "12345678901234567890\"-1"
        ]);
        assert_eq!(outside(&value).unwrap(), expected);
    }
}
