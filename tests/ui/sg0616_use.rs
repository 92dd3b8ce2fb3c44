//! SG0616: Nothing in a saga's body decides what is called there.
//!
//! What undoes a call, and where a saga can go, is looked up beside the saga by the names that stand in it. A `use` or an item
//! in the body would give such a name another meaning there. (Of a function named `Ok` beside the saga the compiler says by
//! itself, without a code, that it does not stand in a pattern.)

use saga::prelude::*;

mod steps {
    use saga::prelude::*;

    #[step(irreversible)]
    pub async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
        Ok(amount)
    }
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    use steps::charge;
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
