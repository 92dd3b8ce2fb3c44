//! A runtime of duroxide with its defaults, on its SQLite provider.

use std::sync::Arc;
use std::time::Duration;

use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{Runtime, RuntimeOptions};
use duroxide::{Client, OrchestrationRegistry, OrchestrationStatus};
use harness::{Error, Life};

/// Returns a client of a runtime that lives as long as this process.
///
/// # Errors
/// If the file cannot be opened.
pub async fn start(
    life: &Life,
    activities: ActivityRegistry,
    orchestrations: OrchestrationRegistry,
) -> Result<(Client, Arc<Runtime>), Error> {
    start_with(life, activities, orchestrations, RuntimeOptions::default()).await
}

/// Returns the same with other options.
///
/// # Errors
/// If the file cannot be opened.
pub async fn start_with(
    life: &Life,
    activities: ActivityRegistry,
    orchestrations: OrchestrationRegistry,
    options: RuntimeOptions,
) -> Result<(Client, Arc<Runtime>), Error> {
    let file = life.folder.join("duroxide.db");
    let provider = SqliteProvider::new(&format!("sqlite:{}?mode=rwc", file.display()), None).await?;
    let provider = Arc::new(provider);
    let runtime = Runtime::start_with_options(provider.clone(), activities, orchestrations, options).await;
    Ok((Client::new(provider), runtime))
}

/// Starts the trip in the first life, and waits for its end; returns what duroxide reports.
///
/// # Errors
/// If it cannot be asked.
pub async fn end(life: &Life, client: &Client, patience: Duration) -> Result<String, Error> {
    if life.number == 1 {
        client.start_orchestration("trip-1", "Trip", "").await?;
    }
    let status = match client.wait_for_orchestration("trip-1", patience).await {
        Ok(status) => status,
        Err(_) => client.get_orchestration_status("trip-1").await?,
    };
    Ok(match status {
        OrchestrationStatus::Completed { output, .. } => format!("completed: {output}"),
        OrchestrationStatus::Failed { details, .. } => format!("failed: {}", details.display_message()),
        other => format!("{other:?}"),
    })
}
