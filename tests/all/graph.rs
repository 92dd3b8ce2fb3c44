//! The example `graph` as its users run it, and the drawings in the documentation, which must be its output.

use std::path::Path;

use crate::example::{Example, Ran};

static GRAPH: Example = Example::named("graph");

#[track_caller]
fn drawn(words: &[&str]) -> String {
    let ran = GRAPH.run(words);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{ran}");
    ran.out
}

#[test]
fn each_language_has_all_of_both_sagas() {
    let sagas = [
        (None, &["hold_flight", "release_hotel", "find_charge", "email_itinerary", "approve"][..]),
        (Some("book_trip"), &["charge_card", "point of no return"]),
        (
            Some("holiday"),
            &["find_place", "lodging", "tent: book_room", "apologize", "within 48h", "dead letter"],
        ),
    ];
    for (language, begins) in [("mermaid", "---\ntitle: "), ("dot", "digraph "), ("svg", "<svg ")] {
        for (saga, names) in sagas {
            let text = drawn(&[Some(language), saga].into_iter().flatten().collect::<Vec<_>>());
            assert!(text.starts_with(begins), "{text}");
            names.iter().for_each(|name| assert!(text.contains(name), "{name}\n{text}"));
        }
    }
}

#[test]
fn what_is_accepted_is_said_where_it_is_not_understood() {
    let usage = "cargo run --example graph -- mermaid|dot|svg [book_trip|holiday]";
    for (words, wrong) in [
        (&[][..], "in which language?"),
        (&["mermiad"], "no language \"mermiad\"; there are mermaid, dot, svg"),
        (&["svg", "holidays"], "no saga \"holidays\"; there are book_trip, holiday"),
        (&["svg", "holiday", "now"], "\"now\" is one word too many"),
    ] {
        let ran: Ran = GRAPH.run(words);
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran}");
        assert!(ran.err.contains(wrong) && ran.err.contains(usage), "{ran}");
    }
}

#[test]
fn the_documentation_shows_the_saga_as_it_is() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mermaid = format!("```mermaid\n{}```\n", drawn(&["mermaid"]));
    let page = read("docs/automaton.md");
    assert!(page.contains(&mermaid), "docs/automaton.md has another diagram than this:\n{mermaid}");
    let stale = "stale: cargo run --example graph -- svg > docs/book_trip.svg";
    assert!(read("docs/book_trip.svg") == drawn(&["svg"]), "{stale}");
}
