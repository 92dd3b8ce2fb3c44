//! The rule that committed code is finished: no marks of open work, no ignored tests.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "unfinished";

/// Marks in code; split, so that a plain search for them does not find this file.
const IN_CODE: &[(&str, &str)] = &[
    (concat!("to", "do!("), "write it, or leave the function out"),
    (concat!("unimple", "mented!("), "write it, or leave the function out"),
    (concat!("#[ign", "ore"), "make the test pass and fast, or delete it"),
];
const IN_COMMENTS: &[(&str, &str)] =
    &[(concat!("FIX", "ME"), "mend it, or say as a plain fact what does not work")];

/// Finds marks of open work.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, source) in tree.repository.rust(&tree.config.fixtures) {
        for (view, marks) in [(&source.code, IN_CODE), (&source.comments, IN_COMMENTS)] {
            for (index, line) in view.lines().enumerate() {
                for (mark, fix) in marks.iter().filter(|(mark, _)| line.contains(mark)) {
                    found.push(Violation {
                        path: file.path.clone(),
                        line: index + 1,
                        rule: NAME,
                        what: format!("`{mark}` is a mark of something unfinished"),
                        fix: (*fix).to_owned(),
                    });
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Tree::of(&[("src/a.rs", text)])).len()
    }

    #[test]
    fn each_mark_is_found_where_it_means_something() {
        for (mark, _) in IN_CODE {
            assert_eq!(found(&format!("fn a() {{\n    {mark}")), 1, "{mark}");
            assert_eq!(found(&format!("let a = \"{mark}\";\n")), 0, "{mark}");
            assert_eq!(found(&format!("// {mark}\n")), 0, "{mark}");
        }
        for (mark, _) in IN_COMMENTS {
            assert_eq!(found(&format!("// {mark}: later\n")), 1, "{mark}");
            assert_eq!(found(&format!("/* {mark} */\n")), 1, "{mark}");
            assert_eq!(found(&format!("let a = \"{mark}\";\n")), 0, "{mark}");
        }
    }

    #[test]
    fn fixtures_may_be_unfinished() {
        let text = format!("fn a() {{ {}) }}\n", IN_CODE[0].0);
        assert!(check(&Tree::of(&[("tests/ui/a.rs", &text)])).is_empty());
    }
}
