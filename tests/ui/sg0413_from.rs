//! SG0413: An error of a step holds no error of another crate.
//!
//! An error of a step is written into the journal. Those of other crates cannot be, as a rule: hold their text, or what of them
//! decides something.

use saga::prelude::*;

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize, StepError)]
enum FileError {
    #[error("the file cannot be read: {0}")]
    #[transient]
    Io(#[from] std::io::Error),
}

#[step(readonly)]
async fn read(path: String) -> Result<u64, FileError> {
    let text = std::fs::read(path)?;
    Ok(text.len() as u64)
}

fn main() {}
