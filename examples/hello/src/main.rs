//! The smallest saga: two steps, recorded in a file. If the second fails, the first is undone. If the process dies, the
//! same command resumes.
//!
//! `cargo run -p hello -- --die` dies in the second step; `cargo run -p hello` resumes.

use saga::prelude::*;

#[step(idempotent, compensate = free(table))]
async fn reserve(table: u32) -> Result<(), Failure> {
    println!("table {table} is reserved");
    Ok(())
}

#[step(idempotent, retriable)]
async fn free(table: u32) -> Result<(), Failure> {
    println!("table {table} is free again");
    Ok(())
}

#[step(idempotent, irreversible)]
async fn cook(dish: String) -> Result<String, Failure> {
    println!("{dish} is ordered");
    if std::env::args().any(|word| word == "--die") {
        std::process::abort();
    }
    if dish == "dragon" { Err(Failure::permanent("no dragons left")) } else { Ok(format!("hot {dish}")) }
}

#[saga]
async fn dinner(table: u32, dish: String) -> Result<String, Failure> {
    reserve(table).await?;
    Ok(cook(dish).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = SqliteStore::open("dinners.db")?;
    let runtime = Runtime::builder(store).saga::<dinner>().start().await?;
    for (table, dish) in [(1, "soup"), (2, "dragon")] {
        // A dinner that has begun resumes where it was. One that has ended gives its outcome.
        let handle = runtime.run(format!("dinner-{table}"), dinner(table, dish.into())).await?;
        println!("dinner {table}: {}", handle.outcome().await?);
    }
    Ok(())
}
