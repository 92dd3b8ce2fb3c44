//! Shared by all four companies: locked books, keys, and refusals.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::ledger::{Ledger, LedgerError};
use super::super::wire::{IDEMPOTENCY_KEY, Problem, Word};

/// A company's books, and its fault.
pub(super) struct Desk<E, F> {
    pub(super) fault: Option<F>,
    ledger: Mutex<Ledger<E>>,
}

impl<E: Serialize + DeserializeOwned, F> Desk<E, F> {
    /// Opens the books.
    pub(super) fn open(path: &Path, fault: Option<F>) -> Result<Arc<Self>, LedgerError> {
        Ok(Arc::new(Self { fault, ledger: Mutex::new(Ledger::open(path)?) }))
    }

    /// Locks the books for one request: what it reads stays true until it has written.
    pub(super) fn books(&self) -> MutexGuard<'_, Ledger<E>> {
        self.ledger.lock().expect("no request panics while it holds the books")
    }
}

/// The key of a request.
pub(super) struct Key(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let key = parts.headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
        match key {
            Some(key) if !key.is_empty() => Ok(Self(key.to_owned())),
            _ => Err(Refusal::because(Word::KeyMissing, "the header Idempotency-Key is missing")),
        }
    }
}

/// An answer that refuses a request.
pub(super) struct Refusal(Problem);

impl Refusal {
    pub(super) fn because(word: Word, reason: &str) -> Self {
        Self(Problem { word, reason: reason.to_owned() })
    }

    pub(super) fn unknown() -> Self {
        Self::because(Word::Unknown, "there is nothing of that name")
    }

    pub(super) fn key_reused() -> Self {
        Self::because(Word::KeyReused, "this key came with another request before")
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::because(Word::Books, &format!("the books cannot be written: {error}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.0.word {
            Word::SoldOut | Word::KeyClosed => StatusCode::CONFLICT,
            Word::Declined => StatusCode::PAYMENT_REQUIRED,
            Word::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Word::KeyMissing | Word::Other => StatusCode::BAD_REQUEST,
            Word::Unknown => StatusCode::NOT_FOUND,
            Word::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Word::Books => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(self.0)).into_response()
    }
}
