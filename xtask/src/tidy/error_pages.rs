//! The rule that compile errors, fixtures, corrected twins and pages match.
//!
//! A mistake in `tests/ui` has a code, a message and a corrected twin that is run. Each code in the sources has a
//! fixture. A message shows only its fixture's code, and no generated names. The pages are the output of `cargo xtask
//! errors`.

use std::collections::BTreeMap;

use super::tree::Tree;
use super::violation::Violation;
use crate::errors::fixtures::{Fixtures, MENDED, MISTAKES, codes_in, name_in};
use crate::errors::{PAGES, pages};

pub(super) const NAME: &str = "error-pages";

/// The directories with sources that assign codes.
const SOURCES: &[&str] = &["saga-macros/src/", "saga-runtime/src/", "saga-core/src/"];
/// The directory of the lists of twins to run.
const LISTS: &str = "tests/mended";
/// Generated names, which no message may show.
const GENERATED: &[&str] = &["__private", "__Input", "__run", "__saga"];

/// Finds mismatches.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let files = tree.repository.files().iter().map(|file| (file.path.as_str(), file.text.as_str()));
    let fixtures = Fixtures::of(files.clone());
    let texts: BTreeMap<&str, &str> = files.collect();
    let mut found: Vec<Violation> = fixtures
        .wrong
        .iter()
        .map(|(path, what)| violation(path, 1, what, "name and begin it as the others are"))
        .collect();
    complete(&fixtures, &texts, &mut found);
    alone(&fixtures, &texts, &mut found);
    for (path, text) in
        texts.iter().filter(|(path, _)| path.starts_with(MISTAKES) && path.ends_with(".stderr"))
    {
        nothing_generated(path, text, &mut found);
    }
    codes(&fixtures, &texts, &mut found);
    up_to_date(&fixtures, &texts, &mut found);
    found
}

fn violation(path: &str, line: usize, what: impl Into<String>, fix: impl Into<String>) -> Violation {
    Violation { path: path.to_owned(), line, rule: NAME, what: what.into(), fix: fix.into() }
}

