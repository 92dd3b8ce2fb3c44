//! What is typed, and what an editor has to offer or show there.

use serde_json::{Value, json};

/// The file that is edited, in the crate.
pub(super) const FILE: &str = "src/lib.rs";

/// One question about one text.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) question: Question,
    /// What stands there instead of [`SAGA_BODY`], [`STEP_BODY`] or [`WORDS`]; `|` is where the cursor is.
    replaced: (&'static str, &'static str),
    /// What has to be there.
    wanted: &'static [&'static str],
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// What can be typed there. Names that are none of the user's may not.
    Completion,
    /// What is shown of the word there.
    Hover,
    /// Where that is defined: the line of that text.
    Definition,
    /// What is wrong with the file: nothing.
    Diagnostics,
}

impl Question {
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Completion => "textDocument/completion",
            Self::Hover => "textDocument/hover",
            Self::Definition => "textDocument/definition",
            Self::Diagnostics => "textDocument/diagnostic",
        }
    }

    pub(super) fn parameters(self, uri: &str, (line, character): (usize, usize)) -> Value {
        let mut parameters = json!({ "textDocument": { "uri": uri } });
        if self != Self::Diagnostics {
            parameters["position"] = json!({ "line": line, "character": character });
        }
        parameters
    }
}

const PROGRAM: &str = r#"use saga::prelude::*;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Order {
    pub item: String,
    pub amount: u64,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Hold {
    pub hold_id: u64,
    pub price: u64,
}

pub struct Shelf;

impl Shelf {
    async fn take(&self, order: &Order) -> Result<Hold, Failure> {
        Ok(Hold { hold_id: 1, price: order.amount })
    }
}

/// Takes the goods from the shelf.
#[step(WORDS)]
pub async fn reserve_stock(shelf: &Shelf, order: Order) -> Result<Hold, Failure> {
    STEP_BODY
}

/// Puts them back.
#[step(retriable, idempotent)]
pub async fn put_back(hold_id: u64) -> Result<(), Failure> {
    println!("{hold_id}");
    Ok(())
}

#[saga]
pub async fn buy(order: Order) -> Result<u64, Failure> {
    SAGA_BODY
}
"#;

const SAGA_BODY: &str = "let held = reserve_stock(order.clone()).await?;\n    Ok(held.price)";
const STEP_BODY: &str = "shelf.take(&order).await";
const WORDS: &str = "compensate = put_back(output.hold_id), idempotent";

/// Returns the program without a mistake.
pub(super) fn sound() -> String {
    with("", "")
}

fn with(place: &str, text: &str) -> String {
    let or = |name: &str, sound: &str| if place == name { text.to_owned() } else { sound.to_owned() };
    PROGRAM
        .replace("SAGA_BODY", &or("SAGA_BODY", SAGA_BODY))
        .replace("STEP_BODY", &or("STEP_BODY", STEP_BODY))
        .replace("WORDS", &or("WORDS", WORDS))
}

impl Case {
    /// Returns the text, and where in it the cursor is, from 0.
    pub(super) fn text(&self) -> (String, (usize, usize)) {
        let marked = with(self.replaced.0, self.replaced.1);
        let at = marked.find('|').unwrap_or(0);
        let (before, after) = (&marked[..at], marked[at..].strip_prefix('|').unwrap_or(&marked[at..]));
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        ([before, after].concat(), (line, column))
    }

    /// Judges the answer; returns what is wrong with it.
    pub(super) fn judge(&self, answer: &Value) -> Option<String> {
        match self.question {
            Question::Completion => self.judge_offered(&offered(answer)),
            Question::Hover => {
                let shown = answer["contents"]["value"].as_str().unwrap_or_default();
                self.missing(|wanted| shown.contains(wanted)).map(|missing| format!("{missing} in {shown:?}"))
            }
            Question::Definition => {
                let text = self.text().0;
                let lines: Vec<&str> =
                    lines(answer).iter().filter_map(|line| text.lines().nth(*line)).collect();
                self.missing(|wanted| lines.iter().any(|line| line.contains(wanted)))
                    .map(|missing| format!("{missing}; found {lines:?}"))
            }
            Question::Diagnostics => {
                let found = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
                let texts: Vec<&str> = found.iter().filter_map(|it| it["message"].as_str()).collect();
                (!texts.is_empty()).then(|| format!("it reports {texts:?}"))
            }
        }
    }

    fn judge_offered(&self, offered: &[String]) -> Option<String> {
        let is_ours = |name: &&String| {
            name.starts_with("__")
                || OURS.contains(&name.as_str())
                || name.starts_with("witness_")
                || name.starts_with("turn")
        };
        let ours: Vec<&String> = offered.iter().filter(is_ours).collect();
        if !ours.is_empty() {
            return Some(format!("names of the expansion are offered: {ours:?}"));
        }
        let missing = self.missing(|wanted| offered.iter().any(|name| name == wanted))?;
        Some(format!("{missing}; {} others are offered", offered.len()))
    }

    fn missing(&self, is_there: impl Fn(&str) -> bool) -> Option<String> {
        let missing: Vec<_> = self.wanted.iter().filter(|wanted| !is_there(wanted)).collect();
        (!missing.is_empty()).then(|| format!("{missing:?} is missing"))
    }
}

/// Names that expansions have or had for themselves, and that no user types.
const OURS: &[&str] = &["cx", "result", "call", "value", "failure", "entered", "given", "registry"];

/// Returns the names that are offered, without what follows them.
fn offered(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().or_else(|| answer.as_array());
    let labels = items.into_iter().flatten().filter_map(|item| item["label"].as_str());
    let name =
        |label: &str| label.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    labels.map(name).collect()
}

