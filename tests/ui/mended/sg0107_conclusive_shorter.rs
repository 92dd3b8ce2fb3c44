use saga::prelude::*;

#[step(irreversible, timeout = "2m", conclusive = "24h")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(amount)
}

fn main() {
    let key = IdempotencyKey::for_test("k1");
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), key, 120));
    assert_eq!(paid, Ok(120));
}
