//! The rule that a crate has one program of tests, `tests/all`, with a module for each subject: each program is linked
//! with everything that the crate uses. One that has to be apart has an exception with the reason.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "test-programs";

/// Finds programs of tests beside the first of their crate.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let programs: Vec<(&str, &str)> =
        tree.repository.files().iter().filter_map(|file| program(&file.path)).collect();
    let has_siblings = |folder: &str| programs.iter().filter(|(other, _)| *other == folder).count() > 1;
    programs
        .iter()
        .filter(|(folder, name)| has_siblings(folder) && !name.starts_with("all"))
        .map(|(folder, name)| Violation {
            path: format!("{folder}{name}"),
            line: 1,
            rule: NAME,
            what: "it is a program of its own beside others".to_owned(),
            fix: format!("make it a module of `{folder}all/main.rs`"),
        })
        .collect()
}

/// Returns the folder of tests and the file in it, if cargo makes a program of the file.
fn program(path: &str) -> Option<(&str, &str)> {
    let name = path.rsplit_once("tests/").filter(|(before, _)| before.is_empty() || before.ends_with('/'))?.1;
    let is_program = name.ends_with(".rs")
        && (!name.contains('/') || name.matches('/').count() == 1 && name.ends_with("/main.rs"));
    is_program.then(|| path.split_at(path.len() - name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<String> {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "")).collect();
        check(&Tree::of(&files)).into_iter().map(|violation| violation.path).collect()
    }

    #[test]
    fn one_program_with_modules_is_right() {
        assert!(
            found(&["a/tests/all/main.rs", "a/tests/all/b.rs", "a/tests/all/b/c.rs", "a/src/tests.rs"])
                .is_empty()
        );
        assert!(
            found(&["a/tests/only.rs", "b/tests/only.rs", "tests/all/main.rs", "tests/c/src/main.rs"])
                .is_empty()
        );
    }

    #[test]
    fn a_second_program_is_found() {
        assert_eq!(
            found(&["tests/all/main.rs", "tests/b.rs", "tests/c/main.rs"]),
            ["tests/b.rs", "tests/c/main.rs"]
        );
        assert_eq!(found(&["a/tests/b.rs", "a/tests/c.rs"]), ["a/tests/b.rs", "a/tests/c.rs"]);
    }
}
