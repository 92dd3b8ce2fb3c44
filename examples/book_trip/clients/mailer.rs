//! The mail service's client.

use std::net::SocketAddr;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::Mail;
use super::super::wire::Word;
use super::http::{Failure, Http};

/// What came of a request to the mail service, if not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum MailError {
    /// It took nothing, for now: try again.
    #[error("the mail service is busy")]
    #[transient]
    Busy,
    /// The request itself is wrong: sending it again changes nothing.
    #[error("the mail service refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The service's words.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the mail service cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// What happened instead.
        observed: String,
    },
    /// The mail may be on its way: send it again with the same key.
    #[error("the mail service gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// What happened instead.
        observed: String,
    },
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(observed) => Self::Unreachable { observed },
            Failure::NoAnswer(observed) => Self::NoAnswer { observed },
            Failure::Refused { problem, .. } if problem.word == Word::Busy => Self::Busy,
            Failure::Refused { status, problem } if status >= 500 => {
                Self::NoAnswer { observed: format!("{status}: {}", problem.reason) }
            }
            Failure::Refused { status, problem } => Self::Refused { status, reason: problem.reason },
        }
    }
}

/// Sends mails.
#[derive(Clone, Debug)]
pub struct Mailer(Http);

impl Mailer {
    /// The mail service at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Sends a mail; with a key sent before, nothing more is sent.
    pub async fn send(&self, mail: &Mail, key: &str) -> Result<(), MailError> {
        self.0.post("/mails", key, mail).await?;
        Ok(())
    }
}
