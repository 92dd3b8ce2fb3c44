//! How a secret is written and read: as JSON of its own, apart from the value that it is a part of.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Print, read, write};

/// Writes a value that is to be kept apart, as JSON.
pub(crate) fn write_secret<T: Serialize + ?Sized>(
    value: &T,
) -> Result<(Box<RawValue>, Print), serde_json::Error> {
    let mut text = Vec::new();
    let print = write::write(&|writer| value.serialize(writer), &mut text, true)?;
    let text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
    Ok((RawValue::from_string(text)?, print))
}

/// Reads a value that was kept apart, or could have been.
pub(crate) fn read_secret<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    let mut value = None;
    let read = read::read_into(&mut read::place(&mut value), text);
    read::placed(read, value)
}

/// The text of a decoder's error without the values that it quotes.
pub(super) fn without_values(text: &str) -> String {
    let quoted = [
        ("string \"", '"'),
        ("integer `", '`'),
        ("floating point `", '`'),
        ("character `", '`'),
        ("unknown variant `", '`'),
        ("unknown field `", '`'),
    ];
    let (mut kept, mut rest) = (String::new(), text);
    let next = |rest: &str| {
        let found =
            quoted.iter().filter_map(|(opens, closes)| Some((rest.find(opens)?, opens.len(), *closes)));
        found.min()
    };
    while let Some((at, opens, closes)) = next(rest) {
        kept.push_str(rest[..at + opens - 1].trim_end());
        let value = &rest[at + opens..];
        let mut escaped = false;
        let end = value.find(|c| {
            let ends = c == closes && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |end| &value[end + 1..]);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_what_was_given_quotes_none_of_it() {
        let text = r#"invalid type: string "42\"42", expected struct Card at line 1 column 6"#;
        assert_eq!(without_values(text), "invalid type: string, expected struct Card at line 1 column 6");
        let text =
            "invalid value: integer `4242`, expected u8; invalid type: floating point `1.5`, expected u8";
        let kept = "invalid value: integer, expected u8; invalid type: floating point, expected u8";
        assert_eq!(without_values(text), kept);
        assert_eq!(without_values("missing field `card`"), "missing field `card`");
        let text = "unknown variant `4242`, expected `Visa` or `Amex`; unknown field `4242`, expected `card`";
        let kept = "unknown variant, expected `Visa` or `Amex`; unknown field, expected `card`";
        assert_eq!(without_values(text), kept);
    }
}
