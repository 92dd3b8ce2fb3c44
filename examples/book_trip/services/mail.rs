//! The mail service: accepts one mail for each key.
//!
//! `POST /mails`, answered by 202.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::super::ledger::LedgerError;
use super::super::trip::Mail;
use super::super::wire::Word;
use super::desk::{Desk, Key, Refusal};

/// A fault of the mail service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailFault {
    /// It turns the first two requests away, and says so.
    BusyTwice,
}

/// A line of the books.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEntry {
    /// A mail was sent.
    Sent {
        /// The key of the request.
        key: String,
        /// The mail itself.
        mail: Mail,
    },
    /// A request was turned away.
    TurnedAway {
        /// The key of the request.
        key: String,
    },
}

type MailDesk = Arc<Desk<MailEntry, MailFault>>;

/// Returns the mail service's routes, on its books.
pub(super) fn router(books: &Path, fault: Option<MailFault>) -> Result<Router, LedgerError> {
    let desk: MailDesk = Desk::open(books, fault)?;
    Ok(Router::new().route("/mails", post(send)).with_state(desk))
}

async fn send(
    State(desk): State<MailDesk>,
    Key(key): Key,
    Json(mail): Json<Mail>,
) -> Result<StatusCode, Refusal> {
    let mut books = desk.books();
    let sent = books.entries().iter().find_map(|entry| match entry {
        MailEntry::Sent { key: of, mail } if *of == key => Some(mail),
        _ => None,
    });
    if let Some(sent) = sent {
        return if *sent == mail { Ok(StatusCode::ACCEPTED) } else { Err(Refusal::key_reused()) };
    }
    let turned_away =
        books.entries().iter().filter(|entry| matches!(entry, MailEntry::TurnedAway { .. })).count();
    if desk.fault == Some(MailFault::BusyTwice) && turned_away < 2 {
        books.append(MailEntry::TurnedAway { key })?;
        return Err(Refusal::because(Word::Busy, "too many mails; none was taken"));
    }
    books.append(MailEntry::Sent { key, mail })?;
    Ok(StatusCode::ACCEPTED)
}
