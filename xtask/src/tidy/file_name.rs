//! The rule that a file is named for its content.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "file-name";

/// Names that fit any content, and attract all of it.
const VAGUE: &[&str] = &["utils", "util", "helpers", "helper", "manager", "common"];

/// Finds files with vague names.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, _) in tree.repository.rust(&tree.config.fixtures) {
        let stems: Vec<&str> = file.path.trim_end_matches(".rs").split('/').collect();
        let Some((stem, directories)) = stems.split_last() else { continue };
        let fix = if *stem == "mod" {
            let module = directories.last().copied().unwrap_or("module");
            format!("name the file after its module: `{module}.rs` beside the directory `{module}/`")
        } else if VAGUE.contains(stem) || directories.iter().any(|directory| VAGUE.contains(directory)) {
            "name it for the one thing it holds, or move what it holds to where that belongs".to_owned()
        } else {
            continue;
        };
        let what = format!("`{}` says nothing of what the file holds", file.path);
        found.push(Violation { path: file.path.clone(), line: 1, rule: NAME, what, fix });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_named_for_nothing_are_found() {
        for path in [
            "src/mod.rs",
            "src/utils.rs",
            "x/src/a/helpers.rs",
            "manager.rs",
            "src/common.rs",
            "tests/common/a.rs",
        ] {
            assert_eq!(check(&Tree::of(&[(path, "")])).len(), 1, "{path}");
        }
    }

    #[test]
    fn files_named_for_what_they_hold_are_right() {
        for path in ["src/model.rs", "src/commons.rs", "src/lease_manager.rs", "docs/utils.md"] {
            assert!(check(&Tree::of(&[(path, "")])).is_empty(), "{path}");
        }
    }
}
