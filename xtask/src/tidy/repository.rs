//! The files of the repository: those that git tracks, and new ones that it does not ignore.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::Source;
use crate::cargo;

/// All files, each with its text.
pub(super) struct Repository {
    files: Vec<File>,
    /// Every file and directory, relative to the root, without a `/` at the end.
    places: BTreeSet<String>,
}

/// A text file.
pub(super) struct File {
    /// Relative to the root, with `/` between its parts.
    pub(super) path: String,
    pub(super) text: String,
    /// The code and the comments of a Rust file; `None` for other files.
    pub(super) source: Option<Source>,
}

impl Repository {
    /// Reads the files below the root.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        // Without a `.git`, as in a copy of the tree, every file that is not a build product is taken.
        let paths = if root.join(".git").exists() { listed()? } else { walked(root)? };
        let mut repository = Self { files: Vec::new(), places: BTreeSet::new() };
        for path in paths {
            // A tracked file may have been deleted, and a link to a directory has no text.
            if !root.join(&path).is_file() {
                continue;
            }
            let bytes = std::fs::read(root.join(&path))
                .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
            repository.add(&path, String::from_utf8(bytes).ok());
        }
        Ok(repository)
    }

    fn add(&mut self, path: &str, text: Option<String>) {
        let mut place = path;
        while let Some((above, _)) = place.rsplit_once('/') {
            self.places.insert(place.to_owned());
            place = above;
        }
        self.places.insert(place.to_owned());
        if let Some(text) = text {
            let source = path.ends_with(".rs").then(|| Source::read(&text));
            self.files.push(File { path: path.to_owned(), text, source });
        }
    }

    /// Returns all text files, in the order of their paths.
    pub(super) fn files(&self) -> &[File] {
        &self.files
    }

    /// Returns the file at a path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns the Rust files that are not fixtures, each with its parsed source.
    pub(super) fn rust<'a>(&'a self, fixtures: &'a [String]) -> impl Iterator<Item = (&'a File, &'a Source)> {
        self.files
            .iter()
            .filter(|file| !is_under(&file.path, fixtures))
            .filter_map(|file| Some((file, file.source.as_ref()?)))
    }

    /// Returns the Markdown files.
    pub(super) fn markdown(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".md"))
    }

    /// Returns true if there is such a file or directory.
    pub(super) fn has(&self, place: &str) -> bool {
        self.places.contains(place)
    }

    /// Returns true if the path of a file or directory ends so.
    pub(super) fn has_ending(&self, ending: &str) -> bool {
        let below = format!("/{ending}");
        self.places.iter().any(|place| place == ending || place.ends_with(&below))
    }

    /// Returns true if it is a directory in the root.
    pub(super) fn is_top_directory(&self, name: &str) -> bool {
        !name.contains('/') && self.has(name) && self.places.iter().any(|place| in_directory(place, name))
    }

    /// Returns a repository of these files, for tests.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut repository = Self { files: Vec::new(), places: BTreeSet::new() };
        for (path, text) in files {
            repository.add(path, Some((*text).to_owned()));
        }
        repository
    }
}

/// Returns the files that git tracks, and new ones that it does not ignore.
fn listed() -> Result<BTreeSet<String>, String> {
    // In a container the tree often belongs to another user than this process.
    let safe = ["-c", "safe.directory=*"];
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let paths = cargo::output("git", &[&safe[..], &list[..]].concat())?;
    Ok(paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// Returns the files below a directory, except build products.
fn walked(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut paths = BTreeSet::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let unreadable = |error: std::io::Error| format!("`{directory}` cannot be listed: {error}");
        for entry in std::fs::read_dir(root.join(&directory)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = format!("{directory}{}", entry.file_name().to_string_lossy());
            if !entry.file_type().map_err(unreadable)?.is_dir() {
                paths.insert(path);
            } else if path != "target" {
                directories.push(format!("{path}/"));
            }
        }
    }
    Ok(paths)
}

fn in_directory(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns true if a directory of that name, at any depth, holds the file.
fn is_under(path: &str, directories: &[String]) -> bool {
    directories.iter().any(|directory| {
        let directory = directory.trim_end_matches('/');
        in_directory(path, directory) || path.contains(&format!("/{directory}/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_places_too() {
        let repository = Repository::of(&[("docs/errors/one.md", ""), ("README.md", "")]);
        assert!(repository.has("docs") && repository.has("docs/errors") && repository.has("README.md"));
        assert!(!repository.has("docs/err") && !repository.has("errors"));
        assert!(repository.has_ending("errors/one.md") && !repository.has_ending("ne.md"));
        assert!(repository.is_top_directory("docs"));
        assert!(!repository.is_top_directory("README.md") && !repository.is_top_directory("docs/errors"));
    }

    #[test]
    fn a_tree_without_git_is_walked() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let paths = walked(own).expect("the crate's own directory can be listed");
        assert!(paths.contains("Cargo.toml") && paths.contains("src/tidy/repository.rs"), "{paths:?}");
    }

    #[test]
    fn fixtures_are_left_out_of_rust_wherever_they_stand() {
        let repository = Repository::of(&[
            ("tests/ui/a.rs", ""),
            ("x/tests/ui/b.rs", ""),
            ("tests/uix/c.rs", ""),
            ("d.md", ""),
        ]);
        let fixtures = ["tests/ui/".to_owned()];
        let paths: Vec<&str> = repository.rust(&fixtures).map(|(file, _)| file.path.as_str()).collect();
        assert_eq!(paths, ["tests/uix/c.rs"]);
    }
}
