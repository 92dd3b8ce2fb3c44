//! The bank: charges a card once for each key, and answers whether it did.
//!
//! `POST /charges`, `GET /charges/by-key/{key}`. The answer that there is no charge would be useless if one could still
//! arrive. Before the bank gives it, it closes the key, and it refuses later charges under a closed key.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Path as InPath, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::super::ledger::{Ledger, LedgerError};
use super::super::trip::Receipt;
use super::super::wire::{Charge, Word};
use super::desk::{Desk, Key, Refusal};

/// A fault of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankFault {
    /// It declines every new charge.
    Declines,
    /// Its first charge lands in the books, and is never answered.
    LandsUnanswered,
}

/// A line of the books. Of a card it keeps only what may be shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankEntry {
    /// A card was charged.
    Charged {
        /// The key of the request.
        key: String,
        /// The last four digits of the card.
        card: String,
        /// The bank's answer.
        receipt: Receipt,
    },
    /// A key was asked for and not found: it will never be charged.
    Closed {
        /// The closed key.
        key: String,
    },
}

type BankDesk = Arc<Desk<BankEntry, BankFault>>;

/// Returns the bank's routes, on its books.
pub(super) fn router(books: &Path, fault: Option<BankFault>) -> Result<Router, LedgerError> {
    let desk: BankDesk = Desk::open(books, fault)?;
    Ok(Router::new()
        .route("/charges", post(charge))
        .route("/charges/by-key/{key}", get(find))
        .with_state(desk))
}

async fn charge(
    State(desk): State<BankDesk>,
    Key(key): Key,
    Json(charge): Json<Charge>,
) -> Result<Json<Receipt>, Refusal> {
    let Charged { receipt, answered } = charge_once(&desk, key, &charge)?;
    if !answered {
        std::future::pending::<()>().await;
    }
    Ok(Json(receipt))
}

struct Charged {
    receipt: Receipt,
    answered: bool,
}

fn charge_once(desk: &BankDesk, key: String, charge: &Charge) -> Result<Charged, Refusal> {
    let card = charge.card.last_four();
    let mut books = desk.books();
    match under(&books, &key) {
        Some(BankEntry::Charged { card: of, receipt, .. }) => {
            let same = *of == card && receipt.amount == charge.amount;
            let charged = Charged { receipt: receipt.clone(), answered: true };
            return if same { Ok(charged) } else { Err(Refusal::key_reused()) };
        }
        Some(BankEntry::Closed { .. }) => {
            return Err(Refusal::because(Word::KeyClosed, "this key was said never to be charged"));
        }
        None => {}
    }
    if desk.fault == Some(BankFault::Declines) {
        return Err(Refusal::because(Word::Declined, "card declined"));
    }
    let before = books.entries().iter().filter(|entry| matches!(entry, BankEntry::Charged { .. })).count();
    let receipt = Receipt { id: format!("charge-{}", before + 1), amount: charge.amount };
    books.append(BankEntry::Charged { key, card, receipt: receipt.clone() })?;
    let answered = desk.fault != Some(BankFault::LandsUnanswered) || before > 0;
    Ok(Charged { receipt, answered })
}

async fn find(State(desk): State<BankDesk>, InPath(key): InPath<String>) -> Result<Json<Receipt>, Refusal> {
    let mut books = desk.books();
    match under(&books, &key) {
        Some(BankEntry::Charged { receipt, .. }) => return Ok(Json(receipt.clone())),
        Some(BankEntry::Closed { .. }) => {}
        None => books.append(BankEntry::Closed { key })?,
    }
    Err(Refusal::unknown())
}

/// Returns the only entry of a key: a charged key is never closed, and a closed one is never charged.
fn under<'a>(books: &'a Ledger<BankEntry>, key: &str) -> Option<&'a BankEntry> {
    books.entries().iter().find(|entry| match entry {
        BankEntry::Charged { key: of, .. } | BankEntry::Closed { key: of } => of == key,
    })
}
