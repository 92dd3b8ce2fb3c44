//! Workload W1 on agentplane: a plan of five nodes, each a skill with one effect, compensatable.

use std::sync::Arc;

use agentplane::core::{
    ArgSource, Compensation, Effect, EffectDescriptor, EffectError, PlanIR, PlanNode, Recovery, StepId,
};
use agentplane::prelude::*;
use harness::Error;
use harness::w1::{self, Name, Subject};
use serde_json::{Value, json};

#[derive(Debug)]
struct Give;

#[async_trait]
impl Effect for Give {
    type Output = Value;

    fn descriptor(&self) -> EffectDescriptor {
        EffectDescriptor::new("give", json!({}))
    }

    fn mutates(&self) -> bool {
        true
    }

    fn recovery(&self) -> Recovery {
        Recovery::Retry
    }

    async fn perform(&self) -> Result<Value, EffectError> {
        Ok(json!(w1::give()))
    }
}

#[derive(Debug)]
struct Giver;

#[async_trait]
impl Skill for Giver {
    fn descriptor(&self) -> SkillDescriptor {
        SkillDescriptor::new("give")
    }

    fn compensation(&self) -> Compensation {
        Compensation::Compensatable
    }

    async fn invoke(&self, cx: &mut StepCtx<'_>, _input: Tainted<Value>) -> Result<Outcome, SkillError> {
        Ok(Outcome::done(cx.effect(Give).await?))
    }

    async fn compensate(&self, _cx: &mut StepCtx<'_>, _output: &Tainted<Value>) -> Result<(), SkillError> {
        Ok(())
    }
}

/// Five nodes, each after the one before it.
fn five() -> PlanIR {
    let nodes = (0..w1::STEPS).map(|n| {
        let source = if n == 0 { ArgSource::run_input() } else { ArgSource::node(StepId(n - 1)) };
        let node = PlanNode::new(n, "give").arg("input", source);
        if n + 1 == w1::STEPS { node.terminal() } else { node }
    });
    PlanIR::new(nodes.collect())
}

struct Agentplane {
    runtime: Arc<Runtime>,
}

impl Subject for Agentplane {
    async fn saga(&self, _id: String) -> Result<(), Error> {
        let outcome = self.runtime.start(five(), Tainted::trusted(json!({}))).run().await?;
        if outcome.status == RunStatus::Succeeded {
            Ok(())
        } else {
            Err(harness::error(format!("{:?}", outcome.status)))
        }
    }
}

fn main() -> Result<(), Error> {
    let name = Name {
        peer: format!(
            "agentplane {}",
            harness::lock::version(include_str!("../../Cargo.lock"), "agentplane")
        ),
        durability: "redb, durable at each commit".into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(w1::measure(async |folder, _| {
        let store: Arc<dyn JournalStore> = Arc::new(RedbStore::open(folder.join("plane.redb"))?);
        let runtime = Runtime::builder(store).owner("w1").skill(Giver).build();
        Ok((Agentplane { runtime }, name.clone()))
    }))
}
