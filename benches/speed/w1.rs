//! W1: sagas of five steps of 100 bytes on SQLite, each step durable before the next. Rounds alternate with the bare
//! loop, which writes the same payloads with the same number of dependent commits.

use std::time::Duration;

use crate::Outcome;
use crate::bare;
use crate::drive::{self, Ran, Until, Workload};
use crate::report::{Figure, Report, Target, median};
use crate::sagas::{COMMITS, STEPS};
use crate::stage::Stage;

const ROUNDS: usize = 7;
/// The duration of one round of one side.
const ROUND: Duration = Duration::from_millis(1500);
/// The delay of every sync.
const DELAY: Duration = Duration::from_millis(1);

/// One line of the result.
struct Case {
    concurrency: usize,
    delay: Duration,
    target: Option<Target>,
    /// Syncs for each step.
    syncs: Option<Target>,
}

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "w1: ÷ bare loop, both WAL and synchronous=FULL, six dependent commits a saga, rounds in turns",
    );
    let case = |concurrency, delay, target, syncs| Case { concurrency, delay, target, syncs };
    for case in [
        case(1, Duration::ZERO, Target::at_least(0.65, 0.9), Target::at_most(1.25, 1.25)),
        case(64, Duration::ZERO, Target::at_least(0.3, 0.55), Target::at_most(0.06, 0.06)),
        case(256, Duration::ZERO, Target::at_least(0.35, 0.6), None),
        case(1024, Duration::ZERO, Target::at_least(0.45, 0.7), None),
        case(64, DELAY, Target::at_least(0.75, 0.9), None),
        case(256, DELAY, Target::at_least(0.75, 0.9), None),
    ] {
        stage.delayed(case.delay, || measure(stage, &case, report))?;
    }
    Ok(())
}

fn measure(stage: &Stage, case: &Case, report: &mut Report) -> Outcome {
    let (mut ours, mut limits, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // The side that begins alternates too.
        for side in [round % 2, (round + 1) % 2] {
            if side == 1 {
                limits.push(bare::round(stage, case.concurrency, COMMITS, ROUND)?);
                continue;
            }
            let store = stage.store()?;
            let before = stage.syncs();
            let ran = drive::round(store, Workload::W1, case.concurrency, Until::Passed(ROUND))?;
            syncs.push((stage.syncs() - before) as f64 / steps(&ran));
            ours.push(ran);
        }
    }
    let rates = |rounds: &[Ran]| rounds.iter().map(|ran| steps(ran) / ran.seconds).collect::<Vec<_>>();
    let cpu = |rounds: &[Ran]| {
        median(&rounds.iter().map(|ran| ran.cpu_seconds * 1e6 / steps(ran)).collect::<Vec<_>>())
    };
    let (our_rates, limit_rates) = (rates(&ours), rates(&limits));
    let delayed = if case.delay.is_zero() { "" } else { ", syncs +1 ms" };
    let at = format!("{} at once{delayed}", case.concurrency);
    report.add(&Figure {
        bench: "w1",
        at: at.clone(),
        values: our_rates.iter().zip(&limit_rates).map(|(ours, limit)| ours / limit).collect(),
        unit: "÷ bare",
        target: case.target,
        beside: vec![
            ("steps/s", median(&our_rates)),
            ("steps/s bare", median(&limit_rates)),
            ("µs CPU a step", cpu(&ours)),
            ("µs CPU a step bare", cpu(&limits)),
        ],
    });
    if let Some(target) = case.syncs {
        report.add(&Figure {
            bench: "w1",
            at,
            values: syncs,
            unit: "syncs a step",
            target: Some(target),
            beside: vec![],
        });
    }
    Ok(())
}

fn steps(ran: &Ran) -> f64 {
    (ran.sagas * STEPS) as f64
}
