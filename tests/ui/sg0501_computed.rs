//! SG0501: A site is named by text in quotes.
//!
//! A site can be given a name of its own, `.named("outbound")`, which stays when the text around it changes. The saga's
//! state has a variant of that name and its automaton a place, so the compiler has to know it. In a loop the number of
//! the turn is added by itself: `outbound[2]`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).named(format!("price-{items}")).await?)
}

fn main() {}
