//! `cargo xtask sim --seeds N [--from S]`: runs the simulation and prints its progress. On a failure it prints the
//! smallest failing case, and the command that repeats it.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use saga_sim::{Failure, Mutant, generate, run, shrink, sweep};

/// Runs random sagas in a simulated world, from seeds, and shrinks what fails.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask sim")]
struct Options {
    /// The number of seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// With a failure, prints the journals of its sagas as well.
    #[arg(long)]
    journals: bool,
    /// The bug to put back, which has to be found.
    #[arg(long)]
    mutant: Option<Mutant>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    quiet_panics();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let bar = std::io::stderr().is_terminal();
    let step = (options.seeds / if bar { 1000 } else { 20 }).max(1);
    let progress = |done: u64| {
        if done.is_multiple_of(step) || done == options.seeds {
            tell(done, options.seeds, bar);
        }
    };
    let swept = sweep(options.from, options.seeds, threads, options.mutant, &progress);
    if bar {
        eprintln!();
    }
    println!("{} seeds from {} on {threads} threads", swept.runs, options.from);
    print!("{}", swept.coverage);
    match swept.failure {
        None => {
            println!("no rule was broken");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            explain(&failure, &options);
            ExitCode::FAILURE
        }
    }
}

/// Hides the intended panics of steps and bodies; others are shown.
fn quiet_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload();
        let text = text.downcast_ref::<&str>().copied().or(text.downcast_ref::<String>().map(String::as_str));
        if !text.is_some_and(|text| text.starts_with("sim:")) {
            usual(panic);
        }
    }));
}

fn tell(done: u64, of: u64, bar: bool) {
    let mut out = std::io::stderr().lock();
    let written = if bar {
        let full = usize::try_from(done * 40 / of.max(1)).unwrap_or(0);
        write!(out, "\r[{}{}] {done} of {of}", "=".repeat(full), " ".repeat(40 - full.min(40)))
    } else {
        writeln!(out, "{done} of {of} seeds")
    };
    // Output is optional.
    drop(written.and_then(|()| out.flush()));
}

/// Prints the failure, shrunk.
fn explain(failure: &Failure, options: &Options) {
    println!("\nseed {} breaks:", failure.seed);
    failure.wrongs.iter().for_each(|wrong| println!("  {:?}: {}", wrong.rule, wrong.what));
    let Some(first) = failure.wrongs.first() else { return };
    println!("looking for a smaller case…");
    let (case, runs) = shrink(&generate(failure.seed), first.rule, options.mutant);
    let report = run(&case, options.mutant);
    println!("the smallest of {runs} that breaks the same rule:\n{case}it breaks:");
    report.wrongs.iter().for_each(|wrong| println!("  {:?}: {}", wrong.rule, wrong.what));
    if options.journals {
        println!("{}", report.story);
    }
    println!("to repeat it: cargo xtask sim --seeds 1 --from {} --journals", failure.seed);
}
