//! SG0207: A lifetime as a parameter.

use saga::prelude::*;

struct Book;

#[step(readonly)]
async fn look<'a>(book: &'a Book, at: u64) -> Result<u64, Failure> {
    let _ = book;
    Ok(at)
}

fn main() {}
