//! Mistyped names: of an output in an undo, and of an action with a name in the graph that differs from that in the
//! registry. Outputs and actions are looked up by text.

use std::sync::Arc;
use std::time::Duration;

use harness::{Error, Story};
use peer_steno::{Store, Trip, coordinator, end, trip};
use steno::{
    ActionContext, ActionError, ActionFunc, ActionRegistry, DagBuilder, Node, SagaDag, SagaId, SagaName,
    new_action_noop_undo,
};

async fn book_flight(cx: ActionContext<Trip>) -> Result<u32, ActionError> {
    cx.user_data().world.book("flight");
    Ok(7)
}

async fn cancel_flight(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("flight");
    Ok(())
}

async fn book_hotel(cx: ActionContext<Trip>) -> Result<u32, ActionError> {
    cx.user_data().world.book("hotel");
    Ok(8)
}

async fn cancel_hotel(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    let _room: u32 = cx.lookup("hotell")?;
    cx.user_data().world.cancel("hotel");
    Ok(())
}

async fn pay(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.refuse("payment");
    Err(ActionError::action_failed("the card is declined".to_owned()))
}

fn main() -> Result<(), Error> {
    let output = Story::one("output", "the name of an output is mistyped, in an undo");
    let action = Story::one("action", "the name of an action is mistyped, in the registry or the graph");
    harness::life::main("steno", &[output, action], async |life| {
        if life.case == "output" {
            let actions = [
                ("flight", ActionFunc::new_action("flight", book_flight, cancel_flight)),
                ("hotel", ActionFunc::new_action("hotel", book_hotel, cancel_hotel)),
                ("payment", new_action_noop_undo("payment", pay)),
            ];
            match tokio::time::timeout(Duration::from_secs(5), trip(&life, &actions)).await {
                Ok(result) => life.says("steno", end(result?)),
                Err(_) => println!("    steno says nothing for 5 s"),
            }
            return Ok(());
        }
        let store = Store::open(&life.folder.join("steno.db"))?;
        let mut dag = DagBuilder::new(SagaName::new("trip"));
        let mistyped = ActionFunc::new_action("flihgt", book_flight, cancel_flight);
        dag.append(Node::action("flight", "flight", mistyped.as_ref()));
        let dag = Arc::new(SagaDag::new(dag.build()?, serde_json::Value::Null));
        let mut registry = ActionRegistry::new();
        registry.register(ActionFunc::new_action("flight", book_flight, cancel_flight));
        let (sec, context) = (coordinator(&store), Arc::new(life.clone()));
        let created = sec.saga_create(SagaId::new_v4(), context, dag, Arc::new(registry)).await;
        match created {
            Ok(_) => life.says("steno", "created"),
            Err(error) => life.says("steno", format!("{error:#}")),
        }
        Ok(())
    })
}
