use saga::prelude::*;

#[step(irreversible, idempotent, name = "pay-card")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {
    assert_eq!(<pay as saga::Step>::NAME, "pay-card");
    let paid = saga::test::in_virtual_time(pay::run(&Resources::default(), 120));
    assert_eq!(paid, Ok(120));
}
