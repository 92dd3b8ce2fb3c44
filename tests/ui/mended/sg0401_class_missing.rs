use saga::prelude::*;
use saga::{Class, StepError as _};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("declined")]
    #[permanent]
    Declined,
    #[error("the connection broke")]
    #[in_doubt]
    Lost,
}

fn main() {
    assert_eq!(BankError::Declined.class(), Class::Permanent);
    assert_eq!(BankError::Lost.class(), Class::InDoubt);
}
