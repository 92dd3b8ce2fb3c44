//! SG1008: A matrix runs in a world.
//!
//! The matrix holds what is left in the world after each case against what was there before. So it is given one: what your steps
//! borrow, in memory, and what can be seen of it.

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn try_all() {
    saga::test::matrix(order(3)).run().await.assert();
}

fn main() {}
