//! The same saga, once with the macros and once by hand on the public traits: their journals are equal.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga::prelude::*;
use saga::test::TestRuntime;
use saga::{
    Saga, SagaCall, Step, StepCall,
    by_hand::{
        Compensates, Compensation, Exit, Given, Need, Registry, SagaContext, StateView, Witness, effort,
        policy_of, repeat, undo,
    },
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Default)]
struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn hear(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

mod with_macros {
    use super::*;

    #[step(compensate = release(output, item.len()), leaves = "a mail", retry(attempts = 2), timeout = "5s")]
    pub(super) async fn hold(world: &World, key: &IdempotencyKey, item: String) -> Result<u32, Failure> {
        world.hear(format!("hold {item} {key}"));
        if item == "nothing" { Err(Failure::permanent("nothing is held")) } else { Ok(7) }
    }

    #[step(retriable, idempotent)]
    pub(super) async fn release(world: &World, id: u32, letters: usize) -> Result<(), Failure> {
        world.hear(format!("release {id} {letters}"));
        Ok(())
    }

    #[saga(version = 2, deadline = "1h")]
    pub(super) async fn trip(items: Vec<String>) -> Result<u32, Failure> {
        let mut sum = 0;
        for item in items {
            sum += hold(item).await?;
        }
        let (more, ()) = all((hold("two".to_owned()), sleep("1m"))).await?;
        approve("sure?").named("sure").await?;
        hold("nothing".to_owned()).await?;
        Ok(sum + more)
    }
}

#[allow(non_camel_case_types)]
mod by_hand {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Hold {
        pub(super) item: String,
    }

    pub(super) enum hold {}
    impl Step for hold {
        const NAME: &'static str = "hold";
        const RETRY: saga::policy::Retry =
            saga::policy::Retry { attempts: 2, ..saga::policy::Retry::RETRIABLE };
        const TIMEOUT: Duration = Duration::from_secs(5);
        const UNDONE_BY: Option<&'static str> = Some("release");
        const LEAVES: Option<&'static str> = Some("a mail");
        type Input = Hold;
        type Output = u32;
        type Error = Failure;
        type Undo = undo::Compensated;
        type Effort = effort::Fallible;
        type Repeat = repeat::Keyed;
        async fn run(cx: &StepContext, input: Hold) -> Result<u32, Failure> {
            cx.resource::<World>().hear(format!("hold {} {}", input.item, cx.key()));
            if input.item == "nothing" { Err(Failure::permanent("nothing is held")) } else { Ok(7) }
        }
        fn needs() -> Vec<Need> {
            vec![Need::of::<World>()]
        }
        fn related(registry: &mut Registry) {
            registry.step::<release>();
        }
        fn compensation(output: u32, given: &Given<'_, Self>) -> Option<Compensation> {
            let letters = given.input().item.len();
            let call = StepCall::<release>::new(Release { id: output, letters });
            Some(Compensates::undoing(call))
        }
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct Release {
        id: u32,
        letters: usize,
    }

    pub(super) enum release {}
    impl Step for release {
        const NAME: &'static str = "release";
        type Input = Release;
        type Output = ();
        type Error = Failure;
        type Undo = undo::Auxiliary;
        type Effort = effort::Retriable;
        type Repeat = repeat::Idempotent;
        async fn run(cx: &StepContext, input: Release) -> Result<(), Failure> {
            cx.resource::<World>().hear(format!("release {} {}", input.id, input.letters));
            Ok(())
        }
        fn needs() -> Vec<Need> {
            vec![Need::of::<World>()]
        }
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct Trip {
        pub(super) items: Vec<String>,
    }

    pub(super) enum trip {}
    impl Saga for trip {
        const NAME: &'static str = "trip";
        const VERSION: u32 = 2;
        const DEADLINE: Option<Duration> = Some(Duration::from_secs(3600));
        type Input = Trip;
        type Output = u32;
        type Error = Failure;
        type State = StateView;
        async fn body(cx: SagaContext) -> Exit<u32, Failure> {
            let call = |item: &str| StepCall::<hold>::new(Hold { item: item.to_owned() });
            let (held, both, sure, last) = (Witness::new(), Witness::new(), Witness::new(), Witness::new());
            if cx.registers(&[&held, &both, &sure, &last]) {
                return cx.registered().await;
            }
            let Trip { items } = cx.input().await;
            let mut sum = 0;
            let mut turns = 0;
            for item in items {
                let turn = cx.turn(&mut turns, None, "the loop").await;
                match held.at(&cx, 1, &[turn], call(&item)).await {
                    Ok(id) => sum += id,
                    Err(failure) => return Exit::by(failure),
                }
            }
            let more = match both.at(&cx, 1, &[], all((call("two"), sleep("1m")))).await {
                Ok((more, ())) => more,
                Err(failure) => return Exit::by(failure),
            };
            if let Err(failure) = sure.at(&cx, 1, &[], approve("sure?").named("sure")).await {
                return Exit::by(failure);
            }
            match last.at(&cx, 2, &[], call("nothing")).await {
                Ok(_) => Exit::Done(sum + more),
                Err(failure) => Exit::by(failure),
            }
        }
    }
}

/// Runs it to its end; returns its journal as text, and the calls of the world.
async fn journal<S: Saga>(call: SagaCall<S>) -> (Vec<String>, Vec<String>) {
    let world = World::default();
    let given = world.clone();
    let build = move |builder: saga::Builder| builder.resource(given.clone()).saga::<S>();
    let runtime = TestRuntime::start(build).await.unwrap();
    let handle = runtime.run("a", call).await.unwrap();
    runtime.pass(Duration::from_secs(61)).await;
    handle.approve(By::new("ann", "sure")).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_rolled_back());
    let records = handle.journal().await.unwrap().iter().map(|entry| format!("{:?}", entry.record)).collect();
    (records, world.0.lock().unwrap().clone())
}

#[tokio::test(start_paused = true)]
async fn the_macros_write_what_one_would_write_by_hand() {
    let items = || vec!["one".to_owned(), "more".to_owned()];
    let written = journal(with_macros::trip(items())).await;
    let by_hand = journal(SagaCall::<by_hand::trip>::new(by_hand::Trip { items: items() })).await;
    assert!(written.0.len() > 12, "{written:#?}");
    assert_eq!(written, by_hand);
    assert_eq!(policy_of::<with_macros::hold>(), policy_of::<by_hand::hold>());
    assert_eq!(policy_of::<with_macros::release>(), policy_of::<by_hand::release>());
}
