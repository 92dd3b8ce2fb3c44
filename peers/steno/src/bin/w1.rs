//! Workload W1 on steno, with the store of this crate.

use std::sync::Arc;

use harness::Error;
use harness::w1::{self, Name, Subject};
use peer_steno::{Store, coordinator};
use steno::{
    Action, ActionContext, ActionError, ActionFunc, ActionRegistry, DagBuilder, Node, SagaDag, SagaId,
    SagaName, SagaType, SecClient,
};

#[derive(Debug)]
struct Five;

impl SagaType for Five {
    type ExecContextType = ();
}

async fn give(_cx: ActionContext<Five>) -> Result<String, ActionError> {
    Ok(w1::give())
}

async fn take(_cx: ActionContext<Five>) -> Result<(), anyhow::Error> {
    Ok(())
}

struct Steno {
    sec: SecClient,
    registry: Arc<ActionRegistry<Five>>,
    give: Arc<dyn Action<Five>>,
}

impl Steno {
    fn dag(&self) -> Result<Arc<SagaDag>, Error> {
        let mut dag = DagBuilder::new(SagaName::new("five"));
        for number in 0..w1::STEPS {
            let name = format!("step{number}");
            dag.append(Node::action(name.as_str(), name.as_str(), self.give.as_ref()));
        }
        Ok(Arc::new(SagaDag::new(dag.build()?, serde_json::json!(7))))
    }
}

impl Subject for Steno {
    async fn saga(&self, _id: String) -> Result<(), Error> {
        // steno needs its own kind of id.
        let id = SagaId::new_v4();
        let end = self.sec.saga_create(id, Arc::new(()), self.dag()?, self.registry.clone()).await?;
        self.sec.saga_start(id).await?;
        match end.await.kind {
            Ok(_) => Ok(()),
            Err(failure) => Err(harness::error(format!("{failure:?}"))),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = Name {
        peer: format!("steno {}", harness::lock::version(include_str!("../../Cargo.lock"), "steno")),
        durability: "SQLite by a store of ours, WAL, synchronous=FULL".into(),
    };
    w1::measure(async |folder, _| {
        let store = Store::open(&folder.join("steno.db"))?;
        let give = ActionFunc::new_action("give", give, take);
        let mut registry = ActionRegistry::new();
        registry.register(give.clone());
        Ok((Steno { sec: coordinator(&store), registry: Arc::new(registry), give }, name.clone()))
    })
    .await
}
