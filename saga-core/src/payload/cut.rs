//! Cuts what is too large to be recorded: long texts and lists in it lose their ends, and say so.

use serde_json::Value;

/// Returns what is in the journal in place of the end of a text.
fn mark(bytes: usize) -> String {
    format!("… ({bytes} bytes)")
}

/// Returns the JSON with its long texts and lists cut until it is no longer than `bytes_max`; `None` if that does not
/// help.
pub(super) fn cut(json: &str, bytes_max: usize) -> Option<String> {
    let whole: Value = serde_json::from_str(json).ok()?;
    let mut longest = bytes_max;
    while longest > 16 {
        longest /= 2;
        let mut value = whole.clone();
        shorten(&mut value, longest);
        let text = value.to_string();
        if text.len() <= bytes_max {
            return Some(text);
        }
    }
    None
}

fn shorten(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) if text.len() > longest => {
            let bytes = text.len();
            text.truncate(text.floor_char_boundary(longest));
            text.push_str(&mark(bytes));
        }
        Value::Array(list) => {
            list.truncate(longest);
            list.iter_mut().for_each(|element| shorten(element, longest));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| shorten(field, longest)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
