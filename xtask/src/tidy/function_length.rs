//! The rule that a function fits on a screen: a maximum number of lines, from `fn` to the closing brace.
//!
//! Functions in test modules are not measured.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "function-length";

/// Finds functions that are too long.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, source) in tree.repository.rust(&tree.config.fixtures) {
        let limit = limit(tree, &file.path);
        let tests = source.test_modules();
        for function in source.functions() {
            let (first, last) = function.lines.into_inner();
            let length = last + 1 - first;
            if length > limit && !tests.iter().any(|lines| lines.contains(&first)) {
                found.push(Violation {
                    path: file.path.clone(),
                    line: first,
                    rule: NAME,
                    what: format!("function `{}` has {length} lines", function.name),
                    fix: format!("give its parts names of their own: at most {limit}"),
                });
            }
        }
    }
    found
}

fn limit(tree: &Tree, path: &str) -> usize {
    let limits = &tree.config.limits;
    limits
        .function_under
        .iter()
        .find(|(start, _)| path.starts_with(*start))
        .map_or(limits.function, |(_, it)| *it)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, lines: usize, around: (&str, &str)) -> Vec<String> {
        let body = "    a();\n".repeat(lines - 2);
        let text = format!("{}fn long() {{\n{body}}}\n{}", around.0, around.1);
        let found = check(&Tree::of(&[(path, &text)]));
        found.into_iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    #[test]
    fn the_limit_itself_is_right_and_one_more_is_found() {
        assert!(found("src/a.rs", 70, ("", "")).is_empty());
        assert_eq!(found("src/a.rs", 71, ("\n", "")), ["2: function `long` has 71 lines"]);
    }

    #[test]
    fn what_expands_macros_may_be_longer() {
        for path in ["saga-macros/src/expand.rs", "saga-macros/src/expand/step.rs"] {
            assert!(found(path, 100, ("", "")).is_empty());
            assert_eq!(found(path, 101, ("", "")).len(), 1);
        }
    }

    #[test]
    fn tests_are_not_measured() {
        assert!(found("src/a.rs", 99, ("#[cfg(test)]\nmod tests {\n", "}\n")).is_empty());
    }
}
