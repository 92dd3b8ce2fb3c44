//! A file in the user's repository with the definitions of the released version, and the test that compares a build
//! with it.

use std::io::ErrorKind;
use std::path::Path;

use saga_core::MemoryStore;

use super::changes::Change;
use super::definitions::Definitions;
use crate::operate::runtime::{Builder, Runtime};

/// The variable that makes the test write a snapshot: `SAGA_DEFINITIONS=write`.
pub const VARIABLE: &str = "SAGA_DEFINITIONS";

/// The mode of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Compare with it, and never write.
    Verify,
    /// Compare with the file; write it if it does not exist.
    Begin,
    /// Write it, whatever has changed.
    Write,
}

/// Compares what `build` registers with the definitions in a file of the repository, for the user's tests.
///
/// The first run writes the file; commit it. Later the test fails when the definitions have changed. It reports the
/// danger and its remedy if sagas in flight would not survive the change, and otherwise that the file is out of date.
/// `SAGA_DEFINITIONS=write cargo test` records the change. If the variable `CI` is set, nothing is written without that
/// request.
///
/// A compensation that a recorded version owes stays in the file, and must stay registered ([`Builder::step`]), until
/// its entry is removed by hand.
///
/// A relative path starts at the test's working directory: for `cargo test`, the directory of the package.
///
/// ```
/// use saga::prelude::*;
///
/// # #[step(compensate = free(table), idempotent)]
/// # async fn reserve(table: u32) -> Result<u32, Failure> { Ok(table) }
/// # #[step(retriable, idempotent)]
/// # async fn free(_table: u32) -> Result<(), Failure> { Ok(()) }
/// # #[saga]
/// # async fn dinner(table: u32) -> Result<u32, Failure> { Ok(reserve(table).await?) }
/// /// Where the runtime is built, and in the test.
/// fn sagas(builder: saga::Builder) -> saga::Builder {
///     builder.saga::<dinner>()
/// }
///
/// #[test]
/// # fn hidden() {}
/// fn definitions() {
///     saga::upgrade::snapshot("saga.definitions.json", sagas);
/// }
/// # let dir = std::env::temp_dir().join(format!("saga-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let path = dir.join("saga.definitions.json");
/// # saga::upgrade::hold_to(&path, saga::upgrade::Keep::Begin, sagas).unwrap();
/// # saga::upgrade::hold_to(&path, saga::upgrade::Keep::Verify, sagas).unwrap();
/// # std::fs::remove_dir_all(&dir).unwrap();
/// ```
///
/// # Panics
/// With what [`hold_to`] says.
#[allow(clippy::test_attr_in_doctest, reason = "it shows what a user writes; the hidden lines run it")]
#[track_caller]
pub fn snapshot(path: impl AsRef<Path>, build: impl FnOnce(Builder) -> Builder) {
    let keep = match std::env::var(VARIABLE).as_deref() {
        Ok("write") => Keep::Write,
        Ok(other) => panic!("{VARIABLE} is {other:?}; what it can be is `write`"),
        Err(_) if std::env::var_os("CI").is_some() => Keep::Verify,
        Err(_) => Keep::Begin,
    };
    if let Err(why) = hold_to(path.as_ref(), keep, build) {
        panic!("{why}");
    }
}

/// Does the same as [`snapshot`], without reading variables.
///
/// # Errors
/// The changes, their dangers and remedies; or why the file cannot be read or written.
pub fn hold_to(
    path: impl AsRef<Path>,
    keep: Keep,
    build: impl FnOnce(Builder) -> Builder,
) -> Result<(), String> {
    let path = path.as_ref();
    let shown = path.display();
    let here = Definitions::of(&build(Runtime::builder(MemoryStore::new()))).map_err(|e| e.to_string())?;
    let recorded = match std::fs::read_to_string(path) {
        Ok(text) => Some(
            Definitions::from_json(&text)
                .map_err(|e| format!("{shown} is no snapshot of definitions: {e}"))?,
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{shown} cannot be read: {error}")),
    };
    let write = |definitions: &Definitions| {
        std::fs::write(path, definitions.to_json())
            .map_err(|error| format!("{shown} cannot be written: {error}"))
    };
    let Some(recorded) = recorded else {
        return match keep {
            Keep::Verify => {
                Err(format!("there is no {shown}; run the test with {VARIABLE}=write, and commit the file"))
            }
            Keep::Begin | Keep::Write => write(&here),
        };
    };
    if keep == Keep::Write {
        write(&here.clone().with_owed_of(&recorded))?;
        // Writing the file must not drop what is owed.
        return told(path, here.changes_since(&here.clone().with_owed_of(&recorded)));
    }
    told(path, here.changes_since(&recorded))
}

/// Formats the changes, for the reader of a failed test.
fn told(path: &Path, changes: Vec<Change>) -> Result<(), String> {
    let shown = path.display();
    let (dangers, harmless): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| change.danger.is_some());
    let list =
        |changes: &[Change]| changes.iter().map(|change| format!("\n   - {change}")).collect::<String>();
    match (dangers.is_empty(), harmless.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(format!(
            "{shown} is out of date; nothing in the change is a danger to sagas that have begun:{}\n\
             Record it with {VARIABLE}=write, and commit the file.",
            list(&harmless)
        )),
        (false, _) => Err(format!(
            "sagas that have begun do not survive what has changed since {shown} was recorded:{}\n\
             Where no such saga is left (`saga::upgrade::check` tells), record the change with {VARIABLE}=write, and \
             commit the file.",
            list(&dangers)
        )),
    }
}
