//! JSON from outside as a tree whose numbers are texts: no digit is lost, and an integer of 128 bits has room.

use std::fmt::Write as _;

use serde_json::Value;

use crate::tools::schema::EXACT_MAX;

/// A value from outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Given>),
    Object(Vec<(String, Given)>),
}

impl From<&Value> for Given {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Given::Null,
            Value::Bool(value) => Given::Bool(*value),
            Value::Number(number) => Given::Number(number.to_string()),
            Value::String(text) => Given::Text(text.clone()),
            Value::Array(values) => Given::List(values.iter().map(Given::from).collect()),
            Value::Object(members) => {
                Given::Object(members.iter().map(|(name, value)| (name.clone(), value.into())).collect())
            }
        }
    }
}

impl Given {
    /// Returns it as JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) {
        match self {
            Given::Null => to.push_str("null"),
            Given::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Given::Number(number) => to.push_str(number),
            Given::Text(text) => to.push_str(&quoted(text)),
            Given::List(values) => {
                to.push('[');
                for (at, value) in values.iter().enumerate() {
                    to.push_str(if at > 0 { "," } else { "" });
                    value.write(to);
                }
                to.push(']');
            }
            Given::Object(members) => {
                to.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    // Writing into a `String` does not fail.
                    write!(to, "{comma}{}:", quoted(name)).ok();
                    value.write(to);
                }
                to.push('}');
            }
        }
    }

    /// Returns the name of its type in JSON Schema; a whole number is an `integer` as well.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Given::Null => "null",
            Given::Bool(_) => "boolean",
            Given::Number(_) => "number",
            Given::Text(_) => "string",
            Given::List(_) => "array",
            Given::Object(_) => "object",
        }
    }

    /// Returns the member of that name.
    pub(crate) fn member(&self, name: &str) -> Option<&Given> {
        match self {
            Given::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns true if both are the same JSON: numbers by their value, members in any order.
    pub(crate) fn is_same(&self, other: &Given) -> bool {
        match (self, other) {
            (Given::Number(one), Given::Number(two)) => compare(one, two) == Some(std::cmp::Ordering::Equal),
            (Given::List(one), Given::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.is_same(two))
            }
            (Given::Object(one), Given::Object(two)) => {
                let found = |(name, value): &(String, Given)| {
                    other.member(name).is_some_and(|other| value.is_same(other))
                };
                one.len() == two.len() && one.iter().all(found)
            }
            _ => self == other,
        }
    }
}

/// Returns the text in quotes, as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the digits of a number that is whole: `5` for `5.0`, `5e0` and `5`. Beyond [`EXACT_MAX`] only what is written
/// as an integer counts, because anything else has been rounded.
pub(crate) fn whole(number: &str) -> Option<String> {
    if is_integer(number) {
        return Some(if number == "-0" { "0".to_owned() } else { number.to_owned() });
    }
    let value: f64 = number.parse().ok()?;
    let whole = value.fract() == 0.0 && value.abs() <= EXACT_MAX as f64;
    whole.then(|| format!("{}", value as i64))
}

/// Returns true if it is written as an integer: no fraction, no exponent.
pub(crate) fn is_integer(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let leading = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && !leading && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Compares two numbers by their value.
pub(crate) fn compare(one: &str, two: &str) -> Option<std::cmp::Ordering> {
    let exact = |number: &str| whole(number).and_then(|whole| whole.parse::<i128>().ok());
    match (exact(one), exact(two)) {
        (Some(one), Some(two)) => Some(one.cmp(&two)),
        _ => one.parse::<f64>().ok()?.partial_cmp(&two.parse().ok()?),
    }
}

/// Returns true if it is a multiple of `unit`, by decimals: as floats 19.99 is no multiple of 0.01.
pub(crate) fn is_multiple(number: &str, unit: &str) -> bool {
    let exactly = || {
        let ((number, its), (unit, of_unit)) = (decimal(number)?, decimal(unit)?);
        let least = its.min(of_unit);
        let scaled = |digits: i128, exponent: i32| {
            digits.checked_mul(10_i128.checked_pow(exponent.checked_sub(least)?.try_into().ok()?)?)
        };
        scaled(number, its)?.checked_rem(scaled(unit, of_unit)?).map(|rest| rest == 0)
    };
    let roughly = || Some((number.parse::<f64>().ok()? / unit.parse::<f64>().ok()?).fract() == 0.0);
    exactly().or_else(roughly).unwrap_or(false)
}

/// Returns the digits of a number as an integer, and the power of ten that they are multiplied with.
fn decimal(number: &str) -> Option<(i128, i32)> {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    Some((format!("{before}{after}").parse().ok()?, exponent.checked_sub(i32::try_from(after.len()).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_known_in_all_spellings() {
        for (written, digits) in
            [("5", "5"), ("5.0", "5"), ("1e2", "100"), ("-0", "0"), ("-0.0", "0"), ("-3.0", "-3")]
        {
            assert_eq!(whole(written).as_deref(), Some(digits), "{written}");
        }
        assert_eq!(whole("9007199254740993").as_deref(), Some("9007199254740993"), "written as an integer");
        for written in ["5.5", "1e300", "9007199254740992.0", "1e-1"] {
            assert_eq!(whole(written), None, "{written}");
        }
    }

    #[test]
    fn multiples_are_those_of_decimals() {
        for (number, unit, is) in [
            ("19.99", "0.01", true),
            ("19.995", "0.01", false),
            ("7", "5", false),
            ("1e2", "5", true),
            ("0.3", "0.1", true),
        ] {
            assert_eq!(is_multiple(number, unit), is, "{number} of {unit}");
        }
    }

    #[test]
    fn what_was_read_is_written_again() {
        let json = r#"{"a":[1,2.5,null,true],"b":{"":"\"\n"}}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(Given::from(&value).to_json(), json);
    }
}
