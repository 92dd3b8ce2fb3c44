use saga::prelude::*;

#[step(readonly)]
async fn pay(amount: u64) -> u64 {
    amount
}

fn main() {}
