//! The rule that imports within a crate point one way. A folder uses only those that `tidy.toml` lists before it. No
//! cycle crosses folders, and a cycle within a folder has at most three files.

use std::collections::BTreeSet;

use super::config::FILE;
use super::imports::{Imports, folder, is_root, of_crates};
use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "layers";

const CIRCLE_MAX: usize = 3;

/// Finds imports that point the wrong way, cycles, and files outside of the order.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let crates = of_crates(tree);
    let mut found: Vec<Violation> =
        crates.iter().flat_map(|imports| judge(imports, order(tree, imports))).collect();
    for (directory, order) in &tree.config.layers {
        let files = crates.iter().find(|imports| imports.directory == *directory).map(|it| &it.files[..]);
        found.extend(misplaced(directory, order, files.unwrap_or_default()));
    }
    found
}

/// Finds files in no folder of the crate's order, and folders of the order that do not exist.
fn misplaced(directory: &str, order: &[String], files: &[String]) -> Vec<Violation> {
    let places: BTreeSet<&str> = files.iter().filter(|file| !is_root(file)).map(|file| place(file)).collect();
    let unlisted = places.iter().filter(|place| !order.iter().any(|name| name == *place)).map(|place| {
        let what = format!("the order of `{directory}` does not list `{place}`");
        let fix = "add the folder under `[layers]`, or move its files into one that is listed".to_owned();
        Violation { path: FILE.to_owned(), line: 1, rule: NAME, what, fix }
    });
    let missing = order.iter().filter(|name| !places.contains(name.as_str())).map(|name| {
        let what = format!("the order of `{directory}` lists `{name}`, which does not exist");
        Violation { path: FILE.to_owned(), line: 1, rule: NAME, what, fix: "delete the name".to_owned() }
    });
    unlisted.chain(missing).collect()
}

/// Returns the name under which a file's folder is listed.
fn place(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}

/// Prints the figures of each crate's imports, and its cycles.
pub(super) fn print(tree: &Tree) {
    println!(
        "{:<24} {:>5} {:>7} {:>4} {:>7} {:>14}",
        "crate", "files", "arrows", "up", "circle", "across folders"
    );
    let crates = of_crates(tree);
    for imports in &crates {
        let circles = imports.circles();
        let largest = circles.iter().map(Vec::len).max().unwrap_or(1);
        let across = circles.iter().filter(|circle| folders(imports, circle).len() > 1).map(Vec::len);
        let up = up(imports, order(tree, imports)).len();
        let (files, arrows) = (imports.files.len(), imports.arrows.len());
        let across = across.max().map_or("none".to_owned(), |files| format!("{files} files"));
        println!("{:<24} {files:>5} {arrows:>7} {up:>4} {largest:>7} {across:>14}", imports.directory);
    }
    for imports in &crates {
        for circle in imports.circles() {
            println!("\ncircle in {}:", imports.directory);
            let is_in = |at: &usize| circle.contains(&imports.files[*at].as_str());
            for (from, to) in imports.arrows.iter().filter(|(from, to)| is_in(from) && is_in(to)) {
                println!("  {} -> {}", imports.files[*from], imports.files[*to]);
            }
        }
    }
}

fn order<'a>(tree: &'a Tree, imports: &Imports) -> &'a [String] {
    tree.config.layers.get(&imports.directory).map_or(&[], Vec::as_slice)
}

fn judge(imports: &Imports, order: &[String]) -> Vec<Violation> {
    let mut found: Vec<Violation> = Vec::new();
    for (from, to) in up(imports, order) {
        let what = format!("`{from}` imports from `{to}`, which stands above it");
        let fix = "move what it needs down, or itself up; the order is in `tidy.toml`".to_owned();
        found.push(violation(imports, from, what, fix));
    }
    for circle in imports.circles() {
        let across = folders(imports, &circle).len() > 1;
        if across || circle.len() > CIRCLE_MAX {
            let what = format!("{} files import each other in a circle: {}", circle.len(), circle.join(", "));
            let fix = "move what they share into a file that imports none of them".to_owned();
            found.push(violation(imports, circle[0], what, fix));
        }
    }
    found
}

