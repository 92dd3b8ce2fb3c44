use saga::prelude::*;

#[step(readonly)]
async fn pay(amount: u64) {
    let _ = amount;
}

fn main() {}
