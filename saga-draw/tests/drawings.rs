//! Drawings of automata: that all which there is to see is in them, that names cannot break out of their quotes, and
//! that in pictures nothing lies over something else.
//!
//! Mutants put into the layout by hand and caught here: nodes, branches, compensations or both ways too near to each
//! other; lines that pass a layer without a place of their own there, or cross in the wrong gap; failures that go back at
//! the height of cards; `<` as it is; what is past the point of no return not followed.

#[path = "../../saga-core/tests/all/support/program.rs"]
#[allow(dead_code, reason = "programs are only drawn here")]
mod program;

use std::time::Duration;

use program::{any_program, graph};
use proptest::prelude::*;
use saga_core::Kind;
use saga_core::graph::{AwaitPoint, Definition, Graph, To, What};
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
        conclusive: None,
    }
}

const fn place(name: &'static str, what: What, done: &'static [To], failed: &'static [To]) -> AwaitPoint {
    AwaitPoint { name, occurrence: 1, loops: 0, what, done, failed }
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
    start: &[To::AwaitPoint(0), To::AwaitPoint(1)],
    await_points: &[
        place("look", What::Step(LOOK), &[To::AwaitPoint(0), To::AwaitPoint(1)], &[To::RollingBack]),
        place("child", What::Saga(&CHILD), &[To::AwaitPoint(2)], &[To::AwaitPoint(4)]),
        place(
            "all",
            What::All(&[What::Step(HOLD), What::Named("again", &What::Step(LEND))]),
            &[To::AwaitPoint(3)],
            &[To::RollingBack],
        ),
        place("each", What::Each(&What::Step(HOLD)), &[To::AwaitPoint(4)], &[To::AwaitPoint(4)]),
        place("charge", What::Step(CHARGE), &[To::AwaitPoint(5)], &[To::RollingBack]),
        place("sleep", What::Sleep, &[To::AwaitPoint(6)], &[]),
        place("tell", What::Step(TELL), &[To::Completed], &[To::Completed]),
    ],
};
const CHILD: Graph = Graph {
    saga: "child",
    version: 1,
    start: &[To::AwaitPoint(0)],
    await_points: &[place("hold", What::Step(HOLD), &[To::Completed], &[To::RollingBack])],
};
const ODD: Graph = Graph {
    saga: "a \"b\" <c> & #d;\n",
    version: 1,
    start: &[To::AwaitPoint(0)],
    await_points: &[place("x\\\"]-->", What::Step(step("x\\\"]-->", Kind::Readonly)), &[To::Completed], &[])],
};

