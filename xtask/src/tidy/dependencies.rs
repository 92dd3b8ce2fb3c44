//! The rule that dependencies point one way: each crate of ours uses only those that `tidy.toml` allows.
//!
//! Dependencies of tests alone (`dev-dependencies`) are not checked.

use super::config::FILE;
use super::metadata::{Metadata, Package};
use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "dependencies";

/// Finds dependencies that point the wrong way.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &tree.metadata.packages {
        let Some(table) = tree.config.dependencies.get(&package.name) else {
            found.push(Violation {
                path: package.manifest(&tree.metadata).to_owned(),
                line: 1,
                rule: NAME,
                what: format!("nothing says what the crate `{}` may depend on", package.name),
                fix: format!("add `[dependencies.{}]` with its `ours` to `{FILE}`", package.name),
            });
            continue;
        };
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"))
        {
            let is_ours = tree.metadata.package(&dependency.name).is_some();
            if is_ours && !table.ours.contains(&dependency.name) {
                let allowed = if table.ours.is_empty() { "none".to_owned() } else { table.ours.join(", ") };
                let what = format!("`{}` depends on `{}`", package.name, dependency.name);
                let fix = format!("remove it: of our crates it may depend on {allowed}");
                found.push(violation(tree, package, &dependency.name, what, fix));
            }
        }
        for name in &table.never {
            if brings(&tree.metadata, package, name) {
                let what = format!("`{name}` comes with `{}`", package.name);
                let fix = format!(
                    "remove it; `cargo tree -p {} -i {name}` says through what it comes",
                    package.name
                );
                found.push(violation(tree, package, name, what, fix));
            }
        }
    }
    found
}

/// Returns true if the package depends on a crate, directly or not.
fn brings(metadata: &Metadata, package: &Package, name: &str) -> bool {
    let itself = package
        .dependencies
        .iter()
        .any(|dependency| dependency.name == name && dependency.kind.as_deref() != Some("dev"));
    itself
        || metadata
            .trees
            .iter()
            .any(|(root, crates)| *root == package.name && crates.iter().any(|it| it == name))
}

/// Returns a violation at the line of the manifest that names the dependency, or at its dependencies.
fn violation(tree: &Tree, package: &Package, dependency: &str, what: String, fix: String) -> Violation {
    let path = package.manifest(&tree.metadata).to_owned();
    let text = tree.repository.file(&path).map_or("", |file| &file.text);
    let line = text.lines().position(|line| {
        line.trim_start()
            .strip_prefix(dependency)
            .is_some_and(|rest| rest.trim_start().starts_with(['.', '=']))
    });
    let section = || text.lines().position(|line| line.trim() == "[dependencies]");
    let line = line.or_else(section).map_or(1, |index| index + 1);
    Violation { path, line, rule: NAME, what, fix }
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    fn found(packages: &[(&str, &[&str])]) -> Vec<String> {
        let mut tree =
            Tree::of(&[("saga-core/Cargo.toml", "[dependencies]\nserde = \"1\"\nsaga-runtime = \"1\"\n")]);
        tree.metadata = Metadata::of(packages);
        check(&tree).into_iter().map(|it| format!("{}:{}: {}", it.path, it.line, it.what)).collect()
    }

    #[test]
    fn what_the_table_allows_is_right() {
        let packages: &[(&str, &[&str])] = &[
            ("saga-core", &["serde"]),
            ("saga-runtime", &["saga-core", "tokio"]),
            ("saga-sqlite", &["saga-core", "rusqlite"]),
            ("saga-macros", &["syn"]),
            ("saga-rs", &["saga-core", "saga-runtime", "saga-macros", "saga-sqlite"]),
        ];
        assert!(found(packages).is_empty());
    }

    #[test]
    fn what_points_the_wrong_way_is_found_at_its_line() {
        let found = found(&[("saga-core", &["saga-runtime"]), ("saga-runtime", &[])]);
        assert_eq!(found, ["saga-core/Cargo.toml:3: `saga-core` depends on `saga-runtime`"]);
    }

    #[test]
    fn the_core_must_not_bring_tokio_itself_or_through_another() {
        assert_eq!(
            found(&[("saga-core", &["tokio"])]),
            ["saga-core/Cargo.toml:1: `tokio` comes with `saga-core`"]
        );

        let mut tree = Tree::of(&[]);
        tree.metadata = Metadata::of(&[("saga-core", &["harmless"])]);
        assert!(check(&tree).is_empty());
        tree.metadata.trees.push(("saga-core".into(), vec!["harmless".into(), "tokio".into()]));
        assert_eq!(check(&tree).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(
            found(&[("saga-new", &[])]),
            ["saga-new/Cargo.toml:1: nothing says what the crate `saga-new` may depend on"]
        );
    }

    #[test]
    fn tests_may_use_what_they_like() {
        let mut tree = Tree::of(&[]);
        tree.metadata = Metadata::of(&[("saga-core", &[]), ("saga-runtime", &[])]);
        let dependency = |name: &str| Dependency { name: name.into(), kind: Some("dev".into()) };
        tree.metadata.packages[0].dependencies = vec![dependency("saga-runtime"), dependency("tokio")];
        assert!(check(&tree).is_empty());
    }
}
