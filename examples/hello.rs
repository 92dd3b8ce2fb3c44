//! The smallest saga: two steps. If the second fails, the first is undone.

use saga::prelude::*;

#[step(idempotent, compensate = free(table))]
async fn reserve(table: u32) -> Result<(), Failure> {
    println!("  table {table} is reserved");
    Ok(())
}

#[step(idempotent, retriable)]
async fn free(table: u32) -> Result<(), Failure> {
    println!("  table {table} is free again");
    Ok(())
}

#[step(idempotent, irreversible)]
async fn cook(dish: String) -> Result<String, Failure> {
    println!("  {dish} is ordered");
    if dish == "dragon" { Err(Failure::permanent("no dragons left")) } else { Ok(format!("hot {dish}")) }
}

#[saga]
async fn dinner(table: u32, dish: String) -> Result<String, Failure> {
    reserve(table).await?;
    Ok(cook(dish).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::builder(MemoryStore::new()).saga::<dinner>().start().await?;
    for (table, dish) in [(1, "soup"), (2, "dragon")] {
        println!("dinner {table}");
        let handle = runtime.run(format!("dinner-{table}"), dinner(table, dish.into())).await?;
        println!("  {}", handle.outcome().await?);
    }
    Ok(())
}
