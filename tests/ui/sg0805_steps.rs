//! SG0805: Two steps of a saga have two recorded names.
//!
//! A step is recorded under its name, and found again by it: when the saga goes on after a crash, when it is rolled back,
//! and when an operator looks at it. By default that is the function's name; `name = "…"` gives another.

use saga::prelude::*;

#[step(readonly)]
async fn look(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

mod hotel {
    use saga::prelude::*;

    #[step(readonly)]
    pub async fn look(seat: u32) -> Result<u32, Failure> {
        Ok(seat)
    }
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(look(seat).await?.max(hotel::look(seat).await?))
}

fn main() {}
