use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Receipt {
    payment: u64,
}

#[step(compensate = refund(output.payment), idempotent)]
async fn pay(amount: u64) -> Result<Receipt, Failure> {
    Ok(Receipt { payment: amount })
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid.unwrap().payment, 120);
}
