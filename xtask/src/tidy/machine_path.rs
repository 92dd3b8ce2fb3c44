//! The rule that no file names a path that exists on one machine only.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "machine-path";

// Split, so that this file does not break its own rule.
const DIRECTORIES: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];
const HOMES: &[&str] = &[concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Finds paths of a machine, in files of every kind.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.repository.files() {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                found.push(Violation {
                    path: file.path.clone(),
                    line: index + 1,
                    rule: NAME,
                    what: format!("`{path}` exists on one machine only"),
                    fix: "name it relative to the repository, or let it be given".to_owned(),
                });
            }
        }
    }
    found
}

/// Returns the first path of a machine in a line.
fn machine_path(line: &str) -> Option<&str> {
    let starts =
        |directory: &'static str| line.match_indices(directory).map(|(start, found)| (start, found.len()));
    let plain = DIRECTORIES.iter().flat_map(|it| starts(it));
    let homes = HOMES.iter().flat_map(|it| starts(it)).filter(|(start, length)| {
        line[start + length..].starts_with(|letter: char| letter.is_ascii_alphanumeric())
    });
    let (start, _) = plain.chain(homes).find(|(start, _)| begins(&line[..*start]))?;
    let rest = &line[start..];
    let end =
        rest.find(|letter: char| letter.is_whitespace() || "\"'`)>,;".contains(letter)).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Returns true if a path can begin after this text, which is not inside another path or an address.
fn begins(before: &str) -> bool {
    !before.ends_with(|letter: char| letter.is_alphanumeric() || "._-/~}*>)".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<String> {
        check(&Tree::of(&[("a.txt", &format!("first\n{line}\n"))])).into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let work = concat!("/wo", "rk/main/src");
        for line in
            [work.to_owned(), format!("cd {work}"), format!("(`{work}`)"), format!("path = \"{work}\", b")]
        {
            assert_eq!(found(&line), [format!("`{work}` exists on one machine only")], "{line}");
        }
        assert_eq!(found(concat!("see /ro", "ot/.cargo")).len(), 1);
        assert_eq!(found(concat!("see /ho", "me/ann/saga")).len(), 1);
    }

    #[test]
    fn parts_of_other_paths_and_addresses_are_not() {
        for line in [
            concat!("https://example.org/wo", "rk/a"),
            concat!("target/wo", "rk/a"),
            concat!("~/wo", "rk/a"),
            concat!("/ho", "me/<you>/saga"),
            concat!("/wo", "rkers/a"),
        ] {
            assert!(found(line).is_empty(), "{line}");
        }
    }
}
