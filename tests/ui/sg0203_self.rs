//! SG0203: A step is a free function.
//!
//! A step is found again by its name, after a restart, perhaps by another process. No object is left then. What it
//! needs of the program, such as a client or a pool, it takes by reference as a resource, and the runtime hands it
//! over.

use saga::prelude::*;

struct Bank;

impl Bank {
    #[step(readonly)]
    async fn balance(&self) -> Result<u64, Failure> {
        Ok(7)
    }
}

fn main() {}
