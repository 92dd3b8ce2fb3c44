//! W1 on the store in memory: the cost of a step without the disk.

use std::sync::Arc;

use saga::MemoryStore;

use crate::Outcome;
use crate::drive::{Until, Workload, round};
use crate::report::{Figure, Report, Target, median};
use crate::sagas::STEPS;
use crate::stage::Stage;

const ROUNDS: usize = 7;
const SAGAS: usize = 4096;

pub(crate) fn run(_stage: &Stage, report: &mut Report) -> Outcome {
    report.title("memory: W1 on the memory store, one thread; nothing is durable");
    for concurrency in [1, 64, 256, 1024] {
        let (mut values, mut cpu) = (Vec::new(), Vec::new());
        let until = Until::Each((SAGAS / concurrency).max(2));
        for _ in 0..ROUNDS {
            let ran = round(Arc::new(MemoryStore::new()), Workload::W1, concurrency, until)?;
            let steps = (ran.sagas * STEPS) as f64;
            values.push(ran.seconds * 1e6 / steps);
            cpu.push(ran.cpu_seconds * 1e6 / steps);
        }
        report.add(&Figure {
            bench: "memory",
            at: format!("{concurrency} at once"),
            values,
            unit: "µs a step",
            target: Target::at_most(2.0, 1.0),
            beside: vec![("µs CPU a step", median(&cpu))],
        });
    }
    Ok(())
}
