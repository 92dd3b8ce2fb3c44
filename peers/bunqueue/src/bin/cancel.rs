//! A user cancels while the hotel's call is in flight: it is booked a moment later. The saga is `src/cancel.ts`.

use harness::{Error, Story};

fn main() -> Result<(), Error> {
    peer_bunqueue::main(
        "cancel.ts",
        &[Story::one("", "cancelled in the middle of a step, by a flag of the user's own")],
    )
}
