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

impl saga::test::World for Tables {
    type Seen = Vec<u32>;

    fn resources(&self, builder: saga::Builder) -> saga::Builder {
        builder.resource(self.clone())
    }

    fn look(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }
}

async fn try_all() {
    saga::test::matrix(dinner(3)).world(Tables::default).run().await.assert();
}

fn main() {
    saga::test::in_virtual_time(try_all());
}
