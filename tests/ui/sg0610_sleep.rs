//! SG0610: Nor is what only a saga waits for.

use saga::prelude::*;

async fn later() {
    sleep("2h").await;
}

fn main() {}
