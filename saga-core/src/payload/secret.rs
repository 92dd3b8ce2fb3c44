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
