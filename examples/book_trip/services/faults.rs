//! The companies' faults, selected by words on the command line.

use thiserror::Error;

use super::{BankFault, HoldFault, MailFault};

/// The fault of each company; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// At the airline.
    pub flight: Option<HoldFault>,
    /// At the hotel.
    pub hotel: Option<HoldFault>,
    /// At the bank.
    pub charge: Option<BankFault>,
    /// At the mail service.
    pub mail: Option<MailFault>,
}

/// The word names no fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{word}` is not a fault: there are {}", Faults::WORDS.join(", "))]
pub struct UnknownFault {
    /// The unknown word.
    pub word: String,
}

impl Faults {
    /// The words that [`Faults::add`] knows.
    pub const WORDS: [&str; 5] = ["flight", "hotel", "charge", "charge-unanswered", "mail"];

    /// Adds the fault of that name.
    pub fn add(&mut self, word: &str) -> Result<(), UnknownFault> {
        match word {
            "flight" => self.flight = Some(HoldFault::SoldOut),
            "hotel" => self.hotel = Some(HoldFault::SoldOut),
            "charge" => self.charge = Some(BankFault::Declines),
            "charge-unanswered" => self.charge = Some(BankFault::LandsUnanswered),
            "mail" => self.mail = Some(MailFault::BusyTwice),
            _ => return Err(UnknownFault { word: word.to_owned() }),
        }
        Ok(())
    }
}
