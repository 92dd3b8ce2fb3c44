//! The rule that a thing has one word: no word for which the glossary has another, in code or docs.
//!
//! Checks identifiers, comments and the prose of Markdown, but not strings. Words of the list `prose` are allowed in
//! identifiers and in the examples of doc comments. A word in quotes, emphasis or a code span is a mention and is
//! allowed. So is the column `not` of the glossary.

use super::config::Forbidden;
use super::markdown;
use super::repository::File;
use super::source::Source;
use super::tree::Tree;
use super::violation::Violation;
use super::words::{self, Place};

pub(super) const NAME: &str = "glossary";

/// The heading of the glossary's column of words to avoid.
const COLUMN: &str = "not";

/// Finds words for which the glossary has another.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, source) in tree.repository.rust(&tree.config.fixtures) {
        in_code(tree, file, source, &mut found);
        let comments: Vec<&str> = source.comments.lines().map(without_marker).collect();
        for line in markdown::lines(&comments.join("\n")) {
            in_prose(&tree.config.glossary, file, line.number, &line.prose, &mut found);
            if !line.is_code {
                in_prose(&tree.config.prose, file, line.number, &line.prose, &mut found);
            }
        }
    }
    for file in tree.repository.markdown() {
        let mut column = None;
        for line in markdown::lines(&file.text).into_iter().filter(|line| !line.is_code) {
            column =
                if line.text.trim_start().starts_with('|') { column.or(column_of(line.text)) } else { None };
            let text = without_column(&line.prose, column);
            in_prose(&tree.config.glossary, file, line.number, &text, &mut found);
            in_prose(&tree.config.prose, file, line.number, &text, &mut found);
        }
    }
    found
}

fn in_code(tree: &Tree, file: &File, source: &Source, found: &mut Vec<Violation>) {
    for (index, line) in source.code.lines().enumerate() {
        for forbidden in &tree.config.glossary {
            let places = words::places(line, &forbidden.word);
            found.extend(
                places.iter().map(|_| violation(file, index + 1, &forbidden.word, &forbidden.instead)),
            );
        }
    }
}

fn in_prose(words: &[Forbidden], file: &File, number: usize, line: &str, found: &mut Vec<Violation>) {
    for forbidden in words {
        let uses = words::places(line, &forbidden.word).into_iter().filter(|place| is_use(line, place));
        found.extend(uses.map(|_| violation(file, number, &forbidden.word, &forbidden.instead)));
    }
}

/// Returns a line of comments without the marker that begins it.
fn without_marker(line: &str) -> &str {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).unwrap_or(line)
}

fn violation(file: &File, line: usize, word: &str, instead: &str) -> Violation {
    Violation {
        path: file.path.clone(),
        line,
        rule: NAME,
        what: format!("`{word}` is not our word"),
        fix: format!("say {instead}; to mention the word, put it in quotes"),
    }
}

/// Returns true unless the word is quoted, or part of a path or an address.
fn is_use(line: &str, place: &Place) -> bool {
    let (before, after) = (&line[..place.start], &line[place.end..]);
    let is_quoted =
        before.ends_with(['"', '*', '“', '‘', '«']) && after.starts_with(['"', '*', '”', '’', '»', ',', '.']);
    let token_start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let token_end = after.find(char::is_whitespace).map_or(line.len(), |at| place.end + at);
    !is_quoted && !line[token_start..token_end].contains('/')
}

/// Returns the index of the column of words to avoid, from the head of a table.
fn column_of(head: &str) -> Option<usize> {
    head.split('|').position(|cell| cell.trim() == COLUMN)
}

fn without_column(line: &str, column: Option<usize>) -> String {
    let cells = line.split('|').enumerate();
    cells.map(|(index, cell)| if Some(index) == column { "" } else { cell }).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn every_forbidden_word_is_found_in_code_comments_and_docs() {
        for forbidden in &Tree::of(&[]).config.glossary {
            let word = &forbidden.word;
            let joined = word.replace([' ', '-'], "_");
            assert_eq!(found("src/a.rs", &format!("fn run_{joined}() {{}}\n")), 1, "{word}");
            assert_eq!(found("src/a.rs", &format!("//! Runs the {word}.\n")), 1, "{word}");
            assert_eq!(found("docs/a.md", &format!("Runs the {word}.\n")), 1, "{word}");
        }
    }

    #[test]
    fn words_of_prose_are_found_in_comments_and_docs_alone() {
        for forbidden in &Tree::of(&[]).config.prose {
            let word = &forbidden.word;
            assert_eq!(
                found("src/a.rs", &format!("fn run_{}() {{}}\n", word.replace(' ', "_"))),
                0,
                "{word}"
            );
            assert_eq!(found("src/a.rs", &format!("/// It {word} them.\n")), 1, "{word}");
            assert_eq!(found("src/a.rs", &format!("// It {word} them.\n")), 1, "{word}");
            assert_eq!(
                found("src/a.rs", &format!("/// ```\n/// let it = a.{word};\n/// ```\n")),
                0,
                "{word}"
            );
            assert_eq!(found("docs/a.md", &format!("It {word} them.\n")), 1, "{word}");
        }
    }

    #[test]
    fn camel_case_is_seen_through() {
        assert_eq!(found("src/a.rs", "struct RollbackHandlers(WorkflowId);\n"), 2);
    }

    #[test]
    fn a_mention_is_no_use() {
        for text in [
            "not a \"workflow\"",
            "a *workflow*",
            "`workflow`",
            "“workflows”",
            "the word \"workflow,\" which",
        ] {
            assert_eq!(found("docs/a.md", text), 0, "{text}");
            assert_eq!(found("src/a.rs", &format!("//! {text}\n")), 0, "{text}");
        }
        assert_eq!(found("src/a.rs", "const A: &str = \"workflow\";\n"), 0);
    }

    #[test]
    fn paths_and_code_blocks_are_left_alone() {
        assert_eq!(
            found("docs/a.md", "see .github/workflows/ci.yml and https://example.org/workflow-engine"),
            0
        );
        assert_eq!(found("docs/a.md", "```yaml\nworkflow: ci\n```\n"), 0);
    }

    #[test]
    fn the_glossary_may_say_what_not_to_say() {
        let table = "| word | meaning | not |\n| --- | --- | --- |\n| saga | a function | workflow |\n";
        assert_eq!(found("docs/a.md", table), 0);
        assert_eq!(found("docs/a.md", &table.replace("a function", "a workflow")), 1);
        assert_eq!(found("docs/a.md", "| word | meaning |\n| saga | workflow |\n"), 1);
    }
}
