//! One HTTP request and its answer, as JSON. Failures are distinguished by what is known of the request.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::wire::{IDEMPOTENCY_KEY, Problem, Word};

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What is known of a failed request.
pub(super) enum Failure {
    /// It was not sent.
    NotSent(String),
    /// It was sent, and may have had its effect.
    NoAnswer(String),
    /// It was answered by a refusal.
    Refused { status: u16, problem: Problem },
}

impl Failure {
    /// Returns true if the company answered that the thing does not exist.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.word == Word::Unknown)
    }
}

/// A company's address, and the connections to it.
#[derive(Clone)]
pub(super) struct Http {
    at: SocketAddr,
    client: Client<HttpConnector, Body>,
    answer_within: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.at)
    }
}

impl Http {
    pub(super) fn at(at: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { at, client, answer_within: Duration::from_secs(3) }
    }

    pub(super) fn answering_within(self, answer_within: Duration) -> Self {
        Self { answer_within, ..self }
    }

    /// Sends a body under a key.
    pub(super) async fn post(&self, path: &str, key: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::NotSent(error.to_string()))?;
        let request = self.request(Method::POST, path).header(IDEMPOTENCY_KEY, key);
        self.ask(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body))).await
    }

    /// Reads something by its key.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(self.request(Method::GET, path).body(Body::empty())).await
    }

    /// Releases something by its id.
    pub(super) async fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(self.request(Method::DELETE, path).body(Body::empty())).await
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.at))
    }

    async fn ask(&self, request: axum::http::Result<Request<Body>>) -> Result<Answer, Failure> {
        let request = request.map_err(|error| Failure::NotSent(error.to_string()))?;
        tokio::time::timeout(self.answer_within, self.exchange(request))
            .await
            .unwrap_or_else(|_| Err(Failure::NoAnswer(format!("silence for {:?}", self.answer_within))))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, Failure> {
        let response = self.client.request(request).await.map_err(|error| {
            let sent = !error.is_connect();
            let observed = innermost(&error);
            if sent { Failure::NoAnswer(observed) } else { Failure::NotSent(observed) }
        })?;
        let status = response.status();
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX)
            .await
            .map_err(|error| Failure::NoAnswer(innermost(&error)))?;
        if status.is_success() { Ok(Answer(body)) } else { Err(refused(status, &body)) }
    }
}

/// The body of a successful answer.
pub(super) struct Answer(Bytes);

impl Answer {
    /// Parses the body. An unreadable one counts as no answer: the request may have landed.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.0)
            .map_err(|error| Failure::NoAnswer(format!("an answer not understood: {error}")))
    }
}

fn refused(status: StatusCode, body: &[u8]) -> Failure {
    let problem = serde_json::from_slice(body).unwrap_or_else(|_| Problem {
        word: Word::Other,
        reason: String::from_utf8_lossy(body).into_owned(),
    });
    Failure::Refused { status: status.as_u16(), problem }
}

/// Returns the innermost error: "Connection refused" rather than "client error".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
