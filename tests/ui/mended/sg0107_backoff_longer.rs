use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "5s", retry(attempts = 3, backoff = "1s..10s", within = "1m"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {
    assert_eq!(saga::by_hand::policy_of::<pay>().retry.backoff_min, std::time::Duration::from_secs(1));
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
