//! The pages, as text: one for each code, and the table of all.

use std::collections::BTreeMap;

use super::PAGES;
use super::fixtures::{Fixture, Fixtures, MISTAKES};

/// The subject of each family of codes.
const FAMILIES: &[(&str, &str)] = &[
    ("SG01", "The words of a step"),
    ("SG02", "Signatures"),
    ("SG03", "Steps that name each other"),
    ("SG04", "What errors mean"),
    ("SG05", "The words of a saga"),
    ("SG06", "What can be awaited"),
    ("SG07", "The same again when it is replayed"),
    ("SG08", "The point of no return"),
    ("SG09", "What can be recorded"),
    ("SG10", "Handles"),
    ("SG11", "Steps as tools"),
    ("SG12", "Sessions"),
];

const INTRODUCTION: &str = "\
# What the compiler refuses

Each row is a rule with its code, which ends the compiler's message, and the messages themselves. The code leads to a page
with the mistake, the message, and the corrected program. The mistakes are tests that must not compile. The corrected
programs are tests that run. `cargo xtask errors` writes these pages from the tests.
";

/// Returns every page, by its path from the root.
pub(crate) fn all(fixtures: &Fixtures) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = fixtures
        .codes()
        .into_iter()
        .map(|(code, of)| (format!("{PAGES}/{code}.md"), page(code, &of)))
        .collect();
    if !pages.is_empty() {
        pages.insert(format!("{PAGES}/README.md"), table(fixtures));
    }
    pages
}

/// Returns the page of a code: the rule, then each way to break it.
fn page(code: &str, fixtures: &[&Fixture]) -> String {
    let mut page = String::new();
    for (index, fixture) in fixtures.iter().enumerate() {
        if index == 0 {
            page.push_str(&format!("# {code}: {}\n", fixture.title));
        } else {
            page.push_str(&format!("\n## {}\n", fixture.title));
        }
        if !fixture.prose.is_empty() {
            page.push_str(&format!("\n{}\n", fixture.prose));
        }
        page.push_str(&format!("\n```rust\n{}\n```\n", fixture.mistake.trim()));
        if fixture.message.is_some() {
            page.push_str(&format!("\nThe compiler says:\n\n```text\n{}\n```\n", message(fixture)));
        }
        if let Some(mended) = &fixture.mended {
            page.push_str(&format!("\nMended:\n\n```rust\n{}\n```\n", mended.trim()));
        }
    }
    page
}

