//! The imports between the files of a crate. They are read from `use` declarations and paths, without a compiler.
//!
//! A re-exported name counts as imported from the file that defines it. Tests are left out.

mod paths;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::tree::Tree;
use paths::{Imported, imported};

/// The files of one crate, and the imports between them.
pub(super) struct Imports {
    /// The crate's directory.
    pub(super) directory: String,
    /// Paths below `src`.
    pub(super) files: Vec<String>,
    /// Pairs of positions in `files`: the importing file and the imported one.
    pub(super) arrows: BTreeSet<(usize, usize)>,
}

/// Reads the imports of every crate of the workspace.
pub(super) fn of_crates(tree: &Tree) -> Vec<Imports> {
    let mut sources: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for (file, source) in tree.repository.rust(&tree.config.fixtures) {
        let Some((directory, path)) = split(&file.path) else { continue };
        if !path.split(['/', '.']).any(|part| part == "tests") {
            sources.entry(directory).or_default().push((path.to_owned(), without_tests(source)));
        }
    }
    sources.into_iter().map(|(directory, files)| Imports::read(directory, files)).collect()
}

/// Splits `saga-core/src/machine/course.rs` into the crate's directory and the path below `src`.
fn split(path: &str) -> Option<(&str, &str)> {
    match path.strip_prefix("src/") {
        Some(below) => Some((".", below)),
        None => path.split_once("/src/"),
    }
}

fn without_tests(source: &super::source::Source) -> String {
    let tests = source.test_modules();
    let kept = |line: usize| !tests.iter().any(|lines| lines.contains(&line));
    let lines = source.code.lines().enumerate();
    lines.map(|(index, line)| if kept(index + 1) { line } else { "" }).collect::<Vec<_>>().join("\n")
}

impl Imports {
    fn read(directory: &str, sources: Vec<(String, String)>) -> Self {
        let (files, codes): (Vec<String>, Vec<String>) = sources.into_iter().unzip();
        let modules: BTreeMap<Vec<String>, usize> =
            files.iter().enumerate().map(|(at, file)| (module_of(file), at)).collect();
        let imported: Vec<Vec<Imported>> = codes.iter().map(|code| imported(code)).collect();
        let mut house = House { modules: &modules, exports: BTreeMap::new() };
        for (from, list) in imported.iter().enumerate() {
            for import in list.iter().filter(|import| import.is_use) {
                let name = (from, import.name.clone());
                house.exports.entry(name).or_insert_with(|| import.path.clone());
            }
        }
        let mut arrows = BTreeSet::new();
        for (from, list) in imported.iter().enumerate() {
            let own = module_of(&files[from]);
            let targets = list.iter().filter_map(|import| house.resolve(&own, &import.path));
            arrows.extend(targets.filter(|to| *to != from && !is_root(&files[*to])).map(|to| (from, to)));
        }
        // Declarations and exports of a crate's root do not count as imports.
        arrows.retain(|(from, _)| !is_root(&files[*from]));
        Self { directory: directory.to_owned(), files, arrows }
    }

    /// Returns the sets of files in which each imports all the others, directly or not.
    pub(super) fn circles(&self) -> Vec<Vec<&str>> {
        let count = self.files.len();
        let reached: Vec<HashSet<usize>> = (0..count).map(|from| self.reached(from)).collect();
        let mut circles: Vec<Vec<&str>> = Vec::new();
        let mut seen = HashSet::new();
        for from in 0..count {
            let circle: Vec<usize> = (from..count)
                .filter(|to| reached[from].contains(to) && reached[*to].contains(&from))
                .collect();
            if circle.len() > 1 && seen.insert(circle[0]) {
                seen.extend(circle.iter().copied());
                circles.push(circle.iter().map(|at| self.files[*at].as_str()).collect());
            }
        }
        circles
    }

    fn reached(&self, from: usize) -> HashSet<usize> {
        let (mut reached, mut left) = (HashSet::new(), vec![from]);
        while let Some(at) = left.pop() {
            let next = self.arrows.range((at, 0)..(at + 1, 0)).map(|(_, to)| *to);
            left.extend(next.filter(|to| reached.insert(*to)));
        }
        reached
    }
}

