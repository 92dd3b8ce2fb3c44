use saga::prelude::*;

struct Bank;

impl Bank {
    async fn ask(&self) -> u64 {
        7
    }
}

#[step(readonly)]
async fn balance(bank: &Bank) -> Result<u64, Failure> {
    Ok(bank.ask().await)
}

fn main() {
    let resources = Resources::default().with(Bank);
    assert_eq!(saga::test::in_virtual_time(balance::run(&resources)), Ok(7));
}
