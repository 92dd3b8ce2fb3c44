//! Compares the companies' books with the sagas: every completed trip has its effects once each, and there are no
//! others.

use std::collections::BTreeSet;

use saga::store::{Query, StoreError};
use saga::{LookError, Phase, Runtime};
use thiserror::Error;

use super::books::Books;
use super::saga::book_trip;

/// The reason for which the sagas could not be read.
#[derive(Debug, Error)]
pub enum AskError {
    /// A saga cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The sagas cannot be listed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the bookings of every saga in the store, and returns the differences to the books; empty if they agree.
pub async fn disagreements(runtime: &Runtime, books: &Books) -> Result<Vec<String>, AskError> {
    let mut found = Vec::new();
    let mut trips = Vec::new();
    let mut query = Query::default();
    loop {
        let page = runtime.sagas(&query).await?;
        for summary in page.sagas {
            let Some(handle) = runtime.find(&summary.id).await? else { continue };
            let view = handle.view().await?;
            match view.state().phase() {
                Phase::Completed => trips.push(view.output::<book_trip>()?),
                Phase::RolledBack => {}
                phase => found.push(format!("{} has not ended: it is {phase}", summary.id)),
            }
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    compare(
        &mut found,
        "flight",
        trips.iter().map(|t| &t.flight.id),
        books.flights.iter().map(|h| &h.hold.id),
    );
    compare(&mut found, "hotel", trips.iter().map(|t| &t.hotel.id), books.rooms.iter().map(|h| &h.hold.id));
    compare(
        &mut found,
        "bank",
        trips.iter().map(|t| &t.receipt.id),
        books.charges.iter().map(|c| &c.receipt.id),
    );
    if trips.len() != books.mails.len() {
        found.push(format!("{} trips are booked, and {} mails are sent", trips.len(), books.mails.len()));
    }
    found.extend(
        books.repeated().map(|(company, key, times)| format!("{company}: {key} happened {times} times")),
    );
    Ok(found)
}

fn compare<'a, T: Ord + std::fmt::Display + 'a>(
    found: &mut Vec<String>,
    company: &str,
    promised: impl Iterator<Item = &'a T>,
    booked: impl Iterator<Item = &'a T>,
) {
    let (promised, booked): (BTreeSet<&T>, BTreeSet<&T>) = (promised.collect(), booked.collect());
    for missing in promised.difference(&booked) {
        found.push(format!("{company}: {missing} is promised, and not in the books"));
    }
    for left in booked.difference(&promised) {
        found.push(format!("{company}: {left} is in the books, and belongs to no trip"));
    }
}
