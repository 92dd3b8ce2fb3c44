use saga::prelude::*;

struct Bank;

#[step(compensate = refund(output), idempotent)]
async fn pay(bank: &Bank, amount: u64) -> Result<u64, Failure> {
    let _ = bank;
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(bank: &Bank, payment: u64) -> Result<(), Failure> {
    let _ = (bank, payment);
    Ok(())
}

fn main() {
    let resources = Resources::default().with(Bank);
    let paid = saga::test::in_virtual_time(pay::run(&resources, 120));
    assert_eq!(paid, Ok(120));
}
