use saga::prelude::*;

#[step(compensate = refund(amount), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

fn main() {
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 7));
    assert_eq!(paid, Ok(7));
}