/// Returns the folder of a file; the folder of the crate's root has no name.
pub(super) fn folder(file: &str, files: &[String]) -> String {
    let first = file.split(['/', '.']).next().unwrap_or(file);
    let prefix = format!("{first}/");
    let has_folder = files.iter().any(|other| other.starts_with(&prefix));
    if has_folder { first.to_owned() } else { String::new() }
}

pub(super) fn is_root(file: &str) -> bool {
    matches!(file, "lib.rs" | "main.rs")
}

/// Returns the module path of a file; empty for the root.
fn module_of(file: &str) -> Vec<String> {
    if is_root(file) {
        return Vec::new();
    }
    let path = file.strip_suffix(".rs").unwrap_or(file);
    path.split('/').map(str::to_owned).collect()
}

struct House<'a> {
    modules: &'a BTreeMap<Vec<String>, usize>,
    /// The names in a file's `use` declarations, by file and name.
    exports: BTreeMap<(usize, String), Vec<String>>,
}

impl House<'_> {
    /// Returns the file that defines the item at `path`, seen from `own`. `None` for items of other crates.
    fn resolve(&self, own: &[String], path: &[String]) -> Option<usize> {
        self.resolve_within(own, path, &mut HashSet::new())
    }

    fn resolve_within(
        &self,
        own: &[String],
        path: &[String],
        seen: &mut HashSet<Vec<String>>,
    ) -> Option<usize> {
        let (mut module, rest) = self.begin(own, path)?;
        for (index, name) in rest.iter().enumerate() {
            let mut below = module.clone();
            below.push(name.clone());
            if self.modules.contains_key(&below) {
                module = below;
                continue;
            }
            let at = *self.modules.get(&module)?;
            if let Some(export) = self.exports.get(&(at, name.clone())) {
                let target = [export.as_slice(), &rest[index + 1..]].concat();
                let key = [module.as_slice(), &target].concat();
                // A cycle of names ends at the present file.
                if seen.insert(key) {
                    return self.resolve_within(&module, &target, seen).or(Some(at));
                }
            }
            return Some(at);
        }
        self.modules.get(&module).copied()
    }

    /// Returns the module at which a path begins, and the rest of the path.
    fn begin<'p>(&self, own: &[String], path: &'p [String]) -> Option<(Vec<String>, &'p [String])> {
        let mut module = own.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (module, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    module.pop()?;
                    rest = &rest[1..];
                }
            }
            child => {
                module.push(child.to_owned());
                if !self.modules.contains_key(&module) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        Some((module, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let sources = files.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect();
        let imports = Imports::read("x", sources);
        imports.arrows.iter().map(|(a, b)| format!("{} > {}", imports.files[*a], imports.files[*b])).collect()
    }

    #[test]
    fn uses_paths_and_children_are_arrows_and_the_root_is_none() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "use crate::b::{self, B, deep::C as D}; mod c; fn f() { c::g(); }"),
            ("a/c.rs", "use super::A; fn g() { crate::b::h(); std::mem::take(); }"),
            ("b.rs", "pub struct B;"),
        ];
        assert_eq!(arrows(&files), ["a.rs > a/c.rs", "a.rs > b.rs", "a/c.rs > a.rs", "a/c.rs > b.rs"]);
    }

    #[test]
    fn a_name_that_is_exported_again_is_of_the_file_that_defines_it() {
        let files = [
            ("lib.rs", "pub use a::{A, deep};"),
            ("a.rs", "pub use self::inner::A; mod inner;"),
            ("a/inner.rs", "pub struct A;"),
            ("user.rs", "use crate::A; fn f(x: $crate::a::A, y: ::a::B) {}"),
        ];
        assert_eq!(arrows(&files), ["a.rs > a/inner.rs", "user.rs > a/inner.rs"]);
    }

    #[test]
    fn in_a_module_within_a_file_super_is_the_file() {
        let files =
            [("a.rs", "mod b { use super::X; use super::super::c::Y; }"), ("c.rs", ""), ("lib.rs", "")];
        assert_eq!(arrows(&files), ["a.rs > c.rs"]);
    }

    #[test]
    fn circles_are_found_whole() {
        let files = [
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::a::A; use crate::d::D;"),
            ("d.rs", ""),
        ];
        let sources = files.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect();
        assert_eq!(Imports::read("x", sources).circles(), [["a.rs", "b.rs", "c.rs"]]);
    }
}
