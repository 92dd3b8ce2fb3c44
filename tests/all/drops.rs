//! Destructors of a user's values that panic: none ends the saga's driver, and the journal says what happened.
#![allow(clippy::unwrap_used)]

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use saga::prelude::*;
use saga::{Phase, Rollback, Saga, SagaCall, record::Record};
use serde::{Deserialize, Serialize};

/// Its destructor panics, except while another panic unwinds: that would end the process, by the rules of Rust.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("a bomb went off");
        }
    }
}

/// An error with a `Bomb` inside.
#[derive(Debug, Serialize, Deserialize, StepError)]
enum Charged {
    #[transient]
    Once(Bomb),
}

impl fmt::Display for Charged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed once")
    }
}

impl Error for Charged {}

/// The number of runs of each step.
#[derive(Default)]
struct Counts {
    sibling: AtomicU32,
    undo: AtomicU32,
}

#[step(retriable, idempotent)]
async fn forget() -> Result<(), Failure> {
    Ok(())
}

/// Its compensation gives a bomb.
#[step(compensate = undo_with_bombs(), idempotent)]
async fn hold_with_bombs() -> Result<(), Failure> {
    Ok(())
}

/// Fails once with a bomb in its error, then gives a bomb as its output.
#[step(retriable, idempotent)]
async fn undo_with_bombs(counts: &Counts) -> Result<Bomb, Charged> {
    match counts.undo.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Charged::Once(Bomb)),
        _ => Ok(Bomb),
    }
}

/// Runs out of time with a bomb in its future.
#[step(compensate = forget(), in_doubt = dead_letter, timeout = "10s")]
async fn wait_with_a_bomb() -> Result<(), Failure> {
    let _bomb = Bomb;
    std::future::pending::<()>().await;
    Ok(())
}

/// Panics with a bomb.
#[step(compensate = forget(), in_doubt = dead_letter)]
async fn throw_a_bomb() -> Result<(), Failure> {
    std::panic::panic_any(Bomb)
}

/// A readonly step that runs out of time with a bomb.
#[step(readonly, timeout = "10s", retry(attempts = 2))]
async fn look_with_a_bomb() -> Result<(), Failure> {
    let _bomb = Bomb;
    std::future::pending::<()>().await;
    Ok(())
}

/// Runs at the same time as the others, for longer than they do.
#[step(compensate = forget(), idempotent)]
async fn run_beside(counts: &Counts) -> Result<(), Failure> {
    counts.sibling.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(20)).await;
    Ok(())
}

#[saga]
async fn time_runs_out() -> Result<(), Failure> {
    all((wait_with_a_bomb(), run_beside())).await?;
    Ok(())
}

#[saga]
async fn a_payload_is_dropped() -> Result<(), Failure> {
    all((throw_a_bomb(), run_beside())).await?;
    Ok(())
}

#[saga]
async fn a_look_runs_out() -> Result<(), Failure> {
    all((look_with_a_bomb(), run_beside())).await?;
    Ok(())
}

#[saga]
async fn goes_back() -> Result<(), Failure> {
    hold_with_bombs().await?;
    Err(Failure::permanent("it goes back"))
}

#[saga]
async fn sleeps_with_a_bomb() -> Result<(), Failure> {
    hold_with_bombs().await?;
    let _bomb = Bomb;
    sleep("500ms").await;
    sleep("500ms").await;
    Ok(())
}

#[saga]
async fn gives_a_bomb() -> Result<Bomb, Failure> {
    forget_nothing().await?;
    Ok(Bomb)
}

#[step(compensate = forget(), idempotent)]
async fn forget_nothing() -> Result<(), Failure> {
    Ok(())
}

/// The observable state of a saga that has ended or is dead-lettered.
struct Seen {
    state: saga::state::State,
    journal: Vec<saga::record::Entry>,
    counts: std::sync::Arc<Counts>,
}

