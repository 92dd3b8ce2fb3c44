//! Benchmark `peers`: workload W1 on saga and on other engines, each in a process of its own, from the folder `peers/`,
//! whose crates have lock files of their own and are no part of the workspace.
//!
//! It runs only when it is named: it builds hundreds of crates. What is missing on this machine, or does not build, is said
//! and left out. The rounds take turns, and the medians are compared.

mod figures;
mod programs;
mod report;

use std::io::Write;

use super::Form;
use figures::{Figure, Figures};
use programs::{Counter, Program};

/// How often each is measured.
const ROUNDS: usize = 5;
/// How long one round of one peer at one concurrency lasts.
const SECONDS: &str = "1.2";
/// How many sagas there are at once.
const CONCURRENCIES: [&str; 3] = ["1", "64", "256"];

/// One that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peer {
    /// Its crate in `peers/`.
    folder: &'static str,
    /// Set to be as durable as it can be made, where it is not so as it comes.
    is_full: bool,
}

/// saga first: the others are compared with it.
const PEERS: [Peer; 9] = [
    Peer { folder: "saga", is_full: false },
    Peer { folder: "steno", is_full: false },
    Peer { folder: "duroxide", is_full: false },
    Peer { folder: "duroxide", is_full: true },
    Peer { folder: "dbos", is_full: false },
    Peer { folder: "cano", is_full: false },
    Peer { folder: "apalis", is_full: false },
    Peer { folder: "apalis", is_full: true },
    Peer { folder: "restate", is_full: false },
];

/// Runs the benchmark.
pub(super) fn run(form: Form) -> Result<(), String> {
    let mut figures = Figures::default();
    let mut programs: Vec<(Peer, Program)> = Vec::new();
    for peer in PEERS {
        let built = programs.iter().find(|(other, _)| other.folder == peer.folder);
        let program = match built {
            Some((_, program)) => Ok(program.clone()),
            None => programs::build(peer.folder),
        };
        match program {
            Ok(program) => programs.push((peer, program)),
            Err(reason) => figures.leave_out(peer, reason),
        }
    }
    let counter = Counter::new();
    if let Err(reason) = &counter {
        eprintln!("fsyncs are not counted: {reason}");
    }
    let counter = counter.ok();
    for round in 1..=ROUNDS {
        for (peer, program) in &programs {
            if figures.is_left_out(*peer) {
                continue;
            }
            eprint!("\rround {round} of {ROUNDS}: {:<12}", peer.folder);
            // What it shows is of no use if it cannot be shown.
            std::io::stderr().flush().unwrap_or_default();
            match programs::measure(program, *peer, counter.as_ref()) {
                Ok(lines) => figures.add(*peer, lines),
                Err(reason) => figures.leave_out(*peer, reason),
            }
        }
    }
    eprintln!("\r{:<40}", "");
    let lines: Vec<Figure> = figures.medians();
    let report = match form {
        Form::Text => report::text(&lines, &figures),
        Form::Json => report::json(&lines, &figures),
        Form::Markdown => report::markdown(&lines, &figures),
    };
    print!("{report}");
    Ok(())
}
