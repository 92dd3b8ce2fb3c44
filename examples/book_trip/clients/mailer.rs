//! The mail service's client.

use std::net::SocketAddr;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::Mail;
use super::super::wire::Word;
use super::http::{Failure, Http};

/// The failure of a request to the mail service.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum MailError {
    /// It did nothing for now: try again.
    #[error("the mail service is busy")]
    #[transient]
    Busy,
    /// The request itself is wrong: a retry changes nothing.
    #[error("the mail service refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The service's reason.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the mail service cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// The observed error.
        observed: String,
    },
    /// The mail may be on its way: retry with the same key.
    #[error("the mail service gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// The observed error.
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
    /// Returns the mail service at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Sends a mail. A repeated key sends nothing more.
    pub async fn send(&self, mail: &Mail, key: &str) -> Result<(), MailError> {
        self.0.post("/mails", key, mail).await?;
        Ok(())
    }
}
