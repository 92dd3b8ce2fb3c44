//! A saga with a step that writes with sqlx, in a file beside that of the saga store.

use saga::prelude::*;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

#[step(compensate = release(item))]
async fn reserve(stock: &SqlitePool, key: &IdempotencyKey, item: String) -> Result<(), Failure> {
    let insert = "INSERT OR IGNORE INTO reserved (key, item) VALUES (?, ?)";
    sqlx::query(insert).bind(key.to_string()).bind(item).execute(stock).await.transient()?;
    Ok(())
}

#[step(retriable, idempotent)]
async fn release(stock: &SqlitePool, item: String) -> Result<(), Failure> {
    sqlx::query("DELETE FROM reserved WHERE item = ?").bind(item).execute(stock).await.transient()?;
    Ok(())
}

#[saga]
async fn order(item: String) -> Result<(), Failure> {
    Ok(reserve(item).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("the directory for both files is expected")?;
    let file = SqliteConnectOptions::new().filename(format!("{directory}/stock.db")).create_if_missing(true);
    let stock = SqlitePool::connect_with(file).await?;
    sqlx::query("CREATE TABLE reserved (key TEXT PRIMARY KEY, item TEXT)").execute(&stock).await?;

    let store = saga::SqliteStore::open(format!("{directory}/sagas.db"))?;
    let runtime = Runtime::builder(store).resource(stock.clone()).saga::<order>().start().await?;
    let outcome = runtime.run("order-1", order("lamp".into())).await?.outcome().await?;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM reserved").fetch_one(&stock).await?;
    println!("{outcome}; reserved: {count}");
    Ok(())
}
