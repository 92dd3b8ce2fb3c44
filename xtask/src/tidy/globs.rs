//! The rule that what a crate re-exports has names: by `pub use …::*` each public item of another module would be part of
//! the interface without a decision.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "globs";

/// Finds re-exports by `*`, but for those of tests, on which nothing depends.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let files = tree.repository.rust(&tree.config.fixtures).filter(|(file, _)| !file.path.contains("tests/"));
    for (file, source) in files {
        for (at, _) in source.code.match_indices("pub use ") {
            let (statement, _) = source.code[at..].split_once(';').unwrap_or_default();
            if statement.contains('*') {
                found.push(Violation {
                    path: file.path.clone(),
                    line: source.code[..at].matches('\n').count() + 1,
                    rule: NAME,
                    what: "a `*` is re-exported".to_owned(),
                    fix: "list the names".to_owned(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        check(&Tree::of(&[("src/lib.rs", text)])).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_re_export_by_a_star_is_found() {
        let text = "//! A.\npub use saga_core::State;\nmod a {\n    pub use b::{\n        c,\n        d::*,\n    };\n}\n";
        assert_eq!(found(text), [4]);
        assert_eq!(found("//! A.\npub use saga_runtime::*;\n"), [2]);
    }

    #[test]
    fn names_and_what_is_not_public_are_right() {
        assert!(
            found("//! A.\npub use saga_core::{Phase, State};\nuse super::*;\npub(crate) use a::*;\n")
                .is_empty()
        );
    }
}
