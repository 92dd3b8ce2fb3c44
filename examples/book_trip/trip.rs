//! The data of a trip: what is requested, held, charged and mailed.
//!
//! It has the same form on the wire, in the companies' books and in the saga's journal.

use std::fmt;
use std::ops::{Add, Mul};

use serde::{Deserialize, Serialize};

/// A trip as the traveller requests it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// The traveller's name.
    pub traveller: String,
    /// The address for the itinerary.
    pub email: Email,
    /// The city it starts from.
    pub from: String,
    /// The city it goes to, and sleeps in.
    pub to: String,
    /// The day of departure and arrival, as `2026-05-12`.
    pub date: String,
    /// The number of nights.
    pub nights: u16,
}

impl Trip {
    /// Returns what the airline needs to know.
    pub fn flight(&self) -> Flight {
        Flight {
            from: self.from.clone(),
            to: self.to.clone(),
            date: self.date.clone(),
            traveller: self.traveller.clone(),
        }
    }

    /// Returns what the hotel needs to know.
    pub fn stay(&self) -> Stay {
        Stay {
            city: self.to.clone(),
            date: self.date.clone(),
            nights: self.nights,
            guest: self.traveller.clone(),
        }
    }
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} nights", self.flight(), self.nights)
    }
}

/// One seat from a city to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// The city of departure.
    pub from: String,
    /// The city of arrival.
    pub to: String,
    /// The day, as `2026-05-12`.
    pub date: String,
    /// The traveller's name.
    pub traveller: String,
}

impl fmt::Display for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, {}, {}", self.from, self.to, self.date, self.traveller)
    }
}

/// One room in a city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// The city.
    pub city: String,
    /// The day of arrival, as `2026-05-12`.
    pub date: String,
    /// The number of nights.
    pub nights: u16,
    /// The guest's name.
    pub guest: String,
}

impl fmt::Display for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nights = if self.nights == 1 { "night" } else { "nights" };
        write!(f, "{}, {}, {} {nights}, {}", self.city, self.date, self.nights, self.guest)
    }
}

/// A company's id of a hold, for releasing it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HoldId(pub String);

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A seat that the airline holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlightHold {
    /// The airline's id of the hold.
    pub id: HoldId,
    /// What the seat costs.
    #[serde(rename = "price_cents")]
    pub price: Cents,
}

/// A room that the hotel holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHold {
    /// The hotel's id of the hold.
    pub id: HoldId,
    /// The price of all nights.
    #[serde(rename = "price_cents")]
    pub price: Cents,
}

/// The bank's word that a card was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The bank's id of the charge.
    pub id: String,
    /// The amount charged.
    #[serde(rename = "amount_cents")]
    pub amount: Cents,
}

/// A letter to a traveller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The recipient.
    pub to: Email,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(pub String);

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Money, in hundredths of a euro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub u64);

impl Add for Cents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Mul<u16> for Cents {
    type Output = Self;

    fn mul(self, times: u16) -> Self {
        Self(self.0 * u64::from(times))
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("€ {}.{:02}", self.0 / 100, self.0 % 100))
    }
}

/// The number of a card. It has no `Display`, and its `Debug` hides the number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardNumber(pub String);

impl CardNumber {
    /// Returns the last four digits, which may be shown.
    pub fn last_four(&self) -> String {
        let digits: Vec<char> = self.0.chars().filter(char::is_ascii_digit).collect();
        digits[digits.len().saturating_sub(4)..].iter().collect()
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(hidden)")
    }
}
