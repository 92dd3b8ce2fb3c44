//! The rule that every Rust file opens with `//!`: what it is, what it is not, what always holds.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "header";

/// Finds files without such a header.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    tree.repository
        .rust(&tree.config.fixtures)
        .filter(|(file, _)| !says_what_it_is(&file.text))
        .map(|(file, _)| Violation {
            path: file.path.clone(),
            line: 1,
            rule: NAME,
            what: "the file does not say what it is".to_owned(),
            fix: "open it with a `//!` comment: what it is, what it is not, what always holds".to_owned(),
        })
        .collect()
}

fn says_what_it_is(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//!")).is_some_and(|rest| !rest.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_file_that_says_what_it_is_is_right() {
        assert_eq!(found("src/a.rs", "//! What it is.\nfn a() {}\n"), 0);
    }

    #[test]
    fn a_file_that_does_not_is_found() {
        for text in
            ["", "fn a() {}\n", "// What it is.\n", "//!\n//! Late.\n", "/// Of the next thing.\nfn a() {}\n"]
        {
            assert_eq!(found("src/a.rs", text), 1, "{text:?}");
        }
    }

    #[test]
    fn fixtures_and_other_files_need_not() {
        assert_eq!(found("saga-macros/tests/ui/a.rs", "fn a() {}\n"), 0);
        assert_eq!(found("a.toml", "a = 1\n"), 0);
    }
}
