//! The rule that a file can be read in one sitting: a maximum number of lines, without the tests at its end.

use super::repository::File;
use super::source::Source;
use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "file-length";

/// Finds files that are too long.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let limit = tree.config.limits.file;
    tree.repository
        .rust(&tree.config.fixtures)
        .map(|(file, source)| (file, length(file, source)))
        .filter(|(_, lines)| *lines > limit)
        .map(|(file, lines)| Violation {
            path: file.path.clone(),
            line: limit + 1,
            rule: NAME,
            what: format!("the file has {lines} lines without its tests"),
            fix: format!("split it by reason to change: at most {limit}"),
        })
        .collect()
}

/// Returns the number of lines before the tests at the end.
fn length(file: &File, source: &Source) -> usize {
    let all = file.text.lines().count();
    let last = source.test_modules().into_iter().max_by_key(|lines| *lines.end());
    match last {
        Some(lines) if file.text.lines().skip(*lines.end()).all(|line| line.trim().is_empty()) => {
            lines.start() - 1
        }
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: &str = "#[cfg(test)]\nmod tests {\n    fn a() {}\n    fn b() {}\n}\n";

    fn found(text: &str) -> Vec<String> {
        check(&Tree::of(&[("src/a.rs", text)])).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn the_limit_itself_is_right_and_one_more_is_found() {
        assert!(found(&"//! Line.\n".repeat(500)).is_empty());
        assert_eq!(found(&"//! Line.\n".repeat(501)), ["the file has 501 lines without its tests"]);
    }

    #[test]
    fn tests_count_only_where_they_do_not_end_the_file() {
        let lines = "//! Line.\n".repeat(498);
        assert!(found(&format!("{lines}{TESTS}")).is_empty());
        assert_eq!(found(&format!("{lines}{TESTS}fn late() {{}}\n")).len(), 1);
    }
}
