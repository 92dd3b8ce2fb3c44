use saga::prelude::*;

macro_rules! held {
    ($value:expr) => {
        $value
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let found = price(items).await;
    let price = held!(found);
    Ok(price?)
}

fn main() {}
