use saga::prelude::*;

#[step(readonly)]
async fn price(key: &IdempotencyKey, of: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(of)
}

fn main() {
    let key = IdempotencyKey::for_test("k1");
    let price = saga::test::in_virtual_time(price::run(&Resources::default(), key, 120));
    assert_eq!(price, Ok(120));
}
