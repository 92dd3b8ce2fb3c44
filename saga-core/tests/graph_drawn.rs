//! Drawings of automata: that all which there is to see is in them, and that names cannot break out of their quotes.

use std::time::Duration;

use saga_core::Kind;
use saga_core::graph::{Definition, Graph, Place, To, What};
use saga_core::policy::InDoubt;

const fn step(name: &'static str, kind: Kind) -> Definition {
    Definition {
        name,
        kind,
        retriable: false,
        undone_by: None,
        leaves: None,
        undo_within: None,
        probed_by: None,
        in_doubt: InDoubt::Rerun,
        settled_by: None,
    }
}

const fn place(name: &'static str, what: What, done: &'static [To], failed: &'static [To]) -> Place {
    Place { name, occurrence: 1, loops: 0, what, done, failed }
}

const HOLD: Definition = Definition {
    undone_by: Some("release"),
    leaves: Some("a fee"),
    undo_within: Some(Duration::from_secs(3600)),
    probed_by: Some("find"),
    ..step("hold", Kind::Compensated)
};
const LEND: Definition = Definition {
    undone_by: Some("return_it"),
    in_doubt: InDoubt::Call,
    settled_by: Some("ask_back"),
    ..step("lend", Kind::Compensated)
};
const CHARGE: Definition = Definition { in_doubt: InDoubt::DeadLetter, ..step("charge", Kind::Irreversible) };
const TELL: Definition = Definition { retriable: true, ..step("tell", Kind::Irreversible) };
const LOOK: Definition = step("look", Kind::Readonly);

/// A child, two at once, one for each, a loop, a failure that is handled, a point of no return.
const ALL_KINDS: Graph = Graph {
    saga: "everything",
    version: 3,
    start: &[To::Place(0), To::Place(1)],
    places: &[
        place("look", What::Step(LOOK), &[To::Place(0), To::Place(1)], &[To::RollingBack]),
        place("child", What::Saga(&CHILD), &[To::Place(2)], &[To::Place(4)]),
        place(
            "all",
            What::All(&[What::Step(HOLD), What::Named("again", &What::Step(LEND))]),
            &[To::Place(3)],
            &[To::RollingBack],
        ),
        place("each", What::Each(&What::Step(HOLD)), &[To::Place(4)], &[To::Place(4)]),
        place("charge", What::Step(CHARGE), &[To::Place(5)], &[To::RollingBack]),
        place("sleep", What::Sleep, &[To::Place(6)], &[]),
        place("tell", What::Step(TELL), &[To::Completed], &[To::Completed]),
    ],
};
const CHILD: Graph = Graph {
    saga: "child",
    version: 1,
    start: &[To::Place(0)],
    places: &[place("hold", What::Step(HOLD), &[To::Completed], &[To::RollingBack])],
};
const ODD: Graph = Graph {
    saga: "a \"b\" <c> & #d;\n",
    version: 1,
    start: &[To::Place(0)],
    places: &[place("x\\\"]-->", What::Step(step("x\\\"]-->", Kind::Readonly)), &[To::Completed], &[])],
};

/// The number of the node whose text begins so.
#[track_caller]
fn node<'a>(text: &'a str, begins: &str) -> &'a str {
    let line = text.lines().find(|line| line.contains(&format!("\"{begins}")));
    let line = line.unwrap_or_else(|| panic!("no node {begins}:\n{text}")).trim();
    let line = line.trim_start_matches(|c: char| c == '{' || c == ' ' || c == ';');
    let at = line.find(&format!("\"{begins}")).expect("it is in the line");
    let from =
        line[..at].rfind('n').filter(|from| line[from + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let from = from.or_else(|| line[..at].rfind(" n").map(|at| at + 1)).unwrap_or(0);
    let end = line[from + 1..].find(|c: char| !c.is_ascii_digit()).expect("something follows it");
    &line[from..from + 1 + end]
}

#[test]
fn mermaid_shows_every_move() {
    let text = ALL_KINDS.mermaid();
    assert_eq!(text, ALL_KINDS.mermaid());
    assert!(text.starts_with("---\ntitle: \"everything v3\"\n---\nflowchart TD\n"), "{text}");
    let named = |name: &str| node(&text, name).to_owned();
    let [look, charge, sleep, tell] = ["look", "charge", "sleep", "tell"].map(named);
    let edges =
        [(&look, "-->", &look), (&charge, "==>|\"point of no return\"|", &sleep), (&sleep, "-->", &tell)];
    for (from, arrow, to) in edges {
        assert!(text.contains(&format!("  {from} {arrow} {to}\n")), "{from} {arrow} {to}\n{text}");
    }
    for shown in [
        "subgraph g1 [\"saga child v1\"]",
        "subgraph g2 [\"all\"]",
        "subgraph g3 [\"each: all, one for each\"]",
        "↶ release<br/>undoes hold<br/>within 1h<br/>leaves a fee",
        "? find<br/>asked whether it happened<br/>no answer: run again",
        "again: lend",
        "? ask_back<br/>settles it",
        "hold × n",
        "readonly",
        "irreversible<br/>retried until done",
        "forward only",
        "|\"done or failed\"|",
        "--x|\"failed\"|",
        "--x|\"exhausted\"|",
        "-.->|\"in doubt\"|",
        "rolled back",
        "dead letter",
    ] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
}

#[test]
fn dot_shows_every_move() {
    let text = ALL_KINDS.dot();
    assert_eq!(text, ALL_KINDS.dot());
    let named = |name: &str| node(&text, name).to_owned();
    let (look, charge, sleep) = (named("look"), named("charge"), named("sleep"));
    for edge in
        [format!("  {look} -> {look} ["), format!("  {charge} -> {sleep} [ label=\"point of no return\"")]
    {
        assert!(text.contains(&edge), "{edge}\n{text}");
    }
    for shown in
        ["subgraph cluster_3 {", "dir=back, style=dashed", "\"↶ return_it\\nundoes lend\"", "? find\\n"]
    {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

#[test]
fn the_way_back_goes_from_undo_to_undo() {
    let text = ALL_KINDS.mermaid();
    let edges = |from: &str, arrow: &str| -> Vec<&str> {
        let begins = format!("  {from} {arrow}");
        text.lines().filter_map(|line| line.strip_prefix(&begins)).map(|to| to.trim()).collect()
    };
    let rolled_back = text.lines().filter(|line| line.contains("rolled back")).count();
    assert_eq!(rolled_back, 2, "the child's and its own");
    let lend = node(&text, "↶ return_it");
    let child = node(&text, "↶ its compensations");
    assert_eq!(edges(lend, "-.->"), [child], "{text}");
    let end = edges(child, "-.->");
    assert!(text.contains(&format!("  {}([\"rolled back\"]):::back\n", end[0])), "{text}");
    // What is past the point of no return has no way back.
    for past in ["sleep", "tell"] {
        assert!(edges(node(&text, past), "--x|\"failed\"|").is_empty(), "{text}");
    }
}

#[test]
fn names_stay_in_their_quotes() {
    let mermaid = ODD.mermaid();
    assert!(mermaid.contains("\"x#92;#34;#93;--#62;<br/>readonly\""), "{mermaid}");
    assert!(mermaid.contains("title: \"a #34;b#34; #60;c#62; #38; #35;d#59;#10; v1\""), "{mermaid}");
    let dot = ODD.dot();
    assert!(dot.contains(r#"[label="x\\\"]-->\nreadonly""#), "{dot}");
    assert!(dot.starts_with(r#"digraph "a \"b\" <c> & #d;\n v1" {"#), "{dot}");
}