/// Returns the compiler's message, with line numbers as on the page.
fn message(fixture: &Fixture) -> String {
    let path = format!("{MISTAKES}/{}.rs", fixture.name);
    let text = fixture.message.as_deref().unwrap_or_default().trim_end();
    let lines = text.lines().map(|line| match line.split_once(&format!("{path}:")) {
        Some((before, place)) => match place.split_once(':') {
            Some((number, column)) => format!("{before}src/main.rs:{}:{column}", fixture.shown(number)),
            None => format!("{before}src/main.rs:{place}"),
        },
        None => match line.split_once(" |") {
            Some((number, code)) => format!("{} |{code}", fixture.shown(number)),
            None => line.to_owned(),
        },
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Fixture {
    /// Returns a line number without the header's lines, padded to its old width. Other text is returned as it is.
    fn shown(&self, number: &str) -> String {
        match number.trim_end().parse::<usize>() {
            Ok(line) => format!("{:<1$}", line.saturating_sub(self.header_lines), number.len()),
            Err(_) => number.to_owned(),
        }
    }

    /// Returns the message's first line, without the code.
    fn headline(&self) -> Option<String> {
        let line = self.message.as_deref()?.lines().find(|line| line.starts_with("error"))?;
        let (_, what) = line.split_once(": ")?;
        Some(what.trim_end_matches(&format!(" [{}]", self.code)).to_owned())
    }

    /// Returns the message's first line, with the first label if the line names nothing of the program.
    fn headline_and_label(&self) -> Option<String> {
        let headline = self.headline()?;
        let labels = self.message.as_deref()?.lines().filter_map(|line| line.rsplit_once('^'));
        let mut labels =
            labels.map(|(_, label)| label.trim_matches([' ', '-'])).filter(|label| !label.is_empty());
        match labels.next().filter(|_| !headline.contains('`')) {
            Some(label) => Some(format!("{headline}: {label}")),
            None => Some(headline),
        }
    }
}

/// Returns all rules, family by family.
fn table(fixtures: &Fixtures) -> String {
    let mut table = INTRODUCTION.to_owned();
    let mut family = "";
    for (code, fixtures) in fixtures.codes() {
        if &code[..4] != family {
            family = &code[..4];
            let about = FAMILIES.iter().find(|(of, _)| *of == family).map_or(family, |(_, about)| *about);
            table.push_str(&format!("\n## {about}\n\n| rule | code | message |\n| --- | --- | --- |\n"));
        }
        let mut messages: Vec<String> = Vec::new();
        for message in fixtures.iter().filter_map(|fixture| fixture.headline()) {
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        let cell = |text: &str| text.replace('|', "\\|");
        table.push_str(&format!(
            "| {} | [{code}]({code}.md) | {} |\n",
            cell(&fixtures[0].title),
            cell(&messages.join("<br>"))
        ));
    }
    table.push_str(OWN_INTRODUCTION);
    for fixture in fixtures.own() {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let said = fixture.headline_and_label().unwrap_or_default();
        table.push_str(&format!("| {} | {} | {} |\n", fixture.title, cell(&said), cell(&fixture.prose)));
    }
    table
}

const OWN_INTRODUCTION: &str = "
## Without a code

For these mistakes the compiler has messages of its own, which no macro or trait of saga can change. Each row is such a
message of a test, and what to type instead.

| mistake | the compiler says | to type |
| --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 7] = [
        ("tests/ui/sg0101_a.rs", "//! SG0101: A rule.\n//!\n//! Why it is.\n\n#[step]\nfn main() {}\n"),
        (
            "tests/ui/sg0101_a.stderr",
            "error: a | b [SG0101]\n  why: c\n  --> tests/ui/sg0101_a.rs:5:2\n   |\n5  | #[step]\n   |   ^^^^\n",
        ),
        ("tests/ui/mended/sg0101_a.rs", "fn main() {}\n"),
        ("tests/ui/sg0101_b.rs", "//! SG0101: Otherwise.\n\nfn main() {}\n"),
        ("tests/ui/sg0101_b.stderr", "error[E0277]: d [SG0101]\n"),
        ("tests/ui/own_c.rs", "//! own: A type is another.\n//!\n//! `e`\n\nfn main() {}\n"),
        ("tests/ui/own_c.stderr", "error[E0308]: mismatched types\n   |\n5  | a\n   | ^ expected `b`\n"),
    ];

    #[test]
    fn a_page_counts_lines_as_it_shows_them() {
        let pages = all(&Fixtures::of(FILES.into_iter()));
        let page = &pages["docs/errors/SG0101.md"];
        assert!(
            page.starts_with("# SG0101: A rule\n\nWhy it is.\n\n```rust\n#[step]\nfn main() {}\n```\n"),
            "{page}"
        );
        assert!(page.contains("  --> src/main.rs:1:2\n   |\n1  | #[step]\n"), "{page}");
        assert!(page.contains("\nMended:\n\n```rust\nfn main() {}\n```\n\n## Otherwise\n"), "{page}");
    }

    #[test]
    fn the_table_has_a_row_for_each_code() {
        let pages = all(&Fixtures::of(FILES.into_iter()));
        let table = &pages["docs/errors/README.md"];
        assert!(table.contains("| A rule | [SG0101](SG0101.md) | a \\| b<br>d |\n"), "{table}");
    }
    #[test]
    fn what_the_compiler_says_itself_is_a_row_with_the_first_label() {
        let pages = all(&Fixtures::of(FILES.into_iter()));
        let table = &pages["docs/errors/README.md"];
        assert!(table.ends_with("| A type is another | mismatched types: expected `b` | `e` |\n"), "{table}");
        assert!(!pages.contains_key("docs/errors/own.md"));
    }
}
