//! SG0901: What is recorded can be written and read again.
//!
//! A journal holds what each step and saga was called with, what it gave, and how it failed. After a crash it is read
//! again, by whatever process goes on. So these types are `Serialize` and `Deserialize`; they own what they hold; and
//! they are `Send`, because a worker runs sagas on several threads.

use saga::prelude::*;

struct Trip {
    to: String,
}

#[step(readonly)]
async fn price(trip: Trip) -> Result<u64, Failure> {
    Ok(trip.to.len() as u64)
}

fn main() {}
