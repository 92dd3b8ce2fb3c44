//! Books a trip with four companies, or nothing at all, whatever fails and whenever the process is killed.
//!
//! `cargo run --example book_trip -- --help` lists the faults. Read `saga.rs` first: that is the saga. The companies
//! (`services`, `clients`, `books` and the files they use) are the outside world. `timeline` draws the journal;
//! `agreement` compares it with the companies' books.

#![allow(unreachable_pub, reason = "an example is a program: nothing of it is exported")]

mod agreement;
mod books;
mod clients;
mod kill;
mod ledger;
mod options;
mod place;
mod saga;
mod services;
mod style;
mod timeline;
mod trip;
mod wire;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ::saga::prelude::*;
use ::saga::record::{Entry, Record};
use ::saga::{ActError, SqliteStore};

use agreement::disagreements;
use books::Books;
use kill::Killing;
use options::{HELP, Options};
use place::Next;
use saga::{Itinerary, TripError, book_trip};
use services::Services;
use style::{Mark, Style};
use timeline::Timeline;
use trip::{CardNumber, Email, Trip};

/// The exit code if the outcome and the books do not agree.
const DISAGREE: u8 = 1;
/// The exit code if the trip could not be run.
const NOT_RUN: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("book_trip: {error}\nTry `cargo run --example book_trip -- --help`.");
            return ExitCode::from(NOT_RUN);
        }
    };
    if options.help {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run(&options, Style::of_stdout()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DISAGREE),
        Err(error) => {
            eprintln!("book_trip: {error}");
            let mut cause = error.source();
            while let Some(deeper) = cause {
                eprintln!("  because {deeper}");
                cause = deeper.source();
            }
            ExitCode::from(NOT_RUN)
        }
    }
}

/// Runs one trip; returns true if its outcome and the companies' books agree.
async fn run(options: &Options, style: Style) -> Result<bool, Box<dyn Error>> {
    let file = place::database(options)?;
    let store = SqliteStore::open(&file)?;
    let services = Services::open(&file, options.faults)?;
    let patience = options.patience.unwrap_or(Duration::from_secs(1));

    let Next { id, inherited } = place::next_trip(&store, options.resume).await?;
    let go_on = options.to_resume(&file);
    let store = Killing::at(options.kill, store, move |what| {
        println!("{:12}{} killed {what}", "", style.mark(Mark::Failed));
        println!("\nIt goes on with\n  {go_on}");
    });

    println!("{}\n", style.bold(format!("{id}: {}", trip())));
    let runtime = Runtime::builder(store)
        .resource(services.airline.clone())
        .resource(services.hotel.clone())
        .resource(services.bank.clone().answering_within(patience))
        .resource(services.mailer.clone())
        .saga::<book_trip>()
        .start()
        .await?;
    let handle = runtime.run(id.as_str(), book_trip(trip(), card())).await?;
    let outcome = watched(&handle, Timeline::new(style, inherited)).await?;

    println!("\n{}", style.bold(in_words(&outcome)));
    let books = Books::read(&file)?;
    println!("\n{}\n{}", style.bold("In the companies' books"), indented(&books.to_string()));
    let wrong = disagreements(&runtime, &books).await?;
    runtime.shutdown().await;
    say_whether_they_agree(&wrong, &file, style);
    Ok(wrong.is_empty())
}

/// Draws the saga until it has ended, or is dead-lettered, and answers its questions.
async fn watched(
    handle: &Handle<book_trip>,
    mut timeline: Timeline,
) -> Result<Outcome<Itinerary, TripError>, Box<dyn Error>> {
    let (mut watch, mut drawn) = (handle.watch(), 0);
    let outcome = handle.outcome();
    let mut outcome = std::pin::pin!(outcome);
    let outcome = loop {
        tokio::select! {
            biased;
            entry = watch.next() => match entry? {
                Some(entry) => {
                    timeline.draw(&entry);
                    drawn = entry.seq + 1;
                    answer(handle, &entry).await?;
                }
                None => break outcome.await?,
            },
            outcome = &mut outcome => break outcome?,
        }
    };
    let journal = handle.journal().await?;
    journal.iter().filter(|entry| entry.seq >= drawn).for_each(|entry| timeline.draw(entry));
    Ok(outcome)
}

/// Approves a question. In your service a person would do so.
async fn answer(handle: &Handle<book_trip>, entry: &Entry) -> Result<(), ActError> {
    let Record::Asked { .. } = &entry.record else { return Ok(()) };
    match handle.approve(By::new("Grace", "it is in the budget")).await {
        // It was answered before: another process asked it.
        Err(ActError::Refused(_)) => Ok(()),
        answered => answered,
    }
}

fn in_words(outcome: &Outcome<Itinerary, TripError>) -> String {
    match outcome {
        Outcome::Completed { output: Itinerary { flight, hotel, receipt }, .. } => {
            format!("Booked: {}, {}, {}.", flight.id, hotel.id, receipt.id)
        }
        Outcome::RolledBack { cause, rollback, .. } => format!("Not booked: {cause}; {rollback}."),
        other => format!("Not booked: {other}."),
    }
}

fn say_whether_they_agree(wrong: &[String], file: &Path, style: Style) {
    if wrong.is_empty() {
        println!("{} The outcome and the books agree.", style.mark(Mark::Done));
    } else {
        println!("{} The outcome and the books do not agree:", style.mark(Mark::Failed));
        wrong.iter().for_each(|wrong| println!("  {wrong}"));
    }
    println!("\nSee the journal with");
    for select in ["select * from sagas", "select at, kind, site from journal"] {
        println!("  sqlite3 {} '{select}'", file.display());
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn trip() -> Trip {
    Trip {
        traveller: "Ada Lovelace".to_owned(),
        email: Email("ada@example.org".to_owned()),
        from: "London".to_owned(),
        to: "Lisbon".to_owned(),
        date: "2027-05-12".to_owned(),
        nights: 3,
    }
}

fn card() -> Redacted<CardNumber> {
    Redacted::new(CardNumber("4242 4242 4242 4242".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::book_trip;

    /// Definitions that running sagas depend on change only on purpose.
    #[test]
    fn definitions() {
        let path = "examples/book_trip/saga.definitions.json";
        ::saga::upgrade::snapshot(path, |builder| builder.saga::<book_trip>());
    }
}
