//! What a user of steno must provide: a [`Store`] for its sagas, and their recovery after a crash.
//!
//! It is written to be fast, so the benchmark measures steno: append-only in rowid order, WAL and `synchronous=FULL`,
//! with one thread that writes everything that waits in one transaction.

mod store;

use std::sync::Arc;

use harness::{Error, Life};
use steno::{
    Action, ActionRegistry, DagBuilder, Node, SagaDag, SagaId, SagaName, SagaResult, SagaType, SecClient,
};

pub use store::{Open, Store};

/// The trips of the programs: their actions see the life that they run in.
#[derive(Debug)]
pub struct Trip;

impl SagaType for Trip {
    type ExecContextType = Life;
}

/// Returns a coordinator on a store, without logging.
pub fn coordinator(store: &Store) -> SecClient {
    let log = slog::Logger::root(slog::Discard, slog::o!());
    steno::sec(log, Arc::new(store.clone()))
}

/// Runs a trip of these actions in sequence; each gives an output of its name. In a later life, recovers the open trip.
///
/// # Errors
/// If steno refuses it.
pub async fn trip(life: &Life, actions: &[(&str, Arc<dyn Action<Trip>>)]) -> Result<SagaResult, Error> {
    let file = life.folder.join("steno.db");
    let store = Store::open(&file)?;
    let sec = coordinator(&store);
    let context = Arc::new(life.clone());
    let mut registry = ActionRegistry::new();
    for (_, action) in actions {
        registry.register(action.clone());
    }
    let registry = Arc::new(registry);
    let end = match Store::unfinished(&file)?.pop() {
        Some(open) => {
            let end = sec.saga_resume(open.id, context, open.dag, registry, open.events).await?;
            sec.saga_start(open.id).await?;
            end
        }
        None => {
            let mut dag = DagBuilder::new(SagaName::new("trip"));
            for (name, action) in actions {
                dag.append(Node::action(name, name, action.as_ref()));
            }
            let dag = Arc::new(SagaDag::new(dag.build()?, serde_json::Value::Null));
            let id = SagaId::new_v4();
            let end = sec.saga_create(id, context, dag, registry).await?;
            sec.saga_start(id).await?;
            end
        }
    };
    Ok(end.await)
}

/// Returns what steno reports at a saga's end.
pub fn end(result: SagaResult) -> String {
    match result.kind {
        Ok(_) => "completed".to_owned(),
        Err(failure) => {
            let node = failure.error_node_name.as_ref();
            let undo = failure.undo_failure.map_or_else(
                || "all is unwound".to_owned(),
                |(node, error)| format!("undoing {} failed: {error:?}", node.as_ref()),
            );
            format!("{node} failed: {:?}; {undo}", failure.error_source)
        }
    }
}
