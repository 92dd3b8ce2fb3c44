//! `cargo xtask sim --seeds N [--from S]`: runs the simulation and prints its progress. On a failure it prints the
//! smallest failing case, and the command that repeats it.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use saga_sim::{Failure, Mutant, generate, run, shrink, sweep};

struct Options {
    seeds: u64,
    from: u64,
    journals: bool,
    mutant: Option<Mutant>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
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

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seeds: 1000, from: 1, journals: false, mutant: None };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--seeds" => options.seeds = number("--seeds", &value())?,
            "--from" => options.from = number("--from", &value())?,
            "--journals" => options.journals = true,
            "--mutant" => options.mutant = Some(mutant(&value())?),
            other => {
                let accepted = "`--seeds`, `--from`, `--journals`, `--mutant`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    Ok(options)
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("`{option}` takes a number, not {value:?}"))
}

fn mutant(name: &str) -> Result<Mutant, String> {
    let known = Mutant::ALL.into_iter().find(|mutant| format!("{mutant:?}") == name);
    known.ok_or_else(|| format!("there is no mutant {name:?}: accepted: {:?}", Mutant::ALL))
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