/// Checks that each fixture is complete.
fn complete(fixtures: &Fixtures, texts: &BTreeMap<&str, &str>, found: &mut Vec<Violation>) {
    let listed: Vec<&str> = texts
        .iter()
        .filter(|(path, _)| name_in(path, LISTS, ".rs").is_some())
        .flat_map(|(_, text)| text.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    for fixture in &fixtures.all {
        let name = &fixture.name;
        let path = format!("{MISTAKES}/{name}.rs");
        match &fixture.message {
            None => found.push(violation(
                &path,
                1,
                "nothing says what the compiler says of it",
                format!(
                    "`TRYBUILD=overwrite cargo test --all-features --test macros_ui -- ui trybuild={name}`"
                ),
            )),
            Some(message) => in_message(name, &fixture.code, message, found),
        }
        if fixture.mended.is_none() {
            found.push(violation(&path, 1, "it has no mended twin", format!("write `{MENDED}/{name}.rs`")));
        } else if !listed.contains(&name.as_str()) {
            found.push(violation(
                &path,
                1,
                "its mended twin is not run",
                format!("list it in a file of `{LISTS}`"),
            ));
        }
    }
    let of_a_rule = fixtures.codes().into_values().map(|of| of[0]);
    for fixture in of_a_rule.chain(fixtures.own()) {
        if fixture.prose.is_empty() {
            found.push(violation(
                &format!("{MISTAKES}/{}.rs", fixture.name),
                1,
                format!("no fixture of {} says why the rule is, or what to type", fixture.code),
                "say it in the header, below a line `//!`",
            ));
        }
    }
}

fn in_message(name: &str, code: &str, message: &str, found: &mut Vec<Violation>) {
    let path = format!("{MISTAKES}/{name}.stderr");
    for line in ["why: ", "fix: "] {
        // Errors of the compiler itself have the compiler's words.
        if message.contains(&format!("[{code}]")) && !message.contains(line) {
            let what = format!("the message has no line `{line}…`");
            found.push(violation(&path, 1, what, "say it in the message"));
        }
    }
    // The mistake itself may mention its own name.
    for (line, shown) in codes_in(message).into_iter().filter(|(_, shown)| *shown != code) {
        found.push(violation(
            &path,
            line,
            format!("{shown} is shown, and the fixture is of {code}"),
            "one mistake, one report",
        ));
    }
}

fn nothing_generated(path: &str, message: &str, found: &mut Vec<Violation>) {
    for (index, line) in message.lines().enumerate() {
        for word in GENERATED.iter().filter(|word| line.contains(**word)) {
            found.push(violation(
                path,
                index + 1,
                format!("the message shows `{word}`, which nobody wrote"),
                "let the span be of what was written, and the bound on a trait with a message",
            ));
        }
    }
}

/// Checks that no file is left of a deleted fixture.
fn alone(fixtures: &Fixtures, texts: &BTreeMap<&str, &str>, found: &mut Vec<Violation>) {
    for path in texts.keys() {
        let name = name_in(path, MISTAKES, ".stderr").or_else(|| name_in(path, MENDED, ".rs"));
        let Some(name) = name else { continue };
        if !texts.contains_key(format!("{MISTAKES}/{name}.rs").as_str()) {
            found.push(violation(path, 1, "it belongs to no mistake", "delete it, or write the mistake"));
        }
    }
    let lists = texts.iter().filter(|(path, _)| name_in(path, LISTS, ".rs").is_some());
    for (path, text) in lists {
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with("//")) {
            let names = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            for name in names.filter(|name| name.starts_with("sg") || name.starts_with("own_")) {
                if !fixtures.all.iter().any(|fixture| fixture.name == *name) {
                    found.push(violation(
                        path,
                        index + 1,
                        format!("`{name}` is listed, and there is no such mistake"),
                        "take it from the list, or write the mistake",
                    ));
                }
            }
        }
    }
}

/// Checks that each code of the sources has a fixture.
fn codes(fixtures: &Fixtures, texts: &BTreeMap<&str, &str>, found: &mut Vec<Violation>) {
    let by_code = fixtures.codes();
    let sources = texts.iter().filter(|(path, _)| SOURCES.iter().any(|source| path.starts_with(source)));
    for (path, text) in sources {
        for (line, code) in codes_in(text) {
            let shown = |fixtures: &Vec<&crate::errors::fixtures::Fixture>| {
                let marked = format!("[{code}]");
                fixtures.iter().any(|fixture| fixture.message.as_ref().is_some_and(|m| m.contains(&marked)))
            };
            if !by_code.get(code).is_some_and(shown) {
                found.push(violation(
                    path,
                    line,
                    format!("no fixture shows {code}"),
                    format!("write `{MISTAKES}/{}_….rs`, and its mended twin", code.to_lowercase()),
                ));
            }
        }
    }
}

