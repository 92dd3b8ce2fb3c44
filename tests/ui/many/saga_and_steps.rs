//! A mistake in a saga, one in a step that it awaits, and one in plain code.

use saga::prelude::*;

#[step(readonly, timeout = "soon")]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    let mut seen = at;
    while seen < 10 {
        seen = look(seen).await?;
    }
    Ok(seen)
}

fn main() {
    let seen: u64 = "no number";
    let _ = trip(seen);
}