/// Returns the lines at which definitions are.
fn lines(answer: &Value) -> Vec<usize> {
    let found = answer.as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
    let line = |place: &Value| {
        let range = if place["range"].is_null() { &place["targetSelectionRange"] } else { &place["range"] };
        range["start"]["line"].as_u64().and_then(|line| usize::try_from(line).ok())
    };
    found.iter().filter_map(line).collect()
}

/// Returns all cases.
pub(super) fn all() -> Vec<Case> {
    let mut cases = vec![Case {
        name: "nothing is wrong with a sound program",
        question: Question::Diagnostics,
        replaced: ("", ""),
        wanted: &[],
    }];
    cases.extend(while_typing());
    cases.extend(in_places());
    cases.extend(of_names());
    cases
}

fn completion(
    name: &'static str,
    replaced: (&'static str, &'static str),
    wanted: &'static [&'static str],
) -> Case {
    Case { name, question: Question::Completion, replaced, wanted }
}

/// Returns completions in a saga, in lines that are whole and half typed.
fn while_typing() -> Vec<Case> {
    vec![
        completion(
            "names in a saga",
            ("SAGA_BODY", "let held = reserve_stock(order.clone()).await?;\n    |\n    Ok(held.price)"),
            &["order", "held", "reserve_stock"],
        ),
        completion(
            "fields of what an await gave",
            ("SAGA_BODY", "let held = reserve_stock(order.clone()).await?;\n    Ok(held.|)"),
            &["price", "hold_id"],
        ),
        completion(
            "a name that is half typed",
            ("SAGA_BODY", "let held = reserve_st|\n    Ok(1)"),
            &["reserve_stock"],
        ),
        completion("a field that is half typed", ("SAGA_BODY", "order.|\n    Ok(1)"), &["item", "amount"]),
        completion(
            "an argument that is half typed",
            ("SAGA_BODY", "let held = reserve_stock(order.|).await?;\n    Ok(1)"),
            &["item", "clone"],
        ),
        completion(
            "a line that is half typed, before others",
            (
                "SAGA_BODY",
                "let amount = order.|\n    let held = reserve_stock(order.clone()).await?;\n    Ok(held.price)",
            ),
            &["amount"],
        ),
    ]
}

/// Returns completions in other places: where a rule is broken, in loops, in steps.
fn in_places() -> Vec<Case> {
    vec![
        completion(
            "names where a rule is broken",
            ("SAGA_BODY", "loop { reserve_stock(order.clone()).await?; }\n    |\n    Ok(1)"),
            &["order", "reserve_stock"],
        ),
        completion(
            "fields where a rule is broken",
            (
                "SAGA_BODY",
                "let at = std::time::SystemTime::now();\n    let held = reserve_stock(order.clone()).await?;\n    Ok(held.|)",
            ),
            &["price"],
        ),
        completion(
            "names in a loop",
            (
                "SAGA_BODY",
                "#[bound(3)]\n    while order.amount > 1 {\n        reserve_stock(order.clone()).await?;\n        |\n    }\n    Ok(1)",
            ),
            &["order", "reserve_stock"],
        ),
        completion("names in a step", ("STEP_BODY", "|\n    shelf.take(&order).await"), &["shelf", "order"]),
        completion("methods in a step", ("STEP_BODY", "shelf.|"), &["take"]),
        completion(
            "methods in a step, half typed",
            ("STEP_BODY", "let hold = shelf.|\n    Ok(hold)"),
            &["take"],
        ),
        completion(
            "a step in `compensate`",
            ("WORDS", "compensate = put_b|(output.hold_id), idempotent"),
            &["put_back"],
        ),
    ]
}

/// Returns what is shown of a name, and where it leads.
fn of_names() -> Vec<Case> {
    vec![
        Case {
            name: "a step's documentation, where it is called",
            question: Question::Hover,
            replaced: ("SAGA_BODY", "let held = reserve_|stock(order.clone()).await?;\n    Ok(held.price)"),
            wanted: &["Takes the goods from the shelf"],
        },
        Case {
            name: "the type of what an await gave",
            question: Question::Hover,
            replaced: ("SAGA_BODY", "let he|ld = reserve_stock(order.clone()).await?;\n    Ok(held.price)"),
            wanted: &["Hold"],
        },
        Case {
            name: "a step's definition, from where it is called",
            question: Question::Definition,
            replaced: ("SAGA_BODY", "let held = reserve_|stock(order.clone()).await?;\n    Ok(held.price)"),
            wanted: &["pub async fn reserve_stock"],
        },
        Case {
            name: "a compensation's definition, from `compensate`",
            question: Question::Definition,
            replaced: ("WORDS", "compensate = put_|back(output.hold_id), idempotent"),
            wanted: &["pub async fn put_back"],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_taken_out_of_the_text_and_found() {
        let case = all().into_iter().find(|case| case.name == "names in a step").expect("it is a case");
        let (text, (line, column)) = case.text();
        assert!(!text.contains('|'));
        assert_eq!((text.lines().nth(line), column), (Some("    "), 4));
    }

    #[test]
    fn an_answer_is_judged_by_what_it_lacks_and_by_what_is_ours() {
        let case = all().into_iter().find(|case| case.name == "names in a step").expect("it is a case");
        let items = |labels: &[&str]| json!({ "items": labels.iter().map(|l| json!({ "label": l })).collect::<Vec<_>>() });
        assert_eq!(case.judge(&items(&["shelf", "order"])), None);
        assert!(case.judge(&items(&["shelf"])).is_some_and(|wrong| wrong.contains("order")));
        for ours in ["cx", "__HoldInput", "witness_0"] {
            let wrong = case.judge(&items(&["shelf", "order", ours]));
            assert!(wrong.is_some_and(|wrong| wrong.contains(ours)), "{ours}");
        }
    }
}
