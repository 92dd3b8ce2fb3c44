//! What is wrong inside of a step is reported beside what is wrong with its words or its signature.

use saga::prelude::*;

#[step(irreversible)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    let paid: u64 = "no number";
    Ok(amount + paid)
}

#[step(readonly)]
async fn look(name: &str) -> Result<u64, Failure> {
    let seen: u64 = name;
    Ok(seen)
}

fn main() {}
