//! A saga with a step that writes with diesel, in a file beside that of the saga store.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use saga::prelude::*;

/// One connection for all steps.
#[derive(Clone)]
struct Stock(Arc<Mutex<SqliteConnection>>);

impl Stock {
    fn with<T>(&self, work: impl FnOnce(&mut SqliteConnection) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[step(compensate = release(item))]
async fn reserve(stock: &Stock, key: &IdempotencyKey, item: String) -> Result<(), Failure> {
    let insert = diesel::sql_query("INSERT OR IGNORE INTO reserved (key, item) VALUES (?, ?)");
    let insert = insert.bind::<Text, _>(key.to_string()).bind::<Text, _>(item);
    stock.with(|connection| insert.execute(connection)).transient()?;
    Ok(())
}

#[step(retriable, idempotent)]
async fn release(stock: &Stock, item: String) -> Result<(), Failure> {
    let delete = diesel::sql_query("DELETE FROM reserved WHERE item = ?").bind::<Text, _>(item);
    stock.with(|connection| delete.execute(connection)).transient()?;
    Ok(())
}

#[saga]
async fn order(item: String) -> Result<(), Failure> {
    Ok(reserve(item).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("the directory for both files is expected")?;
    let stock = Stock(Arc::new(Mutex::new(SqliteConnection::establish(&format!("{directory}/stock.db"))?)));
    let create = diesel::sql_query("CREATE TABLE reserved (key TEXT PRIMARY KEY, item TEXT)");
    stock.with(|connection| create.execute(connection))?;

    let store = saga::SqliteStore::open(format!("{directory}/sagas.db"))?;
    let runtime = Runtime::builder(store).resource(stock.clone()).saga::<order>().start().await?;
    let outcome = runtime.run("order-1", order("lamp".into())).await?.outcome().await?;
    let count = diesel::sql_query("SELECT count(*) AS count FROM reserved");
    let counts: Vec<Count> = stock.with(|connection| count.load(connection))?;
    println!("{outcome}; reserved: {}", counts[0].count);
    Ok(())
}
