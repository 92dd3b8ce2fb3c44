//! The expansion of `#[saga]`, run on a store in memory in virtual time.
#![deny(missing_docs, unused_qualifications)]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga::prelude::*;
use saga::test::TestRuntime;
use saga::{Cause, Phase, Reason, Rollback, view::Progress};
use serde::{Deserialize, Serialize};

/// Records what it was told.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn hear(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn told(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Refuses items that begin with `no`, and is busy for those that begin with `busy`.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
pub enum Refusal {
    /// Permanent.
    #[error("{0} is refused")]
    #[permanent]
    Refused(String),
}

/// Holds something.
#[step(compensate = release(output), idempotent)]
async fn hold(world: &World, item: String) -> Result<String, Refusal> {
    world.hear(format!("hold {item}"));
    match item.strip_prefix("no ") {
        Some(item) => Err(Refusal::Refused(item.to_owned())),
        None => Ok(item),
    }
}

/// Releases it.
#[step(retriable, idempotent)]
async fn release(world: &World, item: String) -> Result<(), Failure> {
    world.hear(format!("release {item}"));
    Ok(())
}

/// Looks something up.
#[step(readonly)]
async fn price(item: String) -> Result<u64, Failure> {
    item.len().try_into().permanent()
}

/// Tells the world a text.
#[step(irreversible, retriable, idempotent)]
async fn tell(world: &World, text: String) -> Result<(), Failure> {
    world.hear(format!("tell {text}"));
    Ok(())
}

