use saga::prelude::*;
use saga::{Class, StepError as _};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("the connection broke")]
    #[in_doubt]
    Lost,
}

fn main() {
    assert_eq!(BankError::Lost.class(), Class::InDoubt);
}
