use saga::prelude::*;

#[step(irreversible, in_doubt = cancel(order), idempotent)]
async fn pay(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

#[step(retriable, idempotent)]
async fn cancel(order: u64) -> Result<(), Failure> {
    let _ = order;
    Ok(())
}

fn main() {
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
