//! Benchmark `peers`: workload W1 on saga and on other engines, each in its own process. The programs are in the folder
//! `peers/`; their crates have their own lock files and are not part of the workspace.
//!
//! It runs only when named, because it builds hundreds of crates. A peer that is missing or does not build is reported
//! and left out. Rounds alternate between the peers, and medians are compared.

mod figures;
mod peer;
mod programs;
mod report;

use std::io::Write;

use super::form::Form;
use figures::{Figure, Figures};
use peer::{PEERS, Peer};
use programs::{Counter, Program};

/// The number of rounds of each.
const ROUNDS: usize = 5;
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
            // Progress output is optional.
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
