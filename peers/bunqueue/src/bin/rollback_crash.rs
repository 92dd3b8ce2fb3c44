//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted. The saga is `src/rollback_crash.ts`.

use harness::{Error, Story};

fn main() -> Result<(), Error> {
    peer_bunqueue::main("rollback_crash.ts", &[Story::two("", "a crash in the middle of a rollback")])
}