/// The error of a booking.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, SagaError)]
enum BookError {
    #[error("refused")]
    Refused(#[source] StepFailure<Refusal>),
    #[error("no price")]
    NoPrice(#[source] StepFailure<Failure>),
    #[error("not approved")]
    Approval(#[source] ApprovalFailure),
    #[error("too late")]
    Late(#[source] Expired),
    #[error("part of it failed")]
    Part(#[source] ChildFailure<PartError>),
    #[error("{0}")]
    #[saga_error(no_from)]
    Other(String),
    #[error("no number")]
    Number(String),
}

impl From<std::num::ParseIntError> for BookError {
    fn from(error: std::num::ParseIntError) -> Self {
        BookError::Other(error.to_string())
    }
}

/// The error of a part.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, SagaError)]
enum PartError {
    #[error("refused")]
    Refused(#[source] StepFailure<Refusal>),
    #[error("not approved")]
    Approval(#[source] ApprovalFailure),
}

/// Steps in sequence, and `?` of every kind.
#[saga(version = 3, deadline = "24h")]
async fn sequence(mut items: Vec<String>, digits: String) -> Result<u64, BookError> {
    let count: usize = digits.parse()?;
    let Some(last) = items.pop() else { return Err(BookError::Other("nothing".into())) };
    let first = hold(items.join("+")).await?;
    let sum = price(first).await? + price(last.clone()).await?;
    hold(last).await?;
    if sum == 0 {
        return Ok(0);
    }
    tell(format!("{sum}")).await;
    Ok(sum + count as u64)
}

async fn started<S: saga::Saga>() -> (TestRuntime, World) {
    let world = World::default();
    let given = world.clone();
    let runtime =
        TestRuntime::start(move |builder| builder.resource(given.clone()).saga::<S>()).await.unwrap();
    (runtime, world)
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|&i| i.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sequence_runs_and_every_question_mark_is_an_exit() {
    let (runtime, world) = started::<sequence>().await;
    let run = async |id: &str, items: &[&str], digits: &str| {
        runtime.run(id, sequence(strings(items), digits.to_owned())).await.unwrap().outcome().await.unwrap()
    };
    assert_eq!(run("a", &["ab", "c"], "10").await.completed(), Some(13));
    assert_eq!(world.told(), ["hold ab", "hold c", "tell 3"]);
    let failed = |outcome| match outcome {
        Outcome::RolledBack { error, .. } => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(run("b", &[], "1").await), Some(BookError::Other("nothing".into())));
    assert!(matches!(failed(run("c", &["a"], "x").await), Some(BookError::Other(_))));
    let refused = failed(run("d", &["ab", "no c"], "1").await);
    assert_eq!(refused, Some(BookError::Refused(StepFailure::Failed(Refusal::Refused("c".into())))));
    assert_eq!(world.told()[3..], ["hold ab", "hold no c", "release ab"]);
    assert_eq!(run("e", &["", ""], "5").await.completed(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn words_of_the_attribute_reach_the_saga() {
    assert_eq!(<sequence as saga::Saga>::VERSION, 3);
    assert_eq!(<sequence as saga::Saga>::DEADLINE, Some(Duration::from_secs(86_400)));
    assert_eq!(<looped as saga::Saga>::NAME, "round_and_round");
    let call = sequence(strings(&["a"]), "1".into());
    assert_eq!(format!("{call:?}"), r#"sequence({"items":["a"],"digits":"1"})"#);
}

/// A tuple and an iterator at once, and a failure that is handled.
#[saga]
async fn at_once(items: Vec<String>) -> Result<Vec<String>, BookError> {
    let (one, (two, length)) =
        all((hold("one".into()), all((hold("two".into()), price("four".into()))))).await?;
    let mut held = vec![one, two, length.to_string()];
    match all(items.iter().map(|item| hold(item.clone()))).limit(2).await {
        Ok(more) => held.extend(more),
        Err(AllFailure(branches)) => {
            let done = branches.into_iter().filter_map(|branch| match branch {
                Branch::Done(item) => Some(item),
                Branch::Failed(_) | Branch::NotStarted => None,
            });
            held.extend(done);
        }
    }
    all((hold("no three".into()), hold("four".into()))).await?;
    Ok(held)
}

#[tokio::test(start_paused = true)]
async fn branches_run_at_once_and_their_failures_are_seen() {
    let (runtime, world) = started::<at_once>().await;
    let handle = runtime.run("a", at_once(strings(&["x", "no y", "z"]))).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(&outcome, Outcome::RolledBack { error: Some(BookError::Refused(_)), .. }),
        "{outcome:?}: {:?}",
        world.told()
    );
    let told = world.told();
    for once in ["hold one", "hold two", "hold x", "hold no y", "release one", "release two", "release x"] {
        assert_eq!(told.iter().filter(|t| *t == once).count(), 1, "{once} of {told:?}");
    }
    assert!(!told.contains(&"hold z".to_owned()), "{told:?}");
}

/// Loops in loops, with every kind of condition.
#[saga(name = "round_and_round")]
async fn looped(rounds: u32) -> Result<String, BookError> {
    let mut seen = String::new();
    for outer in 0..rounds {
        #[bound(3)]
        'inner: loop {
            let held = hold(format!("{outer}")).await?;
            seen.push_str(&held);
            if seen.len().is_multiple_of(2) {
                break 'inner;
            }
        }
    }
    #[bound(4)]
    while price(seen.clone()).await? < 7 {
        if seen.ends_with("zz") {
            seen.push('y');
            continue;
        }
        seen.push('z');
    }
    let mut left = 2;
    #[bound(2)]
    while left > 0 {
        left -= 1;
        tell(seen.clone()).named("last").await;
    }
    Ok(seen)
}

#[tokio::test(start_paused = true)]
async fn loops_are_told_apart_by_their_turns() {
    let (runtime, _) = started::<looped>().await;
    let handle = runtime.run("a", looped(2)).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().completed().unwrap(), "0011zzy");
    let state = handle.look().await.unwrap();
    let sites: Vec<&str> = state.sites().map(|(site, _)| site.as_str()).collect();
    let expected = [
        "hold[0][0]",
        "hold[0][1]",
        "hold[1][0]",
        "hold[1][1]",
        "price[0]",
        "price[1]",
        "price[2]",
        "price[3]",
        "last[0]",
        "last[1]",
    ];
    assert_eq!(sites, expected);
}

/// Makes more turns than its bound allows.
#[saga]
async fn unbounded() -> Result<(), BookError> {
    #[bound(3)]
    loop {
        hold("again".into()).await?;
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_passes_its_bound_dead_letters_the_saga() {
    let (runtime, world) = started::<unbounded>().await;
    let handle = runtime.run("a", unbounded()).await.unwrap();
    let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else { panic!() };
    assert_eq!(world.told().len(), 3);
    assert!(format!("{letter:?}").contains("the `loop` loop around `hold` has made 3 turns"), "{letter:?}");
    let UnboundedState::DeadLettered { blockers } = handle.state().await.unwrap() else { panic!() };
    assert_eq!(blockers[0].reason, Reason::BoundExceeded);
}

/// A child.
#[saga(undoable)]
async fn part(items: Vec<String>) -> Result<String, PartError> {
    let mut held = Vec::new();
    for item in items {
        held.push(hold(item).await?);
    }
    Ok(held.concat())
}

/// A saga with children.
#[saga]
async fn whole(second: String) -> Result<String, BookError> {
    let first = part(strings(&["a", "b"])).await?;
    let instead = match part(strings(&["c", &second])).named("second").await {
        Ok(second) => second,
        Err(ChildFailure(PartError::Refused(failure))) => failure.to_string(),
        Err(other) => return Err(other.into()),
    };
    approve(format!("{first} {instead}?")).await?;
    Ok(first + &instead)
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_is_undone_before_its_parent_sees_it() {
    let (runtime, world) = started::<whole>().await;
    let handle = runtime.run("a", whole("no d".into())).await.unwrap();
    runtime.pass(Duration::from_secs(1)).await;
    assert_eq!(world.told(), ["hold a", "hold b", "hold c", "hold no d", "release c"]);
    match handle.state().await.unwrap() {
        WholeState::Approve { prompt, until } => {
            assert_eq!((prompt.as_str(), until), ("ab d is refused?", None))
        }
        other => panic!("{other:?}"),
    }
    handle.approve(By::new("ann", "fine")).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().completed().unwrap(), "abd is refused");
    assert!(matches!(handle.state().await.unwrap(), WholeState::Completed(text) if text == "abd is refused"));
}

/// Waits for everything that can be awaited.
#[saga]
async fn patient(minutes: u64) -> Result<String, BookError> {
    let began = now().await;
    let id = uuid().await;
    sleep(Duration::from_secs(60 * minutes)).await;
    let word = signal::<String>("word").within("1h").await?;
    let number: u32 = signal("number").await;
    let by = approve("go on?").within("2h").await?.by;
    let slept = now().await.0 - began.0;
    assert_eq!(id.get_version_num(), 4);
    Ok(format!("{word} {number} {} {}", by.who, slept / 60_000))
}

#[tokio::test(start_paused = true)]
async fn waits_are_seen_and_end() {
    let (mut runtime, _) = started::<patient>().await;
    let handle = runtime.run("a", patient(30)).await.unwrap();
    runtime.pass(Duration::from_secs(60)).await;
    let PatientState::Sleep { until: Some(_) } = handle.state().await.unwrap() else { panic!() };
    runtime.crash().await.unwrap();
    runtime.pass(Duration::from_secs(60 * 31)).await;
    let handle = runtime.run("a", patient(30)).await.unwrap();
    let PatientState::Signal { name, until: Some(_) } = handle.state().await.unwrap() else { panic!() };
    assert_eq!(name, "word");
    handle.signal("word", "1", &"hello").await.unwrap();
    runtime.pass(Duration::from_secs(1)).await;
    let PatientState::Signal2 { until: None, .. } = handle.state().await.unwrap() else { panic!() };
    handle.signal("number", "2", &42).await.unwrap();
    runtime.pass(Duration::from_secs(1)).await;
    let PatientState::Approve { .. } = handle.state().await.unwrap() else { panic!() };
    handle.approve(By::new("ann", "why not")).await.unwrap();
    let text = handle.outcome().await.unwrap().completed().unwrap();
    assert!(text.starts_with("hello 42 ann 3"), "{text}");
    let late = runtime.run("late", patient(1)).await.unwrap().outcome().await.unwrap();
    assert!(matches!(late, Outcome::RolledBack { error: Some(BookError::Late(Expired)), .. }), "{late:?}");
}

/// Falls back to another step, and continues.
#[saga(undoable)]
async fn fallback(first: String) -> Result<String, BookError> {
    let item = match hold(first).await {
        Ok(item) => item,
        Err(StepFailure::Failed(Refusal::Refused(item))) => hold(item).await?,
        Err(other) => return Err(other.into()),
    };
    let cheap = if let Ok(price) = price(item.clone()).await { price < 10 } else { false };
    if !cheap {
        Err(BookError::Other("dear".into()))?;
    }
    let Ok(more) = hold("more".to_owned()).await else { return Ok(item) };
    Ok(item + &more)
}

#[tokio::test(start_paused = true)]
async fn a_failure_may_be_handled() {
    let (runtime, world) = started::<fallback>().await;
    let handle = runtime.run("a", fallback("no x".into())).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().completed().unwrap(), "xmore");
    assert_eq!(world.told(), ["hold no x", "hold x", "hold more"]);
    // Every variant, and nothing else.
    match handle.state().await.unwrap() {
        FallbackState::Hold(at) | FallbackState::Hold2(at) | FallbackState::Hold3(at) => panic!("{at:?}"),
        FallbackState::Price(at) => panic!("{at:?}"),
        FallbackState::Scheduled => panic!(),
        FallbackState::RollingBack { cause } => panic!("{cause}"),
        FallbackState::Completed(output) => assert_eq!(output, "xmore"),
        FallbackState::RolledBack { cause, error, rollback } => panic!("{cause} {error:?} {rollback:?}"),
        FallbackState::DeadLettered { blockers } => panic!("{blockers:?}"),
        FallbackState::Abandoned => panic!(),
    }
    let dear = runtime.run("b", fallback("something dear".into())).await.unwrap();
    assert!(dear.outcome().await.unwrap().is_rolled_back());
    let FallbackState::RolledBack { cause, error, rollback } = dear.state().await.unwrap() else { panic!() };
    assert!(matches!(cause, Cause::Failed { .. }));
    assert_eq!(error, Some(BookError::Other("dear".into())));
    assert!(matches!(rollback, Rollback::Complete { .. }));
}

/// Waits inside of branches, loops and children.
#[saga]
async fn deep(rounds: u32) -> Result<(), BookError> {
    for round in 0..rounds {
        hold(round.to_string()).await?;
        all((hold("x".into()), asking("sure?".into()), sleep("1h"))).await?;
    }
    all((0..3).map(|n| asking(format!("{n}?")))).await?;
    Ok(())
}

/// Asks for an approval.
#[saga(undoable)]
async fn asking(prompt: String) -> Result<(), PartError> {
    hold(prompt.clone()).await?;
    approve(prompt).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_state_of_branches_and_children_is_typed() {
    let (runtime, _) = started::<deep>().await;
    let handle = runtime.run("a", deep(1)).await.unwrap();
    runtime.pass(Duration::from_secs(1)).await;
    let DeepState::All((held, child, slept)) = handle.state().await.unwrap() else { panic!() };
    assert_eq!(held.site.as_str(), "all[0].0/hold");
    assert_eq!(held.input.map(|input| input.item), Some("x".to_owned()));
    assert_eq!(held.progress, Progress::Done("x".to_owned()));
    let AskingState::Approve { prompt, .. } = child else { panic!("{child:?}") };
    assert_eq!(prompt, "sure?");
    assert!(slept.until.is_some() && !slept.is_over);
    runtime.pass(Duration::from_secs(3600)).await;
    let DeepState::All((_, _, slept)) = handle.state().await.unwrap() else { panic!() };
    assert!(slept.is_over);
    handle.approve(By::new("ann", "yes")).at("all[0].1/asking/approve").await.unwrap();
    runtime.pass(Duration::from_secs(1)).await;
    let DeepState::All2(children) = handle.state().await.unwrap() else { panic!() };
    assert_eq!(children.len(), 3);
    let asked =
        |child: &AskingState| matches!(child, AskingState::Approve { prompt, .. } if prompt.ends_with('?'));
    assert!(children.iter().all(asked), "{children:?}");
    assert_eq!(handle.phase().await.unwrap(), Phase::Waiting);
    handle.deny(By::new("ann", "no")).at("all#2.1/asking/approve").await.unwrap();
    for branch in [0, 2] {
        let site = format!("all#2.{branch}/asking/approve");
        handle.approve(By::new("ann", "yes")).at(site).await.unwrap();
    }
    assert!(handle.outcome().await.unwrap().is_rolled_back());
}

mod promises {
    use saga::{
        Saga,
        by_hand::{Exit, SagaContext, StateView, Witness},
    };

    use super::*;

    #[step(irreversible, idempotent)]
    async fn post(letter: String) -> Result<(), Failure> {
        drop(letter);
        Ok(())
    }

    /// A hand-written saga: no macro checks its promise.
    #[allow(non_camel_case_types)]
    enum correspondence {}
    impl Saga for correspondence {
        const NAME: &'static str = "correspondence";
        const UNDOABLE: bool = true;
        type Input = String;
        type Output = ();
        type Error = Failure;
        type State = StateView;
        async fn body(cx: SagaContext) -> Exit<(), Failure> {
            let posted = Witness::new();
            if cx.registers(&[&posted]) {
                return cx.registered().await;
            }
            let letter: String = cx.input().await;
            Exit::of(posted.at(&cx, 1, &[], post(letter)).await.map_err(Failure::from))
        }
    }

    #[tokio::test]
    async fn a_saga_that_promises_to_be_undoable_is_held_to_it() {
        let refused =
            Runtime::builder(MemoryStore::new()).saga::<correspondence>().start().await.unwrap_err();
        assert!(refused.to_string().contains("correspondence is declared `undoable`, and post"), "{refused}");
    }
}
