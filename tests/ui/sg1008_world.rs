//! SG1008: A matrix runs in a world.
//!
//! The matrix compares the world after each case with the world before. So it needs one: the resources that your steps borrow,
//! in memory, and a view of their state.

use std::sync::{Arc, Mutex};

use saga::prelude::*;

/// The tables of a restaurant that are taken.
#[derive(Clone, Default)]
struct Tables(Arc<Mutex<Vec<u32>>>);

#[step(idempotent, compensate = free(table))]
async fn reserve(tables: &Tables, table: u32) -> Result<(), Failure> {
    let mut taken = tables.0.lock().unwrap();
    if !taken.contains(&table) {
        taken.push(table);
    }
    Ok(())
}

#[step(idempotent, retriable)]
async fn free(tables: &Tables, table: u32) -> Result<(), Failure> {
    tables.0.lock().unwrap().retain(|taken| *taken != table);
    Ok(())
}

#[saga]
async fn dinner(table: u32) -> Result<(), Failure> {
    Ok(reserve(table).await?)
}

async fn try_all() {
    saga::test::matrix(dinner(3)).run().await.assert();
}

fn main() {}
