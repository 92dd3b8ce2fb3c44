//! durare on a SQLite file. The rollback is code of the workflow, as in its example `saga`.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use durare::{DurableContext, DurableEngine, WorkflowOptions};
use harness::{Error, Life};

/// Returns durare with the trip registered, on a file in the folder.
///
/// # Errors
/// If the file cannot be opened.
pub async fn engine<F, Fut>(folder: &Path, trip: F) -> Result<DurableEngine, Error>
where
    F: Fn(DurableContext, ()) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = durare::Result<()>> + Send + 'static,
{
    let mut builder = DurableEngine::connect(&url(folder)).await?;
    builder.app_version("1");
    builder.register("trip", trip);
    Ok(builder.build().await?)
}

/// Returns the address of the database in a folder.
pub fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("durare.db").display())
}

/// Starts the trip in the first life, recovers it in the others, and waits for its end; returns what durare reports.
///
/// # Errors
/// If it cannot be asked.
pub async fn end(life: &Life, engine: &DurableEngine, patience: Duration) -> Result<String, Error> {
    engine.launch().await?;
    let handle = if life.number == 1 {
        engine.start::<(), ()>("trip", (), WorkflowOptions::with_id("trip-1")).await?
    } else {
        engine.recover().await?;
        engine.retrieve_workflow::<()>("trip-1").await?
    };
    let says = match tokio::time::timeout(patience, handle.result()).await {
        Ok(Ok(())) => "completed".to_owned(),
        Ok(Err(error)) => format!("failed: {error}"),
        Err(_) => "nothing".to_owned(),
    };
    let row = engine.retrieve_workflow::<()>("trip-1").await?.get_status().await?;
    Ok(format!("{says}; its row: {:?}", row.status))
}
