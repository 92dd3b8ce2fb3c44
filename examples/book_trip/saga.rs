//! The trip as a saga: its steps, how each is undone, and their order. The rest of this example is the outside world,
//! and the drawing.

use saga::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::clients::{Airline, AirlineError, Bank, BankError, Hotel, HotelError, MailError, Mailer};
use super::trip::{CardNumber, Cents, FlightHold, HoldId, Mail, Receipt, RoomHold, Trip};

/// Holds a seat on a flight.
#[step(compensate = release_flight(output.id), probe = find_flight(key), retry(attempts = 4, backoff = "50ms..1s"))]
async fn hold_flight(
    airline: &Airline,
    key: &IdempotencyKey,
    trip: Trip,
) -> Result<FlightHold, AirlineError> {
    airline.hold(&trip, key.as_str()).await
}

/// Releases a held seat. Calling it twice does no harm.
#[step(retriable, idempotent)]
async fn release_flight(airline: &Airline, id: HoldId) -> Result<(), AirlineError> {
    airline.release(&id).await
}

/// Asks whether a seat was held, if the answer was lost.
#[step(readonly, retry(attempts = 3, backoff = "50ms..1s"))]
async fn find_flight(airline: &Airline, of: IdempotencyKey) -> Result<Probe<FlightHold>, AirlineError> {
    Ok(airline.find_hold(of.as_str()).await?.map_or(Probe::NotHappened, Probe::Happened))
}

/// Holds a room.
#[step(compensate = release_hotel(output.id), probe = find_hotel(key), retry(attempts = 4, backoff = "50ms..1s"))]
async fn hold_hotel(hotel: &Hotel, key: &IdempotencyKey, trip: Trip) -> Result<RoomHold, HotelError> {
    hotel.hold(&trip, key.as_str()).await
}

/// Releases a held room. Calling it twice does no harm.
#[step(retriable, idempotent)]
async fn release_hotel(hotel: &Hotel, id: HoldId) -> Result<(), HotelError> {
    hotel.release(&id).await
}

/// Asks whether a room was held, if the answer was lost.
#[step(readonly, retry(attempts = 3, backoff = "50ms..1s"))]
async fn find_hotel(hotel: &Hotel, of: IdempotencyKey) -> Result<Probe<RoomHold>, HotelError> {
    Ok(hotel.find_hold(of.as_str()).await?.map_or(Probe::NotHappened, Probe::Happened))
}

/// Charges the card. Nothing undoes it.
#[step(irreversible, probe = find_charge(key), retry(attempts = 4, backoff = "50ms..1s"))]
async fn charge_card(
    bank: &Bank,
    key: &IdempotencyKey,
    card: Redacted<CardNumber>,
    amount: Cents,
) -> Result<Receipt, BankError> {
    bank.charge(card.expose(), amount, key.as_str()).await
}

/// Asks whether the card was charged, if the answer was lost. If not, the bank promises never to do it for this key.
#[step(readonly, retry(attempts = 3, backoff = "50ms..1s"))]
async fn find_charge(bank: &Bank, of: IdempotencyKey) -> Result<Probe<Receipt>, BankError> {
    Ok(bank.find_charge(of.as_str()).await?.map_or(Probe::NotHappened, Probe::Happened))
}

/// Mails the itinerary. The trip is paid for, so this is retried until it succeeds.
#[step(irreversible, retriable, retry(attempts = 10, backoff = "50ms..2s"))]
async fn email_itinerary(mailer: &Mailer, key: &IdempotencyKey, mail: Mail) -> Result<(), MailError> {
    mailer.send(&mail, key.as_str()).await
}

/// Books a flight and a hotel, or nothing.
#[saga(version = 1, deadline = "24h")]
pub async fn book_trip(trip: Trip, card: Redacted<CardNumber>) -> Result<Itinerary, TripError> {
    let (flight, hotel) = all((hold_flight(trip.clone()), hold_hotel(trip.clone()))).await?;
    let price = flight.price + hotel.price;
    approve(format!("Charge {price}?")).within("2h").await?;
    let receipt = charge_card(card, price).await?;
    // No `?` from here on: nothing is undone past the point of no return.
    email_itinerary(letter(&trip, &flight, &hotel, &receipt)).await;
    Ok(Itinerary { flight, hotel, receipt })
}

fn letter(trip: &Trip, flight: &FlightHold, hotel: &RoomHold, receipt: &Receipt) -> Mail {
    Mail {
        to: trip.email.clone(),
        subject: format!("Your trip to {}, {}", trip.to, receipt.id),
        body: format!("{}: {}\n{}: {}", flight.id, trip.flight(), hotel.id, trip.stay()),
    }
}

/// A trip that is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Itinerary {
    /// The seat.
    pub flight: FlightHold,
    /// The room.
    pub hotel: RoomHold,
    /// The payment.
    pub receipt: Receipt,
}

/// The reason for which a trip is not booked.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, SagaError)]
pub enum TripError {
    /// There is no seat.
    #[error("no flight")]
    Flight(#[source] StepFailure<AirlineError>),
    /// There is no room.
    #[error("no hotel")]
    Hotel(#[source] StepFailure<HotelError>),
    /// The price was not approved.
    #[error("not approved")]
    Approval(#[source] ApprovalFailure),
    /// The card was not charged.
    #[error("not paid")]
    Payment(#[source] StepFailure<BankError>),
}
