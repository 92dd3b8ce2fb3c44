use saga::prelude::*;

#[step(irreversible, in_doubt = dead_letter)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
