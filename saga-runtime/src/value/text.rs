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
