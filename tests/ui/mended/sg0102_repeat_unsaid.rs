use saga::prelude::*;

#[step(irreversible)]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    assert_eq!(key.as_str(), "order-7");
    Ok(amount)
}

fn main() {
    let key = IdempotencyKey::for_test("order-7");
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), key, 120));
    assert_eq!(paid, Ok(120));
}
