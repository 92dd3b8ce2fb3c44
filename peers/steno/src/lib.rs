//! What a user of steno brings along: a [`Store`] for its sagas, which steno leaves to the consumer, and how they are
//! taken up again after a crash, which it leaves to the consumer as well.
//!
//! Written to be fast, so that what is measured is steno: append-only in rowid order, WAL and `synchronous=FULL`, and
//! one thread that writes whatever is waiting as one transaction.

mod store;

use std::sync::Arc;

use harness::{Error, Life};
use steno::{
    Action, ActionRegistry, DagBuilder, Node, SagaDag, SagaId, SagaName, SagaResult, SagaType, SecClient,
};

pub use store::{Open, Store};

/// The trips of the programs: their actions see the life that they are in.
#[derive(Debug)]
pub struct Trip;

impl SagaType for Trip {
    type ExecContextType = Life;
}

/// A coordinator on a store, which says nothing of what it does.
pub fn coordinator(store: &Store) -> SecClient {
    let log = slog::Logger::root(slog::Discard, slog::o!());
    steno::sec(log, Arc::new(store.clone()))
}

/// Runs a trip of these actions, one after the other, each giving an output of its name; or, in another life than the
/// first, takes up the one that was left open.
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

/// What steno says of a saga's end.
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
