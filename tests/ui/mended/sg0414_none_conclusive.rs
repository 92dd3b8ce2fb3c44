use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("the card was declined")]
    #[permanent(conclusive)]
    Declined,
    #[error("wrong password")]
    #[permanent]
    Unauthorized,
}

#[step(irreversible, conclusive = "24h")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, BankError> {
    let _ = key;
    if amount > 100 { Err(BankError::Declined) } else { Err(BankError::Unauthorized) }
}

fn main() {
    use saga::StepError as _;
    let paid = |amount| {
        let key = IdempotencyKey::for_test("k1");
        saga::test::in_virtual_time(pay::run(&Resources::default(), key, amount)).unwrap_err()
    };
    assert!(paid(120).is_conclusive());
    assert!(!paid(80).is_conclusive());
}
