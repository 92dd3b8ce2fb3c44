use saga::prelude::*;
use saga::{Class, StepError as _};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
#[error("declined")]
#[permanent]
struct Declined;

fn main() {
    assert_eq!(Declined.class(), Class::Permanent);
    assert_eq!(Declined.to_string(), "declined");
}
