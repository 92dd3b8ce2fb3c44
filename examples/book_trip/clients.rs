//! How the four companies are talked to: one client each, cheap to clone, and one error enum each.
//!
//! The errors say what the caller has to decide on, above all whether the request may have landed:
//! - `Unreachable`: there was no connection, so nothing was sent;
//! - `NoAnswer`: something was sent, and what became of it is not known;
//! - every other variant: the company answered, and did nothing.

mod airline;
mod bank;
mod hotel;
mod http;
mod mailer;

pub use airline::{Airline, AirlineError};
pub use bank::{Bank, BankError};
pub use hotel::{Hotel, HotelError};
pub use mailer::{MailError, Mailer};
