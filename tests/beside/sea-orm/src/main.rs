//! A saga with a step that writes with sea-orm, in a file beside that of the saga store.

use saga::prelude::*;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

fn statement<const N: usize>(text: &str, values: [String; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, text, values.map(sea_orm::Value::from))
}

#[step(compensate = release(item))]
async fn reserve(stock: &DatabaseConnection, key: &IdempotencyKey, item: String) -> Result<(), Failure> {
    let insert = "INSERT OR IGNORE INTO reserved (key, item) VALUES (?, ?)";
    stock.execute_raw(statement(insert, [key.to_string(), item])).await.transient()?;
    Ok(())
}

#[step(retriable, idempotent)]
async fn release(stock: &DatabaseConnection, item: String) -> Result<(), Failure> {
    stock.execute_raw(statement("DELETE FROM reserved WHERE item = ?", [item])).await.transient()?;
    Ok(())
}

#[saga]
async fn order(item: String) -> Result<(), Failure> {
    Ok(reserve(item).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("the directory for both files is expected")?;
    let stock = Database::connect(format!("sqlite://{directory}/stock.db?mode=rwc")).await?;
    stock.execute_unprepared("CREATE TABLE reserved (key TEXT PRIMARY KEY, item TEXT)").await?;

    let store = saga::SqliteStore::open(format!("{directory}/sagas.db"))?;
    let runtime = Runtime::builder(store).resource(stock.clone()).saga::<order>().start().await?;
    let outcome = runtime.run("order-1", order("lamp".into())).await?.outcome().await?;
    let row = stock.query_one_raw(statement("SELECT count(*) AS count FROM reserved", [])).await?;
    let count: i64 = row.ok_or("a count has one row")?.try_get("", "count")?;
    println!("{outcome}; reserved: {count}");
    Ok(())
}
