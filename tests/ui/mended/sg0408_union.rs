use saga::prelude::*;
use saga::{Class, StepError as _};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("refused with {0}")]
    #[permanent]
    Refused(u32),
}

fn main() {
    assert_eq!(BankError::Refused(4).class(), Class::Permanent);
}
