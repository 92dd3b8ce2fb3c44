//! A saga written by hand, driven end to end on the memory store: the smallest proof that the parts fit.

use std::sync::{Arc, Mutex};

use saga_core::{By, MemoryStore};
use saga_runtime::*;
use serde::{Deserialize, Serialize};

#[derive(Default, Clone)]
struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
    fn told(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Serialize, Deserialize)]
struct Item {
    item: String,
}

macro_rules! step {
    ($name:ident, $undo:ty, $effort:ty, |$world:ident, $input:ident| $run:expr $(, by $by:ident)?) => {
        #[allow(non_camel_case_types)]
        enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            type Input = Item;
            type Output = String;
            type Error = Failure;
            type Undo = $undo;
            type Effort = $effort;
            type Repeat = repeat::Idempotent;
            async fn run(cx: &StepContext, $input: Item) -> Result<String, Failure> {
                let $world = cx.resource::<World>();
                $world.note(format!("{} {}", stringify!($name), $input.item));
                $run
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<World>()]
            }
            $(
                fn related(registry: &mut Registry) {
                    registry.step::<$by>();
                }
                fn compensation(output: String, _: &Given<'_, Self>) -> Option<Compensation> {
                    Some(Compensation::by(StepCall::<$by>::new(Item { item: output })))
                }
            )?
        }
    };
}

step!(hold, undo::Compensated, effort::Fallible, |_w, input| Ok(format!("held {}", input.item)), by release);
step!(release, undo::Auxiliary, effort::Retriable, |_w, input| Ok(input.item));
step!(charge, undo::Irreversible, effort::Fallible, |_w, input| {
    if input.item == "declined" { Err(Failure::permanent("declined")) } else { Ok("charged".to_owned()) }
});

#[allow(non_camel_case_types)]
enum trip {}
impl Saga for trip {
    const NAME: &'static str = "trip";
    type Input = String;
    type Output = String;
    type Error = Failure;
    type State = StateView;
    async fn body(cx: SagaContext) -> Exit<String, Failure> {
        let (w1, w2, w3) = (Witness::new(), Witness::new(), Witness::new());
        if cx.registers(&[&w1, &w2, &w3]) {
            return cx.registered().await;
        }
        let card: String = cx.input().await;
        let item = |name: &str| Item { item: name.to_owned() };
        let flight = match w1.at(&cx, 1, &[], StepCall::<hold>::new(item("flight"))).await {
            Ok(flight) => flight,
            Err(failure) => return Exit::by(failure),
        };
        if let Err(failure) = w2.at(&cx, 2, &[], StepCall::<hold>::new(item("hotel"))).await {
            return Exit::by(failure);
        }
        match w3.at(&cx, 1, &[], StepCall::<charge>::new(Item { item: card })).await {
            Ok(receipt) => Exit::Done(format!("{flight}, {receipt}")),
            Err(failure) => Exit::by(failure),
        }
    }
}

async fn started(store: &Arc<MemoryStore>, world: &World) -> Runtime {
    Runtime::builder_shared(store.clone()).resource(world.clone()).saga::<trip>().start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_completes() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::default());
    let runtime = started(&store, &world).await;
    let handle = runtime.run("a", SagaCall::<trip>::new("visa".into())).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().completed().unwrap(), "held flight, charged");
    assert_eq!(world.told(), ["hold flight", "hold hotel", "charge visa"]);
    // The same again is the same saga; another input is refused.
    let again = runtime.run("a", SagaCall::<trip>::new("visa".into())).await.unwrap();
    assert!(again.outcome().await.unwrap().is_completed());
    let conflict = runtime.run("a", SagaCall::<trip>::new("amex".into())).await.unwrap_err();
    assert!(matches!(conflict, RunError::IdConflict { .. }), "{conflict}");
    runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn it_rolls_back_in_reverse() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::default());
    let runtime = started(&store, &world).await;
    let handle = runtime.run("a", SagaCall::<trip>::new("declined".into())).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(outcome.is_rolled_back(), "{outcome:?}");
    let told = world.told();
    assert_eq!(told[2..], ["charge declined", "release held hotel", "release held flight"]);
    let late = handle.cancel(By::new("ann", "test")).await.unwrap_err();
    assert!(late.to_string().contains("ended"), "{late}");
}
