//! Runs the saga of `book_trip` once for each possible fault, and prints the results.
//!
//! `cargo run --example crash_matrix` prints a line for each case, and counts the results with a crash at each durable
//! write. `-- all` prints a line for each of those too; `-- "charge_card: refuses"` runs one case alone.
//!
//! The saga is the unchanged one of `book_trip`; only the companies are in memory.

#![allow(unreachable_pub, reason = "an example is a program: nothing of it is exported")]

#[path = "crash_matrix/clients.rs"]
mod clients;
#[allow(dead_code, reason = "the saga is tested here: its output is not shown")]
#[path = "book_trip/saga.rs"]
mod saga;
#[allow(dead_code, reason = "the words of a trip; some are for the drawing")]
#[path = "book_trip/trip.rs"]
mod trip;

use std::process::ExitCode;

use ::saga::test::{Case, Matrix, World, matrix};
use ::saga::{Builder, Redacted};

use clients::{Airline, Bank, Hotel, Mailer};
use saga::book_trip;
use trip::{CardNumber, Email, FlightHold, Mail, Receipt, RoomHold, Trip};

/// The exit code for a command line that cannot be parsed.
const NOT_UNDERSTOOD: u8 = 2;

/// The world of the saga.
#[derive(Default)]
struct Companies {
    airline: Airline,
    hotel: Hotel,
    bank: Bank,
    mailer: Mailer,
}

impl World for Companies {
    type Seen = (Vec<FlightHold>, Vec<RoomHold>, Vec<Receipt>, Vec<Mail>);

    fn resources(&self, builder: Builder) -> Builder {
        builder
            .resource(self.airline.clone())
            .resource(self.hotel.clone())
            .resource(self.bank.clone())
            .resource(self.mailer.clone())
    }

    fn look(&self) -> Self::Seen {
        (self.airline.seats(), self.hotel.rooms(), self.bank.charges(), self.mailer.mails())
    }
}

fn a_trip() -> ::saga::SagaCall<book_trip> {
    let trip = Trip {
        traveller: "Ada Lovelace".to_owned(),
        email: Email("ada@example.com".to_owned()),
        from: "London".to_owned(),
        to: "Lisbon".to_owned(),
        date: "2027-05-12".to_owned(),
        nights: 3,
    };
    book_trip(trip, Redacted::new(CardNumber("4242 4242 4242 4242".to_owned())))
}

fn crashes() -> Matrix<book_trip, Companies> {
    matrix(a_trip()).world(Companies::default)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let report = match std::env::args().nth(1).as_deref() {
        None => crashes().run().await,
        Some("all") => {
            let report = crashes().run().await;
            println!("{report:#}");
            return ExitCode::from(u8::from(!report.is_right()));
        }
        Some(case) => match case.parse::<Case>() {
            Ok(_) => crashes().only(case).run().await,
            Err(error) => {
                eprintln!("crash_matrix: {error}");
                return ExitCode::from(NOT_UNDERSTOOD);
            }
        },
    };
    println!("{report}");
    ExitCode::from(u8::from(!report.is_right()))
}

#[cfg(test)]
mod tests {
    use ::saga::test::steps_repeat_harmlessly;

    use super::*;

    #[tokio::test]
    async fn nothing_goes_wrong_with_a_trip_that_the_saga_does_not_tell_of() {
        let report = crashes().run().await;
        report.assert();
        assert!(report.cases.len() >= 150, "{report}");
        assert!(report.not_run.is_empty(), "{report}");
        assert!(report.cases.iter().all(|case| case.came), "{report}");
    }

    #[tokio::test]
    async fn each_step_repeats_harmlessly() {
        let report = steps_repeat_harmlessly(a_trip()).world(Companies::default).run().await;
        report.assert();
        assert_eq!(report.cases.len(), 1 + 4 + 2, "{report}");
    }
}
