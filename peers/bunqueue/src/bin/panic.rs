//! A step throws an exception: the hotel is booked, and then its answer cannot be parsed. The saga is `src/panic.ts`.

use harness::{Error, Story};

fn main() -> Result<(), Error> {
    let once = Story::one("once", "a step throws an exception, and has one attempt");
    let thrice = Story::one("thrice", "the same, with the attempts that are the default");
    peer_bunqueue::main("panic.ts", &[once, thrice])
}
