use saga::prelude::*;

#[step(compensate = refund(u64::max(output, 7)), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
