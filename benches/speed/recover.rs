//! Recovery: 10,000 sagas of W1 run in a process that is killed (`SIGKILL`) after half of their steps. Measured are the
//! times from reopening the file to the first step, and to the last. They are compared with an uninterrupted run of the
//! same 10,000; runs of both kinds alternate.

use std::path::Path;
use std::time::Duration;

use saga::store::{Query, Store};
use saga::{Phase, Runtime, SqliteStore};

use crate::Outcome;
use crate::drive::{self, Ran, Until, Watch};
use crate::report::{Figure, Report, Target, median};
use crate::sagas::{GIVEN, STEPS, five};
use crate::stage::Stage;

const SAGAS: usize = 10_000;
const ROUNDS: usize = 5;
/// The interval between checks for the end.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The result of a recovery.
struct Recovered {
    seconds: f64,
    cpu_seconds: f64,
    first_ms: f64,
    /// The share of all steps that ran after the death.
    part: f64,
}

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "recover: 10,000 sagas of W1 at once, killed when half of the steps have run; from the opening of the file",
    );
    let (mut whole, mut recovered): (Vec<Ran>, Vec<_>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(uninterrupted(stage)?);
        recovered.push(killed_and_recovered(stage)?);
    }
    let each = |value: fn(&Recovered, &Ran) -> f64| -> Vec<f64> {
        recovered.iter().zip(&whole).map(|(recovered, whole)| value(recovered, whole)).collect()
    };
    report.add(&Figure {
        bench: "recover",
        at: "all are done".to_owned(),
        values: each(|recovered, whole| recovered.seconds / (whole.seconds * recovered.part)),
        unit: "÷ the same steps uninterrupted",
        target: Target::at_most(4.0, 2.0),
        beside: vec![
            (
                "÷ all steps uninterrupted",
                median(&each(|recovered, whole| recovered.seconds / whole.seconds)),
            ),
            ("s to recover", median(&each(|recovered, _| recovered.seconds))),
            ("s uninterrupted, all steps", median(&each(|_, whole| whole.seconds))),
            ("s CPU to recover", median(&each(|recovered, _| recovered.cpu_seconds))),
            ("s CPU uninterrupted, all steps", median(&each(|_, whole| whole.cpu_seconds))),
            ("of the steps were left", median(&each(|recovered, _| recovered.part))),
        ],
    });
    report.add(&Figure {
        bench: "recover",
        at: "the first goes on".to_owned(),
        values: each(|recovered, _| recovered.first_ms),
        unit: "ms after the start",
        target: Target::at_most(100.0, 100.0),
        beside: vec![],
    });
    Ok(())
}

/// Runs all sagas in a process that is not killed.
fn uninterrupted(stage: &Stage) -> Outcome<Ran> {
    let watch = Watch::start();
    drive::round(stage.store()?, drive::Workload::W1, SAGAS, Until::Each(1))?;
    Ok(watch.stop(SAGAS as u64))
}

fn killed_and_recovered(stage: &Stage) -> Outcome<Recovered> {
    let db = stage.fresh()?;
    let (mut child, mut said) = stage.child("run", &db)?;
    let word = said.next().ok_or("the process that is to be killed said nothing")??;
    child.kill()?;
    child.wait()?;
    assert_eq!(word, "half");
    GIVEN.reset();
    let watch = Watch::start();
    drive::thread()?.block_on(async {
        let store = stage.open(&db)?;
        let runtime = drive::start(store.clone()).await?;
        let Ran { seconds, cpu_seconds, .. } = all_done(&store, &runtime, &watch).await?;
        runtime.shutdown().await;
        let first_ms = GIVEN.first_after(watch.began).as_secs_f64() * 1e3;
        let part = GIVEN.count() as f64 / (SAGAS as u64 * STEPS) as f64;
        Ok(Recovered { seconds, cpu_seconds, first_ms, part })
    })
}

/// Waits until every saga is completed. The store is queried only once the runtime drives nothing, because queries
/// would slow down what is measured.
async fn all_done(store: &SqliteStore, runtime: &Runtime, watch: &Watch) -> Outcome<Ran> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let ran = watch.stop(SAGAS as u64);
        if runtime.running() == 0 && GIVEN.count() > 0 && completed(store).await? == SAGAS {
            return Ok(ran);
        }
    }
}

async fn completed(store: &SqliteStore) -> Outcome<usize> {
    let mut query = Query { phases: vec![Phase::Completed], limit: 1000, ..Query::default() };
    let mut count = 0;
    loop {
        let page = store.query(&query).await?;
        count += page.sagas.len();
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(count),
        }
    }
}

/// Runs the process to be killed, which reports when half of the steps have run.
pub(crate) fn child(stage: &Stage, db: &Path) -> Outcome {
    GIVEN.reset();
    std::thread::spawn(|| {
        while GIVEN.count() < SAGAS as u64 * STEPS / 2 {
            std::thread::sleep(LOOK_EVERY);
        }
        println!("half");
    });
    drive::thread()?.block_on(async {
        let runtime = drive::start(stage.open(db)?).await?;
        drive::clients(&runtime, || five(7), SAGAS, Until::Each(1)).await?;
        // The process was not killed in time.
        println!("all");
        Ok(())
    })
}
