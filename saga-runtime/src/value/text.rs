//! Texts for people: errors with their sources, in one line and within bounds.

use std::error::Error;

/// Returns an error with its sources in one line: `Display` of each, joined by colons.
pub(crate) fn text_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    bounded(text)
}

/// Texts for people are no longer than this.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Returns the text, or its beginning: a message of any length must not make a record too large.
pub(crate) fn bounded(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let bytes = text.len();
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push_str(&format!("… ({bytes} bytes)"));
    }
    text
}

/// Returns the text of a decoder's error without the values that it quotes.
pub(crate) fn without_values(text: &str) -> String {
    let quoted = [("string \"", '"'), ("integer `", '`'), ("floating point `", '`'), ("character `", '`')];
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
    }
}
