//! SG0904: `Some` of nothing is not recorded.
//!
//! In a journal `None` is `null`, and so is `Some` of a `None` or of a `()`: both would be read as `None`, and the saga
//! would go on with another value than the step had given.

use saga::prelude::*;

#[step(readonly)]
async fn nickname(of: u64) -> Result<Option<Option<String>>, Failure> {
    Ok((of > 1).then_some(None))
}

fn main() {}