impl Seen {
    /// Returns the texts of the attempts that ended without success.
    fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        for entry in &self.journal {
            match &entry.record {
                Record::AttemptEnded { trouble, .. } => troubles.push(trouble.to_string()),
                Record::Read { result: Err(failure), .. } => troubles.push(failure.to_string()),
                _ => {}
            }
        }
        troubles
    }
}

fn run<S: Saga>(call: fn() -> SagaCall<S>, cancel: bool) -> Seen {
    saga::test::in_virtual_time(async move {
        let counts = std::sync::Arc::new(Counts::default());
        let builder = Runtime::builder(MemoryStore::new()).shared_resource(counts.clone());
        let runtime = builder.saga::<S>().start().await.unwrap();
        let handle = runtime.run("a", call()).await.unwrap();
        if cancel {
            tokio::time::sleep(Duration::from_millis(100)).await;
            handle.cancel(By::new("ann", "a test")).await.unwrap();
        }
        let mut watch = handle.watch();
        let settled = async {
            while !{
                let phase = handle.phase().await.unwrap();
                phase.is_ended() || phase == Phase::DeadLettered
            } {
                watch.next().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(60), settled).await.expect("its driver goes on");
        let (state, journal) = (handle.look().await.unwrap(), handle.journal().await.unwrap());
        runtime.shutdown().await;
        Seen { state, journal, counts }
    })
}

#[test]
fn in_a_steps_future_when_its_time_runs_out() {
    let seen = run(time_runs_out, false);
    let told = "panicked: its time ran out, and a destructor panicked: a bomb went off";
    assert_eq!(seen.troubles(), [told]);
    assert_eq!(seen.state.phase(), Phase::DeadLettered);
    assert_eq!(seen.counts.sibling.load(Ordering::Relaxed), 1, "the sibling is not run again");
}

#[test]
fn in_the_payload_of_a_panic() {
    let seen = run(a_payload_is_dropped, false);
    assert_eq!(seen.troubles(), ["panicked: a panic without a message"]);
    assert_eq!(seen.counts.sibling.load(Ordering::Relaxed), 1, "the sibling is not run again");
}

#[test]
fn in_a_readonly_steps_future_when_its_time_runs_out() {
    let seen = run(a_look_runs_out, false);
    let [trouble] = &seen.troubles()[..] else { panic!("{:?}", seen.troubles()) };
    assert!(trouble.contains("a bomb went off"), "{trouble}");
    assert_eq!(seen.state.phase(), Phase::RolledBack);
    assert_eq!(seen.counts.sibling.load(Ordering::Relaxed), 1, "the sibling is not run again");
}

#[test]
fn in_an_error_and_in_the_output_of_a_compensation() {
    let seen = run(goes_back, false);
    assert_eq!(seen.troubles(), ["it failed once"], "it is known to have failed: not in doubt");
    assert_eq!(seen.state.phase(), Phase::RolledBack);
    assert_eq!(seen.state.rollback(), Rollback::Complete { residue: vec![] });
    assert_eq!(seen.counts.undo.load(Ordering::Relaxed), 2);
}

#[test]
fn in_a_body_that_is_given_up() {
    let seen = run(sleeps_with_a_bomb, true);
    assert_eq!(seen.state.phase(), Phase::RolledBack);
    assert_eq!(seen.counts.undo.load(Ordering::Relaxed), 2);
}

#[test]
fn in_the_output_of_a_saga() {
    let seen = run(gives_a_bomb, false);
    assert_eq!(seen.state.phase(), Phase::Completed);
}

/// A resource with a destructor that panics.
#[derive(Debug)]
struct Armed(#[allow(dead_code, reason = "it is dropped")] Bomb);

#[test]
fn in_a_resource_when_the_runtime_goes() {
    saga::test::in_virtual_time(async {
        let builder = Runtime::builder(MemoryStore::new()).resource(Counts::default()).resource(Armed(Bomb));
        let runtime = builder.saga::<goes_back>().start().await.unwrap();
        let handle = runtime.run("a", goes_back()).await.unwrap();
        assert!(!handle.outcome().await.unwrap().is_completed());
        runtime.shutdown().await;
        drop(handle);
        drop(runtime);
    });
}
