//! The airline and the hotel: both hold a thing under a key, and release it by its id.
//!
//! `POST /holds`, `GET /holds/by-key/{key}`, `DELETE /holds/{id}`. A key holds one thing, however often it is sent.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::ledger::{Ledger, LedgerError};
use super::super::trip::{Cents, Flight, HoldId, Stay};
use super::super::wire::Word;
use super::desk::{Desk, Key, Refusal};

/// A fault of a company that holds things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldFault {
    /// It refuses every new hold.
    SoldOut,
}

/// A line of the books.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEntry<T> {
    /// A thing was held.
    Held {
        /// The key of the request.
        key: String,
        /// The requested thing.
        what: T,
        /// The company's answer.
        hold: Hold,
    },
    /// A hold was released.
    Released {
        /// The id of the hold.
        id: HoldId,
    },
    /// A key was asked for and not found: nothing will ever be held under it.
    Closed {
        /// The closed key.
        key: String,
    },
}

/// The answer to a hold; the clients parse it as a `FlightHold` or a `RoomHold`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The id for releasing it.
    pub id: HoldId,
    /// Its price.
    #[serde(rename = "price_cents")]
    pub price: Cents,
}

/// What can be held.
pub(super) trait Holdable:
    Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name of one, in the books.
    const NAME: &str;
    /// The refusal when none is left.
    const SOLD_OUT: &str;

    fn price(&self) -> Cents;
}

impl Holdable for Flight {
    const NAME: &str = "seat";
    const SOLD_OUT: &str = "no seats left";

    fn price(&self) -> Cents {
        Cents(22_900)
    }
}

impl Holdable for Stay {
    const NAME: &str = "room";
    const SOLD_OUT: &str = "no rooms left";

    fn price(&self) -> Cents {
        Cents(9_725) * self.nights
    }
}

type HoldDesk<T> = Arc<Desk<HoldEntry<T>, HoldFault>>;

/// Returns the company's routes, on its books.
pub(super) fn router<T: Holdable>(books: &Path, fault: Option<HoldFault>) -> Result<Router, LedgerError> {
    let desk: HoldDesk<T> = Desk::open(books, fault)?;
    Ok(Router::new()
        .route("/holds", post(hold::<T>))
        .route("/holds/by-key/{key}", get(find::<T>))
        .route("/holds/{id}", delete(release::<T>))
        .with_state(desk))
}

async fn hold<T: Holdable>(
    State(desk): State<HoldDesk<T>>,
    Key(key): Key,
    Json(what): Json<T>,
) -> Result<Json<Hold>, Refusal> {
    let mut books = desk.books();
    if let Some((held, hold)) = held_under(&books, &key) {
        return if *held == what { Ok(Json(hold.clone())) } else { Err(Refusal::key_reused()) };
    }
    if is_closed(&books, &key) {
        return Err(Refusal::because(Word::KeyClosed, "this key was said never to hold anything"));
    }
    if desk.fault == Some(HoldFault::SoldOut) {
        return Err(Refusal::because(Word::SoldOut, T::SOLD_OUT));
    }
    let number = books.entries().iter().filter(|entry| matches!(entry, HoldEntry::Held { .. })).count() + 1;
    let hold = Hold { id: HoldId(format!("{}-{number}", T::NAME)), price: what.price() };
    books.append(HoldEntry::Held { key, what, hold: hold.clone() })?;
    Ok(Json(hold))
}

/// Returns the hold of the key, released or not. If there is none, closes the key.
async fn find<T: Holdable>(
    State(desk): State<HoldDesk<T>>,
    InPath(key): InPath<String>,
) -> Result<Json<Hold>, Refusal> {
    let mut books = desk.books();
    if let Some((_, hold)) = held_under(&books, &key) {
        return Ok(Json(hold.clone()));
    }
    if !is_closed(&books, &key) {
        books.append(HoldEntry::Closed { key })?;
    }
    Err(Refusal::unknown())
}

async fn release<T: Holdable>(
    State(desk): State<HoldDesk<T>>,
    InPath(id): InPath<HoldId>,
) -> Result<StatusCode, Refusal> {
    let mut books = desk.books();
    let (mut held, mut released) = (false, false);
    for entry in books.entries() {
        match entry {
            HoldEntry::Held { hold, .. } => held |= hold.id == id,
            HoldEntry::Released { id: gone } => released |= *gone == id,
            HoldEntry::Closed { .. } => {}
        }
    }
    if !held {
        return Err(Refusal::unknown());
    }
    if !released {
        books.append(HoldEntry::Released { id })?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn is_closed<T: Holdable>(books: &Ledger<HoldEntry<T>>, key: &str) -> bool {
    books.entries().iter().any(|entry| matches!(entry, HoldEntry::Closed { key: of } if of == key))
}

fn held_under<'a, T: Holdable>(books: &'a Ledger<HoldEntry<T>>, key: &str) -> Option<(&'a T, &'a Hold)> {
    books.entries().iter().find_map(|entry| match entry {
        HoldEntry::Held { key: of, what, hold } if of == key => Some((what, hold)),
        _ => None,
    })
}
