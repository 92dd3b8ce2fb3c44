use saga::prelude::*;

#[step(irreversible, conclusive = "24h")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    assert_eq!(key.as_str(), "k1");
    Ok(amount)
}

fn main() {
    let key = IdempotencyKey::for_test("k1");
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), key, 120));
    assert_eq!(paid, Ok(120));
}
