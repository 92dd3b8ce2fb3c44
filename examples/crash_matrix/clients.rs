//! The four companies of `book_trip` in memory, under the names that its saga uses. They keep the same contracts as the
//! real ones: a repeated key gets its first answer, and a key that was asked for in vain is closed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use saga::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::trip::{CardNumber, Cents, FlightHold, HoldId, Mail, Receipt, RoomHold, Trip};

/// The effects of a company, by key; `None` for a closed key. Clones share them.
struct Desk<T>(Arc<Mutex<BTreeMap<String, Option<T>>>>);

impl<T: Clone> Desk<T> {
    fn done(&self) -> MutexGuard<'_, BTreeMap<String, Option<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the effect, unless the key has one; returns `None` if the key is closed.
    fn once(&self, key: &str, what: T) -> Option<T> {
        self.done().entry(key.to_owned()).or_insert(Some(what)).clone()
    }

    /// Returns the effect of a key; after `None` there never will be one.
    fn find(&self, key: &str) -> Option<T> {
        self.done().entry(key.to_owned()).or_insert(None).clone()
    }

    /// Returns all effects.
    fn all(&self) -> Vec<T> {
        self.done().values().flatten().cloned().collect()
    }
}

impl<T> Clone for Desk<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// A held thing, with true once it has been released.
#[derive(Clone)]
struct Held<T>(T, Arc<Mutex<bool>>);

impl<T: Clone> Desk<Held<T>> {
    fn hold(&self, key: &str, what: T) -> Option<T> {
        self.once(key, Held(what, Arc::default())).map(|held| held.0)
    }

    fn release(&self, is_it: impl Fn(&T) -> bool) {
        for Held(_, is_released) in self.all().iter().filter(|held| is_it(&held.0)) {
            *is_released.lock().unwrap_or_else(PoisonError::into_inner) = true;
        }
    }

    fn still_held(&self) -> Vec<T> {
        let held = |held: &Held<T>| !*held.1.lock().unwrap_or_else(PoisonError::into_inner);
        self.all().into_iter().filter(held).map(|held| held.0).collect()
    }
}

/// The failure of a request to the airline.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum AirlineError {
    /// No seat is left, or the key is closed.
    #[error("the airline holds no seat")]
    #[permanent]
    NoSeat,
    /// It did nothing for now.
    #[error("the airline is busy")]
    #[transient]
    Busy,
}

/// Holds seats on flights.
#[derive(Clone, Default)]
pub struct Airline(Desk<Held<FlightHold>>);

impl Airline {
    pub async fn hold(&self, trip: &Trip, key: &str) -> Result<FlightHold, AirlineError> {
        let seat = FlightHold { id: HoldId(format!("seat to {}", trip.to)), price: Cents(22_900) };
        self.0.hold(key, seat).ok_or(AirlineError::NoSeat)
    }

    pub async fn find_hold(&self, key: &str) -> Result<Option<FlightHold>, AirlineError> {
        Ok(self.0.find(key).map(|held| held.0))
    }

    pub async fn release(&self, id: &HoldId) -> Result<(), AirlineError> {
        self.0.release(|seat| seat.id == *id);
        Ok(())
    }

    /// Returns the seats that are held.
    pub fn seats(&self) -> Vec<FlightHold> {
        self.0.still_held()
    }
}

/// The failure of a request to the hotel.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum HotelError {
    /// No room is left, or the key is closed.
    #[error("the hotel holds no room")]
    #[permanent]
    NoRoom,
    /// It did nothing for now.
    #[error("the hotel is busy")]
    #[transient]
    Busy,
}

/// Holds rooms.
#[derive(Clone, Default)]
pub struct Hotel(Desk<Held<RoomHold>>);

impl Hotel {
    pub async fn hold(&self, trip: &Trip, key: &str) -> Result<RoomHold, HotelError> {
        let room = RoomHold { id: HoldId(format!("room in {}", trip.to)), price: Cents(9_725) * trip.nights };
        self.0.hold(key, room).ok_or(HotelError::NoRoom)
    }

    pub async fn find_hold(&self, key: &str) -> Result<Option<RoomHold>, HotelError> {
        Ok(self.0.find(key).map(|held| held.0))
    }

    pub async fn release(&self, id: &HoldId) -> Result<(), HotelError> {
        self.0.release(|room| room.id == *id);
        Ok(())
    }

    /// Returns the rooms that are held.
    pub fn rooms(&self) -> Vec<RoomHold> {
        self.0.still_held()
    }
}

/// The failure of a request to the bank.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum BankError {
    /// The card does not pay, or the key is closed.
    #[error("the bank declines the card")]
    #[permanent]
    Declined,
    /// It did nothing for now.
    #[error("the bank is busy")]
    #[transient]
    Busy,
}

/// Charges cards.
#[derive(Clone, Default)]
pub struct Bank(Desk<Receipt>);

impl Bank {
    pub async fn charge(&self, card: &CardNumber, amount: Cents, key: &str) -> Result<Receipt, BankError> {
        let receipt = Receipt { id: format!("charge of {}", card.last_four()), amount };
        self.0.once(key, receipt).ok_or(BankError::Declined)
    }

    pub async fn find_charge(&self, key: &str) -> Result<Option<Receipt>, BankError> {
        Ok(self.0.find(key))
    }

    /// Returns all charges.
    pub fn charges(&self) -> Vec<Receipt> {
        self.0.all()
    }
}

/// The failure of a request to the mail service.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum MailError {
    /// It does not send such a mail.
    #[error("the mail service refuses the mail")]
    #[permanent]
    Refused,
    /// It did nothing for now.
    #[error("the mail service is busy")]
    #[transient]
    Busy,
}

/// Sends mails.
#[derive(Clone, Default)]
pub struct Mailer(Desk<Mail>);

impl Mailer {
    pub async fn send(&self, mail: &Mail, key: &str) -> Result<(), MailError> {
        self.0.once(key, mail.clone()).map(drop).ok_or(MailError::Refused)
    }

    /// Returns all mails that were sent.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.all()
    }
}