fn violation(imports: &Imports, file: &str, what: String, fix: String) -> Violation {
    let path = format!("{}/src/{file}", imports.directory);
    let path = path.strip_prefix("./").map(str::to_owned).unwrap_or(path);
    Violation { path, line: 1, rule: NAME, what, fix }
}

/// Returns the imports from a folder to one that is listed later, or not listed.
fn up<'a>(imports: &'a Imports, order: &[String]) -> Vec<(&'a str, &'a str)> {
    let position = |file: &str| order.iter().position(|name| place(file) == name);
    let files = |(from, to): &(usize, usize)| (imports.files[*from].as_str(), imports.files[*to].as_str());
    let runs_up = |(from, to): &(&str, &str)| match (position(from), position(to)) {
        (Some(from), Some(to)) => from < to,
        (Some(_), None) => true,
        (None, _) => false,
    };
    imports.arrows.iter().map(files).filter(runs_up).filter(|_| !order.is_empty()).collect()
}

fn folders(imports: &Imports, circle: &[&str]) -> BTreeSet<String> {
    circle.iter().map(|file| folder(file, &imports.files)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(order: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        let mut tree = Tree::of(files);
        tree.config.layers.clear();
        let order: Vec<_> = order.iter().map(|name| (*name).to_owned()).collect();
        if !order.is_empty() {
            tree.config.layers.insert("house".to_owned(), order);
        }
        check(&tree).into_iter().map(|it| format!("{}: {}", it.path, it.what)).collect()
    }

    #[test]
    fn an_import_from_a_folder_that_is_listed_later_or_not_at_all_is_found() {
        let files = [
            ("house/src/low.rs", "use crate::high::H; use crate::odd::O; mod part;"),
            ("house/src/low/part.rs", "use super::L;"),
            ("house/src/high/room.rs", "use crate::low::L;"),
            ("house/src/high.rs", ""),
            ("house/src/odd.rs", ""),
        ];
        let above =
            |name: &str| format!("house/src/low.rs: `low.rs` imports from `{name}`, which stands above it");
        assert_eq!(found(&["low", "high"], &files)[..2], [above("high.rs"), above("odd.rs")]);
        assert_eq!(
            found(&["high", "low", "odd"], &files)[..2],
            [
                &above("odd.rs"),
                "house/src/high/room.rs: `high/room.rs` imports from `low.rs`, which stands above it"
            ]
        );
    }

    #[test]
    fn a_folder_that_the_order_does_not_list_and_one_that_is_missing_are_found() {
        let files = [("house/src/lib.rs", ""), ("house/src/low.rs", ""), ("house/src/odd/room.rs", "")];
        assert_eq!(
            found(&["low", "attic"], &files),
            [
                "tidy.toml: the order of `house` does not list `odd`",
                "tidy.toml: the order of `house` lists `attic`, which does not exist"
            ]
        );
    }

    #[test]
    fn a_circle_across_folders_is_found_and_a_small_one_within_a_folder_is_not() {
        let files = [
            ("house/src/a.rs", "use crate::b::inner::B;"),
            ("house/src/a/x.rs", "use super::A; use super::y::Y;"),
            ("house/src/a/y.rs", "use super::x::X;"),
            ("house/src/b.rs", ""),
            ("house/src/b/inner.rs", "use crate::a::A;"),
        ];
        assert_eq!(
            found(&[], &files),
            ["house/src/a.rs: 2 files import each other in a circle: a.rs, b/inner.rs"]
        );
        assert!(found(&[], &files[1..3]).is_empty());
    }

    #[test]
    fn a_circle_of_four_within_a_folder_is_found() {
        let files = [
            ("house/src/a/w.rs", "use super::x::X;"),
            ("house/src/a/x.rs", "use super::y::Y;"),
            ("house/src/a/y.rs", "use super::z::Z;"),
            ("house/src/a/z.rs", "use super::w::W;"),
        ];
        assert_eq!(found(&[], &files).len(), 1);
    }
}
