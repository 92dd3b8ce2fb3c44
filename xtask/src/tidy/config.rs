//! `tidy.toml`: the settings of the rules, and the exceptions from them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

/// The file's name, in the root of the repository.
pub(super) const FILE: &str = "tidy.toml";

/// The content of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) limits: Limits,
    /// Directories of intentionally wrong files: the input of tests.
    pub(super) fixtures: Vec<String>,
    pub(super) glossary: Vec<Forbidden>,
    /// Words that are forbidden in comments and Markdown only.
    #[serde(default)]
    pub(super) prose: Vec<Forbidden>,
    pub(super) dependencies: BTreeMap<String, Dependencies>,
    /// By a crate's directory, its folders in order: each imports only from earlier ones.
    #[serde(default)]
    pub(super) layers: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "exception")]
    pub(super) exceptions: Vec<Exception>,
    #[serde(skip)]
    line_starts: Vec<usize>,
}

/// Maximum lengths, in lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) file: usize,
    pub(super) function: usize,
    pub(super) architecture: usize,
    /// Beginnings of paths with another maximum for functions.
    pub(super) function_under: BTreeMap<String, usize>,
}

/// A word for which the glossary has another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forbidden {
    pub(super) word: String,
    pub(super) instead: String,
}

/// The dependencies that a crate of the workspace may and must not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dependencies {
    /// Allowed crates of the workspace; all others are forbidden.
    pub(super) ours: Vec<String>,
    /// Crates of others that are forbidden at any depth.
    #[serde(default)]
    pub(super) never: Vec<String>,
}

/// A place where a rule does not hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exception {
    /// A file; with a `/` at its end, all files of a directory.
    pub(super) path: Spanned<String>,
    pub(super) rule: String,
    pub(super) reason: String,
    /// A part of the violation's text, which limits the exception; `None` for all of the file.
    pub(super) item: Option<String>,
}

impl Config {
    /// Reads the file in the root.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(root.join(FILE))
            .map_err(|error| format!("`{FILE}` cannot be read: {error}"))?;
        Self::parse(&text)
    }

    /// Parses the file's text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| format!("in `{FILE}`: {error}"))?;
        config.line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
        Ok(config)
    }

    /// Returns the line of an exception.
    pub(super) fn line(&self, exception: &Exception) -> usize {
        self.line_starts.partition_point(|start| *start <= exception.path.span().start)
    }
}

/// Parses the exceptions in a part of the file.
#[cfg(test)]
pub(super) fn exceptions_of(text: &str) -> Vec<Exception> {
    #[derive(Deserialize)]
    struct Piece {
        exception: Vec<Exception>,
    }
    let piece: Piece = toml::from_str(text).expect("the piece is well-formed");
    piece.exception
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "fixtures = []\nglossary = []\n[limits]\nfile = 1\nfunction = 1\narchitecture = 1\n\
        function_under = {}\n[dependencies]\n";

    #[test]
    fn an_exception_knows_its_line() {
        let text = format!("{SMALL}[[exception]]\npath = \"a.rs\"\nrule = \"header\"\nreason = \"r\"\n");
        let config = Config::parse(&text).expect("it is well-formed");
        assert_eq!(config.line(&config.exceptions[0]), 10);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let error =
            Config::parse(&format!("{SMALL}[dependencies.saga-core]\nour = []\n")).expect_err("misspelt");
        assert!(error.contains("unknown field `our`"), "{error}");
    }
}
