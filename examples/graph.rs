//! Prints the automaton of a saga, for a page, a README or a viewer: `cargo run --example graph -- mermaid`.
//!
//! `book_trip` is the saga of that example. `holiday` is a made-up saga with everything that can be drawn: a child
//! saga, a loop, alternatives, a branch for each of several things.

#![allow(unreachable_pub, reason = "an example is a program: nothing of it is exported")]

#[path = "book_trip"]
mod book_trip {
    #![allow(dead_code, reason = "the saga is drawn here, and not run")]
    pub mod clients;
    pub mod saga;
    pub mod trip;
    pub mod wire;
}
#[path = "graph/holiday.rs"]
mod holiday;

use std::process::ExitCode;

use saga::draw;
use saga::graph::Graph;

/// The exit code for a command line that cannot be parsed.
const NOT_UNDERSTOOD: u8 = 2;

type Draw = fn(&Graph) -> String;

const FORMATS: [(&str, Draw); 3] = [("mermaid", draw::mermaid), ("dot", draw::dot), ("svg", draw::svg)];

const SAGAS: [(&str, &Graph); 2] =
    [("book_trip", book_trip::saga::book_trip::GRAPH), ("holiday", holiday::holiday::GRAPH)];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match drawn(&words) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("graph: {wrong}\n\n    cargo run --example graph -- {}\n", usage());
            eprintln!("without a saga: {}", SAGAS[0].0);
            ExitCode::from(NOT_UNDERSTOOD)
        }
    }
}

/// Returns the drawing that the words ask for, or what is wrong with them.
fn drawn(words: &[String]) -> Result<String, String> {
    let (format, saga) = match words {
        [] => return Err("in which language?".to_owned()),
        [format] => (format.as_str(), SAGAS[0].0),
        [format, saga] => (format.as_str(), saga.as_str()),
        [_, _, more, ..] => return Err(format!("{more:?} is one word too many")),
    };
    let graph = chosen("saga", &SAGAS, saga)?;
    Ok(chosen("language", &FORMATS, format)?(graph))
}

fn chosen<T: Copy>(what: &str, known: &[(&str, T)], name: &str) -> Result<T, String> {
    let found = known.iter().find(|(known, _)| *known == name);
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    found
        .map(|(_, found)| *found)
        .ok_or_else(|| format!("no {what} {name:?}; there are {}", names.join(", ")))
}

fn usage() -> String {
    let names = |names: Vec<&str>| names.join("|");
    let formats = names(FORMATS.iter().map(|(name, _)| *name).collect());
    format!("{formats} [{}]", names(SAGAS.iter().map(|(name, _)| *name).collect()))
}
