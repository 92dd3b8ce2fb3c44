//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. The saga is `src/timeout.ts`.

use harness::{Error, Story};

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    peer_bunqueue::main("timeout.ts", &[landed, lost])
}
