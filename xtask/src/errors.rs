//! `cargo xtask errors`: writes `docs/errors` from the fixtures in `tests/ui`, a page for each code and a table of all.
//!
//! Every page shows tested content: the mistake that does not compile, the compiler's message, and the corrected
//! program that runs. `tidy` checks that the pages are up to date.

pub(crate) mod fixtures;
pub(crate) mod pages;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use crate::{Outcome, cargo};
use fixtures::Fixtures;

/// The directory of the pages, from the root.
pub(crate) const PAGES: &str = "docs/errors";

/// Runs the command.
pub(crate) fn run() -> Outcome {
    let root = cargo::root()?;
    let fixtures = read(&root)?;
    if let Some((path, what)) = fixtures.wrong.first() {
        return Err(format!("{path}: {what}"));
    }
    let wanted = pages::all(&fixtures);
    let directory = root.join(PAGES);
    std::fs::create_dir_all(&directory).map_err(|error| format!("`{PAGES}` cannot be made: {error}"))?;
    let there = texts(&root, PAGES, "md")?;
    for path in there.keys().filter(|path| !wanted.contains_key(*path)) {
        std::fs::remove_file(root.join(path))
            .map_err(|error| format!("`{path}` cannot be removed: {error}"))?;
        println!("removed {path}");
    }
    for (path, text) in wanted.iter().filter(|(path, text)| there.get(*path) != Some(text)) {
        std::fs::write(root.join(path), text)
            .map_err(|error| format!("`{path}` cannot be written: {error}"))?;
        println!("wrote {path}");
    }
    println!("errors: {} codes, {} fixtures", fixtures.codes().len(), fixtures.all.len());
    Ok(ExitCode::SUCCESS)
}

fn read(root: &Path) -> Result<Fixtures, String> {
    let mut files = BTreeMap::new();
    for (directory, ending) in
        [(fixtures::MISTAKES, "rs"), (fixtures::MISTAKES, "stderr"), (fixtures::MENDED, "rs")]
    {
        files.extend(texts(root, directory, ending)?);
    }
    Ok(Fixtures::of(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
}

/// Returns the files directly in a directory with this ending, by their paths from the root.
fn texts(root: &Path, directory: &str, ending: &str) -> Result<BTreeMap<String, String>, String> {
    let unreadable = |error: std::io::Error| format!("`{directory}` cannot be read: {error}");
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(root.join(directory)).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && path.extension().is_some_and(|found| found == ending) {
            texts.insert(format!("{directory}/{name}"), std::fs::read_to_string(&path).map_err(unreadable)?);
        }
    }
    Ok(texts)
}
