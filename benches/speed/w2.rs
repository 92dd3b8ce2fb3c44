//! W2: step five fails, and four compensations run. Rounds alternate with W1, compared by durable write: a rollback
//! should cost no more than what it undoes.

use std::time::Duration;

use crate::Outcome;
use crate::drive::{self, Until, Workload};
use crate::report::{Figure, Report, Target, median};
use crate::sagas::{COMMITS, COMMITS_W2};
use crate::stage::Stage;

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "w2: four steps, a fifth that fails, four compensations; by durable write ÷ W1, rounds in turns",
    );
    for concurrency in [64, 256] {
        let (mut values, mut forth, mut back) = (Vec::new(), Vec::<Wrote>::new(), Vec::<Wrote>::new());
        for round in 0..ROUNDS {
            let order = [[Workload::W1, Workload::W2], [Workload::W2, Workload::W1]][round % 2];
            for workload in order {
                let wrote = write(stage, workload, concurrency)?;
                if workload == Workload::W1 { forth.push(wrote) } else { back.push(wrote) }
            }
            values.push(back[round].per_s / forth[round].per_s);
        }
        report.add(&Figure {
            bench: "w2",
            at: format!("{concurrency} at once"),
            values,
            unit: "÷ w1",
            target: Target::at_least(0.85, 0.95),
            beside: vec![
                ("durable writes/s", middle(&back, |wrote| wrote.per_s)),
                ("durable writes/s of W1", middle(&forth, |wrote| wrote.per_s)),
                ("µs CPU a write", middle(&back, |wrote| wrote.cpu_us)),
                ("µs CPU a write of W1", middle(&forth, |wrote| wrote.cpu_us)),
            ],
        });
    }
    Ok(())
}

/// The durable writes of a round.
struct Wrote {
    per_s: f64,
    /// CPU time of one write, in microseconds.
    cpu_us: f64,
}

fn middle(rounds: &[Wrote], value: fn(&Wrote) -> f64) -> f64 {
    median(&rounds.iter().map(value).collect::<Vec<_>>())
}

/// Runs a round, and checks that the number of writes for each saga is right.
fn write(stage: &Stage, workload: Workload, concurrency: usize) -> Outcome<Wrote> {
    let store = stage.store()?;
    let ran = drive::round(store.clone(), workload, concurrency, Until::Passed(ROUND))?;
    let commits = if workload == Workload::W1 { COMMITS } else { COMMITS_W2 };
    let appends = store.stats().appends;
    assert_eq!(appends, ran.sagas * commits.cast_unsigned(), "durable writes of {workload:?}");
    let appends = appends as f64;
    Ok(Wrote { per_s: appends / ran.seconds, cpu_us: ran.cpu_seconds * 1e6 / appends })
}
