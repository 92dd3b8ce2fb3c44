use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Paid {
    cents: u64,
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let paid = signal::<Paid>("paid").await;
    Ok(items * paid.cents)
}

fn main() {}
