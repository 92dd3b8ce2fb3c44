//! The rule that imports within a crate point one way: a folder uses only those that `tidy.toml` lists before it, no
//! circle crosses folders, and none within a folder is of more than three files.

use std::collections::BTreeSet;

use super::imports::{Imports, folder, of_crates};
use super::{Tree, Violation};

pub(super) const NAME: &str = "layers";

const CIRCLE_MAX: usize = 3;

/// Finds arrows that run up, and circles.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    of_crates(tree).iter().flat_map(|imports| judge(imports, order(tree, imports))).collect()
}

/// Prints the imports of each crate in numbers, and its circles.
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

/// The arrows from a folder to one that is listed after it, or not at all.
fn up<'a>(imports: &'a Imports, order: &[String]) -> Vec<(&'a str, &'a str)> {
    let place = |file: &str| order.iter().position(|name| file.split(['/', '.']).next() == Some(name));
    let files = |(from, to): &(usize, usize)| (imports.files[*from].as_str(), imports.files[*to].as_str());
    let runs_up = |(from, to): &(&str, &str)| match (place(from), place(to)) {
        (Some(from), Some(to)) => from < to,
        (Some(_), None) => true,
        (None, _) => false,
    };
    imports.arrows.iter().map(files).filter(runs_up).filter(|_| !order.is_empty()).collect()
}

fn folders<'a>(imports: &Imports, circle: &[&'a str]) -> BTreeSet<String> {
    circle.iter().map(|file| folder(file, &imports.files)).collect()
}
