//! Recovery: 10,000 sagas of W1 are under way in a process that is killed (`SIGKILL`) when half of their steps have run.
//! How soon after the file is opened again the first goes on, and how soon all are done, beside the time that the same
//! 10,000 take without a death, in turn.

use std::path::Path;
use std::time::{Duration, Instant};

use saga::store::{Query, Store};
use saga::{Phase, Runtime, SqliteStore};

use crate::Outcome;
use crate::drive::{self, Until};
use crate::report::{Figure, Report, Target, median};
use crate::sagas::{GIVEN, STEPS, five};
use crate::stage::Stage;

const SAGAS: usize = 10_000;
const ROUNDS: usize = 5;
/// How often it is looked whether all is done.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What a recovery came to.
struct Recovered {
    seconds: f64,
    first_ms: f64,
    /// Of all steps, those that ran after the death.
    part: f64,
}

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "recover: 10,000 sagas of W1 at once, killed when half of the steps have run; from the opening of the file",
    );
    let (mut whole, mut recovered) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(uninterrupted(stage)?);
        recovered.push(killed_and_recovered(stage)?);
    }
    let each = |value: fn(&Recovered, f64) -> f64| -> Vec<f64> {
        recovered.iter().zip(&whole).map(|(recovered, whole)| value(recovered, *whole)).collect()
    };
    report.add(&Figure {
        bench: "recover",
        at: "all are done".to_owned(),
        values: each(|recovered, whole| recovered.seconds / (whole * recovered.part)),
        unit: "÷ the same steps uninterrupted",
        target: Target::at_most(4.0, 2.0),
        beside: vec![
            ("÷ all steps uninterrupted", median(&each(|recovered, whole| recovered.seconds / whole))),
            ("s to recover", median(&each(|recovered, _| recovered.seconds))),
            ("s uninterrupted, all steps", median(&whole)),
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

/// Runs them all in a process that lives; gives the seconds.
fn uninterrupted(stage: &Stage) -> Outcome<f64> {
    let began = Instant::now();
    drive::round(stage.store()?, drive::Workload::W1, SAGAS, Until::Each(1))?;
    Ok(began.elapsed().as_secs_f64())
}

fn killed_and_recovered(stage: &Stage) -> Outcome<Recovered> {
    let db = stage.fresh()?;
    let (mut child, mut said) = stage.child("run", &db)?;
    let word = said.next().ok_or("the process that is to be killed said nothing")??;
    child.kill()?;
    child.wait()?;
    assert_eq!(word, "half");
    GIVEN.reset();
    let began = Instant::now();
    drive::thread()?.block_on(async {
        let store = stage.open(&db)?;
        let runtime = drive::start(store.clone()).await?;
        let seconds = all_done(&store, &runtime, began).await?;
        runtime.shutdown().await;
        let first_ms = GIVEN.first_after(began).as_secs_f64() * 1e3;
        Ok(Recovered { seconds, first_ms, part: GIVEN.count() as f64 / (SAGAS as u64 * STEPS) as f64 })
    })
}

/// Waits until every saga is completed. The store is asked only when nothing seems to be left, so that asking does not
/// slow down what is measured.
async fn all_done(store: &SqliteStore, runtime: &Runtime, began: Instant) -> Outcome<f64> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let seconds = began.elapsed().as_secs_f64();
        if runtime.running() == 0 && GIVEN.count() > 0 && completed(store).await? == SAGAS {
            return Ok(seconds);
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

/// The process that is killed: it says when half of the steps have run.
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
        // It was not killed in time.
        println!("all");
        Ok(())
    })
}
