//! Workload W1 on bunqueue. The loop is `src/w1.ts`.

use harness::Error;

fn main() -> Result<(), Error> {
    peer_bunqueue::become_bun("w1.ts")
}
