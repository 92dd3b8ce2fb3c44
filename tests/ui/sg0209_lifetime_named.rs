//! SG0209: A resource needs no lifetime.
//!
//! A resource lives as long as the runtime, and is borrowed for one attempt. There is nothing to say about how
//! long.

use saga::prelude::*;

struct Book;

#[step(readonly)]
async fn look(book: &'static Book, at: u64) -> Result<u64, Failure> {
    let _ = book;
    Ok(at)
}

fn main() {}
