//! The rule that `ARCHITECTURE.md` can be read in one sitting.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "architecture-length";

const FILE: &str = "ARCHITECTURE.md";

/// Finds that the file is too long.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let limit = tree.config.limits.architecture;
    let Some(file) = tree.repository.file(FILE) else { return Vec::new() };
    let lines = file.text.lines().count();
    if lines <= limit {
        return Vec::new();
    }
    vec![Violation {
        path: FILE.to_owned(),
        line: limit + 1,
        rule: NAME,
        what: format!("the file has {lines} lines"),
        fix: format!("leave out what the code says itself: at most {limit}"),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_right_and_one_more_is_found() {
        let found = |lines: usize| check(&Tree::of(&[(FILE, &"line\n".repeat(lines))])).len();
        assert_eq!((found(250), found(251)), (0, 1));
    }
}