fn up_to_date(fixtures: &Fixtures, texts: &BTreeMap<&str, &str>, found: &mut Vec<Violation>) {
    let wanted = pages::all(fixtures);
    let fix = "run `cargo xtask errors`";
    for (path, text) in &wanted {
        if texts.get(path.as_str()) != Some(&text.as_str()) {
            found.push(violation(path, 1, "the page is not what the fixtures say", fix));
        }
    }
    for path in texts.keys().filter(|path| path.starts_with(&format!("{PAGES}/"))) {
        if !wanted.contains_key(*path) {
            found.push(violation(path, 1, "the page is of no code", fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: [(&str, &str); 5] = [
        ("tests/ui/sg0101_a.rs", "//! SG0101: A rule.\n//!\n//! Why.\n\nfn main() {}\n"),
        ("tests/ui/sg0101_a.stderr", "error: a [SG0101]\n why: b\n fix: c\n"),
        ("tests/ui/mended/sg0101_a.rs", "fn main() {}\n"),
        ("tests/mended/words.rs", "//! Words.\n\nmended! { sg0101_a }\n"),
        ("saga-macros/src/a.rs", "//! A.\nfn a() { b(\"SG0101\") }\n"),
    ];

    /// Returns the violations after these files are added or changed in a valid tree.
    fn found(changes: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut files: BTreeMap<&str, String> =
            RIGHT.into_iter().map(|(path, text)| (path, text.to_owned())).collect();
        for (path, text) in changes {
            match text {
                Some(text) => files.insert(path, (*text).to_owned()),
                None => files.remove(path),
            };
        }
        let fixtures = Fixtures::of(files.iter().map(|(path, text)| (*path, text.as_str())));
        let pages = pages::all(&fixtures);
        let all = files.iter().map(|(path, text)| (*path, text.as_str()));
        let all: Vec<_> =
            all.chain(pages.iter().map(|(path, text)| (path.as_str(), text.as_str()))).collect();
        check(&Tree::of(&all)).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn what_matches_is_right() {
        assert!(found(&[]).is_empty(), "{:?}", found(&[]));
    }

    #[test]
    fn each_lack_is_found() {
        let lacks: [(&str, Option<&str>, &str); 11] = [
            ("tests/ui/sg0101_a.stderr", Some("error: a [SG0101]\n why: b\n"), "no line `fix: …`"),
            ("tests/ui/sg0101_a.stderr", None, "nothing says what the compiler says"),
            ("tests/ui/mended/sg0101_a.rs", None, "no mended twin"),
            ("tests/mended/words.rs", Some("//! Words.\n"), "is not run"),
            ("tests/ui/sg0101_a.rs", Some("//! SG0101: A rule.\n\nfn main() {}\n"), "why the rule is"),
            ("tests/ui/sg0101_a.rs", Some("fn main() {}\n"), "does not begin with a code"),
            ("tests/ui/sg0101_a.stderr", Some("error: a [SG0101] [SG0202]\n"), "SG0202 is shown"),
            ("tests/ui/sg0101_a.stderr", Some("error: a [SG0101]: saga::__private::X\n"), "`__private`"),
            ("tests/ui/sg0101_a.stderr", Some("error: a\n"), "no fixture shows SG0101"),
            ("tests/ui/own_b.rs", Some("//! own: A mistake.\n\nfn main() {}\n"), "what to type"),
            (
                "tests/ui/own_b.rs",
                Some("//! own: A mistake.\n//!\n//! `c`\n\nfn main() {}\n"),
                "no mended twin",
            ),
        ];
        for (path, text, what) in lacks {
            let found = found(&[(path, text)]);
            assert!(found.iter().any(|one| one.contains(what)), "{path}: {found:?}");
        }
    }

    #[test]
    fn what_is_left_over_is_found() {
        for (path, text, what) in [
            ("tests/ui/sg0102_b.stderr", "error: b\n", "belongs to no mistake"),
            ("tests/ui/mended/sg0102_b.rs", "fn main() {}\n", "belongs to no mistake"),
            ("tests/mended/more.rs", "mended! { sg0102_b }\n", "there is no such mistake"),
            ("tests/mended/more.rs", "mended! { own_b }\n", "there is no such mistake"),
            ("docs/errors/SG0102.md", "# SG0102\n", "of no code"),
            ("docs/errors/README.md", "# Errors\n", "not what the fixtures say"),
            ("saga-runtime/src/b.rs", "//! B.\n// [SG0102]\n", "no fixture shows SG0102"),
        ] {
            let mut all = RIGHT.to_vec();
            all.push((path, text));
            let found = check(&Tree::of(&all));
            assert!(found.iter().any(|one| one.what.contains(what)), "{path}: {found:?}");
        }
    }
}
