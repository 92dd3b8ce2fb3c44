//! SG0602: What is awaited shows its step.
//!
//! Each place at which a saga can stand is named after the step that is called there: in its journal, its state and its
//! automaton. So an `.await` stands behind the call itself, `step(…)`, or behind an `all(…)` of calls.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let call = price(items);
    Ok(call.await?)
}

fn main() {}
