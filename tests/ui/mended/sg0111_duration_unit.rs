use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "10s")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {
    assert_eq!(saga::by_hand::policy_of::<pay>().timeout, std::time::Duration::from_secs(10));
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
