//! The clients of the four companies: one each, cheap to clone, with one error enum each.
//!
//! The errors have the variants that callers decide on, above all whether the request may have landed:
//! - `Unreachable`: there was no connection, so nothing was sent;
//! - `NoAnswer`: the request was sent, and its effect is not known;
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
