//! The rule that a doc comment is a sentence: not a question word alone (`Where.`), and, before a function, not a clause
//! that begins with one. A function's doc says what the function does, and so begins with a verb.

use super::tree::Tree;
use super::violation::Violation;

pub(super) const NAME: &str = "docs";

/// The words that begin a clause, and are all that some docs consist of.
const QUESTIONS: [&str; 10] =
    ["how", "what", "when", "where", "whether", "which", "who", "whoever", "whose", "why"];

/// The greatest number of words of a doc that says nothing.
const WORDS_MAX: usize = 2;

/// Finds docs that are no sentences.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, _) in tree.repository.rust(&tree.config.fixtures) {
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate() {
            let begins = index == 0 || !lines[index - 1].starts_with("///");
            let Some(doc) = line.strip_prefix("///").filter(|_| begins) else { continue };
            let rest = &lines[index + 1..];
            let fault = match (is_question(doc), rest.first().is_some_and(|next| next.starts_with("///"))) {
                (true, false) if doc.split_whitespace().count() <= WORDS_MAX => "the doc is not a sentence",
                (true, _) if is_function(rest) => "the function's doc does not begin with a verb",
                _ => continue,
            };
            found.push(Violation {
                path: file.path.clone(),
                line: index + 1,
                rule: NAME,
                what: format!("{fault}: `{}`", doc.trim()),
                fix: "say what the function does (\"Returns…\"), or a field's unit, invariant or `None`"
                    .to_owned(),
            });
        }
    }
    found
}

fn is_question(doc: &str) -> bool {
    let first = doc.split_whitespace().next().unwrap_or_default();
    QUESTIONS.contains(&first.trim_end_matches(['.', ',']).to_lowercase().as_str())
}

/// Returns true if the item below these lines of docs and attributes is a function.
fn is_function(below: &[&str]) -> bool {
    let item = below.iter().find(|line| !line.starts_with("///") && !line.starts_with("#["));
    // The parenthesis of `pub(crate)` is not that of the parameters.
    let item = item.map(|line| {
        line.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")).map_or(*line, |it| it.1)
    });
    let head = item.and_then(|line| line.split(['(', '<']).next()).unwrap_or_default();
    // The name comes last: in a field of a function's type, `fn` does.
    head.rsplit(' ').nth(1) == Some("fn")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Tree::of(&[("src/a.rs", text)])).len()
    }

    #[test]
    fn a_question_word_alone_is_found() {
        for doc in ["Where.", "Why not.", "Which."] {
            assert_eq!(found(&format!("struct A {{\n    /// {doc}\n    site: u32,\n}}\n")), 1, "{doc}");
        }
        assert_eq!(found("struct A {\n    /// The site of the step.\n    site: u32,\n}\n"), 0);
    }

    #[test]
    fn a_function_does_something() {
        for doc in ["Whether it ended.", "What is owed,\n/// in order.", "Whoever asks gets it."] {
            assert_eq!(found(&format!("/// {doc}\n#[must_use]\npub(crate) async fn a() {{}}\n")), 1, "{doc}");
        }
        assert_eq!(
            found("/// Returns what is owed.\n///\n/// What is not owed is left out.\nfn a() {}\n"),
            0
        );
    }

    #[test]
    fn other_items_may_be_described_by_a_clause() {
        assert_eq!(found("/// What a step gives, or why it gives nothing.\nenum A {}\n"), 0);
        assert_eq!(
            found(
                "struct A {\n    /// Whether two values are the same.\n    same: fn(u32, u32) -> bool,\n}\n"
            ),
            0
        );
        assert_eq!(found("// Where.\nfn a() {}\n"), 0);
    }
}