/// Returns the number of the node with a text that begins so.
#[track_caller]
fn node<'a>(text: &'a str, begins: &str) -> &'a str {
    let line = text.lines().find(|line| line.contains(&format!("\"{begins}")));
    let line = line.unwrap_or_else(|| panic!("no node {begins}:\n{text}")).trim();
    let line = line.trim_start_matches(['{', ' ', ';']);
    let at = line.find(&format!("\"{begins}")).expect("it is in the line");
    let from =
        line[..at].rfind('n').filter(|from| line[from + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let from = from.or_else(|| line[..at].rfind(" n").map(|at| at + 1)).unwrap_or(0);
    let end = line[from + 1..].find(|c: char| !c.is_ascii_digit()).expect("something follows it");
    &line[from..from + 1 + end]
}

#[test]
fn mermaid_shows_every_move() {
    let text = saga_draw::mermaid(&ALL_KINDS);
    assert_eq!(text, saga_draw::mermaid(&ALL_KINDS));
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
    let text = saga_draw::dot(&ALL_KINDS);
    assert_eq!(text, saga_draw::dot(&ALL_KINDS));
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
    let text = saga_draw::mermaid(&ALL_KINDS);
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
    let mermaid = saga_draw::mermaid(&ODD);
    assert!(mermaid.contains("\"x#92;#34;#93;--#62;<br/>readonly\""), "{mermaid}");
    assert!(mermaid.contains("title: \"a #34;b#34; #60;c#62; #38; #35;d#59;#10; v1\""), "{mermaid}");
    let dot = saga_draw::dot(&ODD);
    assert!(dot.contains(r#"[label="x\\\"]-->\nreadonly""#), "{dot}");
    assert!(dot.starts_with(r#"digraph "a \"b\" <c> & #d;\n v1" {"#), "{dot}");
}

/// A picture's rectangles with text in them, each with its class.
struct Picture {
    size: (i32, i32),
    cards: Vec<(String, [i32; 4])>,
    /// The straight pieces of lines: from where to where.
    pieces: Vec<(String, [i32; 4])>,
    texts: Vec<String>,
}

impl Picture {
    #[track_caller]
    fn of(graph: &Graph) -> Self {
        let svg = saga_draw::svg(graph);
        assert_eq!(svg, saga_draw::svg(graph));
        let document = roxmltree::Document::parse(&svg).expect("it is well-formed");
        let number = |node: &roxmltree::Node<'_, '_>, name: &str| -> i32 {
            node.attribute(name).expect("it has one").parse().expect("it is a number")
        };
        let root = document.root_element();
        let size = (number(&root, "width"), number(&root, "height"));
        let rects = root.children().filter(|node| node.has_tag_name("rect"));
        let cards = rects
            .map(|rect| {
                let bounds = ["x", "y", "width", "height"].map(|name| number(&rect, name));
                (rect.attribute("class").expect("it has a class").to_owned(), bounds)
            })
            .filter(|(class, _)| ["card", "note", "undo", "end"].iter().any(|kind| class.starts_with(kind)))
            .collect();
        let texts = root.children().filter(|node| node.has_tag_name("text"));
        let texts = texts.map(|node| node.text().unwrap_or_default().to_owned()).collect();
        let lines = root.children().filter(|node| {
            node.attribute("class")
                .is_some_and(|class| class.starts_with("line ") && !class.contains("no-return"))
        });
        let pieces = lines.flat_map(|line| {
            let points = points(line.attribute("d").expect("a line has points"));
            let class = line.attribute("class").expect("it has a class").to_owned();
            let pieces: Vec<_> = points
                .windows(2)
                .map(|pair| {
                    let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
                    (class.clone(), [ax.min(bx), ay.min(by), ax.max(bx), ay.max(by)])
                })
                .collect();
            pieces
        });
        Picture { size, cards, pieces: pieces.collect(), texts }
    }

    /// Nothing lies over something else, nor outside.
    #[track_caller]
    fn check(&self) {
        for (number, (class, [x, y, w, h])) in self.cards.iter().enumerate() {
            assert!(*x >= 0 && *y >= 0 && x + w <= self.size.0 && y + h <= self.size.1, "{class} is outside");
            for (other, [ox, oy, ow, oh]) in &self.cards[..number] {
                let apart = x + w <= *ox || ox + ow <= *x || y + h <= *oy || oy + oh <= *y;
                assert!(apart, "{class} at {x} {y} lies over {other} at {ox} {oy}");
            }
        }
    }

    /// No line goes through a card. What undoes a step stands on the way back, which goes on behind it.
    #[track_caller]
    fn check_lines(&self) {
        for (class, [x, y, w, h]) in &self.cards {
            for (line, [left, top, right, bottom]) in &self.pieces {
                let apart = *right <= x + 1 || *left >= x + w - 1 || *bottom <= y + 1 || *top >= y + h - 1;
                assert!(apart, "{line} at {left} {top} goes through {class} at {x} {y}");
            }
        }
    }

    fn count(&self, class: &str) -> usize {
        self.cards.iter().filter(|(known, _)| known == class).count()
    }
}

/// The points of a path of `M`, `L` and `Q`, without those that only bend it.
fn points(path: &str) -> Vec<(i32, i32)> {
    let mut points = Vec::new();
    for piece in path.split(['M', 'L', 'Q']).filter(|piece| !piece.is_empty()) {
        let numbers: Vec<i32> = piece.split(' ').map(|n| n.parse().expect("it is a number")).collect();
        points.push((numbers[numbers.len() - 2], numbers[numbers.len() - 1]));
    }
    points
}

#[test]
fn the_picture_shows_everything() {
    let picture = Picture::of(&ALL_KINDS);
    picture.check();
    picture.check_lines();
    // One more of each for the legend, which has no ends and no notes.
    let counts = ["card step", "card readonly", "card irreversible", "card wait", "undo"];
    assert_eq!(counts.map(|class| picture.count(class)), [5, 2, 3, 2, 6]);
    let counts = ["note", "note dead", "end completed", "end rolled"];
    assert_eq!(counts.map(|class| picture.count(class)), [5, 2, 2, 2]);
    for text in [
        "everything",
        "version 3",
        "saga child v1",
        "each: all, one for each",
        "again: lend",
        "↶ return_it",
        "undoes each hold",
        "leaves a fee",
        "? ask_back",
        "failed",
        "done or failed",
        "point of no return",
        "forward only",
    ] {
        assert!(picture.texts.iter().any(|known| known == text), "{text}: {:?}", picture.texts);
    }
    let odd = Picture::of(&ODD);
    assert!(odd.texts.contains(&"x\\\"]-->".to_owned()), "{:?}", odd.texts);
    let nothing = Graph { saga: "nothing", version: 1, start: &[To::Completed], await_points: &[] };
    Picture::of(&nothing).check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_no_picture_does_anything_lie_over_something_else(program in any_program()) {
        let graph = graph(&program);
        let picture = Picture::of(&graph);
        picture.check();
        picture.check_lines();
        prop_assert_eq!(saga_draw::mermaid(&graph).matches("subgraph ").count(), saga_draw::dot(&graph).matches("subgraph ").count());
    }
}
