use saga::prelude::*;

struct Bank;

impl Bank {
    fn pay(&self, card: &str) -> u64 {
        card.len() as u64
    }
}

#[step(irreversible)]
async fn pay(bank: &Bank, key: &IdempotencyKey, card: Redacted<String>) -> Result<u64, Failure> {
    let _ = key;
    Ok(bank.pay(&format!("card={}", card.expose())))
}

fn main() {
    let resources = Resources::default().with(Bank);
    let paid = saga::test::in_virtual_time(async {
        let key = IdempotencyKey::for_test("pay-1");
        pay::run(&resources, key, Redacted::new("4242".to_owned())).await
    });
    assert_eq!(paid, Ok(9));
}
