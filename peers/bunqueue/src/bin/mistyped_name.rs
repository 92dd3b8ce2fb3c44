//! A mistyped label of a step. When it is corrected while a saga runs, that saga no longer matches, which is detected.
//! The saga is `src/mistyped_name.ts`.

use harness::{Error, Story};

fn main() -> Result<(), Error> {
    let story =
        Story::two("", "the label of a step is mistyped, and put right after a crash in the rollback");
    peer_bunqueue::main("mistyped_name.ts", &[story])
}
