//! The cost of one more branch of an `all`, turn of a loop, or signal, forward and back, as their number grows. Each
//! figure is the CPU time of one branch, turn or signal in a saga of 100, 1,000 and 10,000 of them, on all threads.
//! They run in memory on one thread, which isolates the runtime; some also run on SQLite.
// A saga drops a failure by `let _ =`.
#![allow(clippy::let_underscore_must_use)]

use std::pin::Pin;
use std::sync::Arc;

use saga::prelude::*;
use saga::{MemoryStore, Saga, SagaCall, state::State, store::Store};
use tokio::sync::Semaphore;

use crate::Outcome;
use crate::drive::{Watch, thread};
use crate::report::{Figure, Report, Target, median};
use crate::stage::Stage;

/// The numbers of items in one saga.
const SIZES: [u32; 3] = [100, 1000, 10_000];
/// The number of rounds for each figure. A round has at least `EACH_ROUND` items, in one saga or in several.
const ROUNDS: usize = 3;
const EACH_ROUND: u32 = 2000;

/// Lets steps end one at a time.
static TURNSTILE: Semaphore = Semaphore::const_new(0);

#[step(compensate = strike(n), idempotent)]
async fn note(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[step(retriable, idempotent)]
async fn strike(_n: u32) -> Result<(), Failure> {
    Ok(())
}

/// Ends only once the turnstile lets it through.
#[step(compensate = strike(n), idempotent, timeout = "1h")]
async fn queue(n: u32) -> Result<u32, Failure> {
    TURNSTILE.acquire().await.map_err(|_| Failure::permanent("closed"))?.forget();
    Ok(n)
}

/// Like `note`, but its compensations end one at a time too.
#[step(compensate = queue_back(n), idempotent)]
async fn note_slowly(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[step(retriable, idempotent, timeout = "1h")]
async fn queue_back(_n: u32) -> Result<(), Failure> {
    TURNSTILE.acquire().await.map_err(|_| Failure::permanent("closed"))?.forget();
    Ok(())
}

#[step(compensate = strike(n), idempotent)]
async fn fail(n: u32) -> Result<u32, Failure> {
    Err(Failure::permanent(format!("{n} is enough")))
}

#[saga(version = 1)]
async fn wide(n: u32) -> Result<(), Failure> {
    all((0..n).map(note)).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_one_by_one(n: u32) -> Result<(), Failure> {
    all((0..n).map(queue)).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_back(n: u32) -> Result<(), Failure> {
    all((0..n).map(note)).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_back_one_by_one(n: u32) -> Result<(), Failure> {
    all((0..n).map(note_slowly)).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn long(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        note(i).await?;
    }
    Ok(())
}

#[saga(version = 1)]
async fn long_back(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        note(i).await?;
    }
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn pairs(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        all((note(i), note(i))).await?;
    }
    Ok(())
}

#[saga(version = 1)]
async fn signals(n: u32) -> Result<(), Failure> {
    let _ = all((0..n).map(|_| signal::<u32>("go"))).await;
    Ok(())
}

#[saga(version = 1)]
async fn long_then_waits(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        note(i).await?;
    }
    signal::<u32>("go").await;
    Ok(())
}

/// A case: its name, the name of one item, and the run.
struct Case {
    name: &'static str,
    one: &'static str,
    sqlite_too: bool,
    run: Run,
}

/// The part of a run that is timed.
#[derive(Clone, Copy)]
enum Run {
    Ends(Start),
    /// Each step or compensation is let through once the previous one is recorded.
    OneByOne(Start),
    Signals,
    Reload,
    Fold,
    Undo,
    CancelInFlight,
}

/// Starts a saga of that size; the returned future ends when the saga has ended.
type Start = fn(Runtime, String, u32) -> Pin<Box<dyn Future<Output = Outcome<Ends>>>>;
type Ends = Pin<Box<dyn Future<Output = Outcome>>>;

const CASES: &[Case] = &[
    Case {
        name: "all",
        one: "µs CPU a branch",
        sqlite_too: true,
        run: Run::Ends(|runtime, id, n| Box::pin(start(runtime, id, wide(n)))),
    },
    Case {
        name: "all, ends apart",
        one: "µs CPU a branch",
        sqlite_too: false,
        run: Run::OneByOne(|runtime, id, n| Box::pin(start(runtime, id, wide_one_by_one(n)))),
    },
    Case {
        name: "all and back",
        one: "µs CPU a branch",
        sqlite_too: true,
        run: Run::Ends(|runtime, id, n| Box::pin(start(runtime, id, wide_back(n)))),
    },
    Case {
        name: "all and back, apart",
        one: "µs CPU a branch",
        sqlite_too: false,
        run: Run::OneByOne(|runtime, id, n| Box::pin(start(runtime, id, wide_back_one_by_one(n)))),
    },
    Case {
        name: "loop",
        one: "µs CPU a turn",
        sqlite_too: false,
        run: Run::Ends(|runtime, id, n| Box::pin(start(runtime, id, long(n)))),
    },
    Case {
        name: "loop and back",
        one: "µs CPU a turn",
        sqlite_too: false,
        run: Run::Ends(|runtime, id, n| Box::pin(start(runtime, id, long_back(n)))),
    },
    Case {
        name: "loop of all",
        one: "µs CPU a turn",
        sqlite_too: false,
        run: Run::Ends(|runtime, id, n| Box::pin(start(runtime, id, pairs(n)))),
    },
    Case { name: "signals", one: "µs CPU a signal", sqlite_too: true, run: Run::Signals },
    Case { name: "reload", one: "µs CPU a step", sqlite_too: false, run: Run::Reload },
    Case { name: "fold", one: "µs CPU a step", sqlite_too: false, run: Run::Fold },
    Case { name: "undo", one: "µs CPU a branch", sqlite_too: false, run: Run::Undo },
    Case { name: "cancel in flight", one: "µs CPU a branch", sqlite_too: false, run: Run::CancelInFlight },
];

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "scale: what one more costs in a saga of 100, 1,000 and 10,000; in memory but where it says SQLite",
    );
    for case in CASES {
        curve(case, report, None)?;
        if case.sqlite_too {
            curve(case, report, Some(stage))?;
        }
    }
    Ok(())
}

/// Prints the figures of one case, on SQLite if there is a stage.
fn curve(case: &Case, report: &mut Report, stage: Option<&Stage>) -> Outcome {
    let on = if stage.is_some() { ", SQLite" } else { "" };
    let mut at_first = None;
    for size in SIZES {
        let mut values = Vec::new();
        for _ in 0..ROUNDS {
            let sagas = (EACH_ROUND / size).max(1);
            let store: Arc<dyn Store> = match stage {
                Some(stage) => stage.store()?,
                None => Arc::new(MemoryStore::new()),
            };
            let seconds = thread()?.block_on(round(store, case.run, size, sagas))?;
            values.push(seconds * 1e6 / f64::from(size * sagas));
        }
        let first = *at_first.get_or_insert(median(&values));
        let growth = median(&values) / first;
        let name = case.name;
        report.add(&Figure {
            bench: "scale",
            at: format!("{name}{on}, {size}"),
            values,
            unit: case.one,
            target: None,
            beside: vec![("× that of 100", growth)],
        });
        if size == SIZES[SIZES.len() - 1] {
            report.add(&Figure {
                bench: "scale",
                at: format!("{name}{on}, growth"),
                values: vec![growth],
                unit: "× that of 100",
                target: Target::at_most(1.5, 1.5),
                beside: vec![],
            });
        }
    }
    Ok(())
}

async fn round(store: Arc<dyn Store>, run: Run, size: u32, sagas: u32) -> Outcome<f64> {
    // At most 32 compensations run at a time, the default; the others are queued.
    let builder = Runtime::builder(store);
    let builder = builder.saga::<wide>().saga::<wide_one_by_one>().saga::<wide_back>();
    let builder = builder.saga::<wide_back_one_by_one>().saga::<long>().saga::<long_back>().saga::<pairs>();
    let runtime = builder.saga::<signals>().saga::<long_then_waits>().start().await?;
    let mut seconds = 0.0;
    for n in 0..sagas {
        seconds += one(&runtime, &format!("saga-{n}"), run, size).await?;
    }
    runtime.shutdown().await;
    Ok(seconds)
}

/// Runs one saga; returns the duration of the measured part, in seconds.
async fn one(runtime: &Runtime, id: &str, run: Run, size: u32) -> Outcome<f64> {
    match run {
        Run::Ends(call) => {
            let watch = Watch::start();
            call(runtime.clone(), id.to_owned(), size).await?.await?;
            Ok(watch.stop(1).cpu_seconds)
        }
        Run::OneByOne(call) => {
            let watch = Watch::start();
            let ends = call(runtime.clone(), id.to_owned(), size).await?;
            let feeder = tokio::spawn(feed(size));
            ends.await?;
            let took = watch.stop(1).cpu_seconds;
            feeder.await?;
            Ok(took)
        }
        Run::Signals => {
            let handle = runtime.run(id, signals(size)).await?;
            let watch = Watch::start();
            for n in 0..size {
                handle.signal("go", &n.to_string(), &n).await?;
            }
            assert!(handle.outcome().await?.is_completed());
            Ok(watch.stop(1).cpu_seconds)
        }
        Run::Reload => {
            let handle = runtime.run(id, long_then_waits(size)).await?;
            while runtime.running() > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let watch = Watch::start();
            handle.signal("go", "1", &1).await?;
            assert!(handle.outcome().await?.is_completed());
            Ok(watch.stop(1).cpu_seconds)
        }
        Run::Fold => fold(runtime, id, size).await,
        Run::Undo => {
            let handle = runtime.run(id, wide(size)).await?;
            assert!(handle.outcome().await?.is_completed());
            let watch = Watch::start();
            handle.undo(By::new("Ann", "all of it")).await?;
            let mut records = handle.watch();
            while let Some(entry) = records.next().await? {
                if matches!(entry.record, saga::record::Record::UndoEnded) {
                    break;
                }
            }
            Ok(watch.stop(1).cpu_seconds)
        }
        Run::CancelInFlight => {
            let handle = runtime.run(id, wide_one_by_one(size)).await?;
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let watch = Watch::start();
            let cancelled = handle.cancel(By::new("Ann", "too many")).await?;
            let feeder = tokio::spawn(feed(size));
            cancelled.settled().await?;
            let took = watch.stop(1).cpu_seconds;
            feeder.await?;
            Ok(took)
        }
    }
}

async fn fold(runtime: &Runtime, id: &str, size: u32) -> Outcome<f64> {
    let handle = runtime.run(id, long(size)).await?;
    assert!(handle.outcome().await?.is_completed());
    let journal = handle.journal().await?;
    let watch = Watch::start();
    let state = State::of(SagaId::new(id)?, &journal)?;
    let took = watch.stop(1).cpu_seconds;
    drop(state);
    Ok(took)
}

/// Lets this number of steps through, each once the previous one is recorded.
async fn feed(size: u32) {
    for _ in 0..size {
        TURNSTILE.add_permits(1);
        while TURNSTILE.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // Wait for the step's end, and for the commit that records it.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}

async fn start<S: Saga>(runtime: Runtime, id: String, call: SagaCall<S>) -> Outcome<Ends> {
    let handle = runtime.run(id, call).await?;
    Ok(Box::pin(async move {
        let outcome = handle.outcome().await?;
        assert!(outcome.is_completed() || outcome.is_rolled_back(), "it is not stuck");
        Ok(())
    }))
}
