use saga::prelude::*;

struct Bank;

impl Bank {
    #[step(readonly)]
    async fn balance(&self) -> Result<u64, Failure> {
        Ok(1)
    }
}

fn main() {}
