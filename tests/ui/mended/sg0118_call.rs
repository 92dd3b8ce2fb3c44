use saga::prelude::*;

#[step(irreversible, in_doubt = call_off(key.to_string()))]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn call_off(key: String) -> Result<(), Failure> {
    let _ = key;
    Ok(())
}

fn main() {
    let key = IdempotencyKey::for_test("k1");
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), key, 120));
    assert_eq!(paid, Ok(120));
}
