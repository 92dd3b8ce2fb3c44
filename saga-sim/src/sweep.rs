//! Runs many seeds, on all cores: each thread takes the next seed. Stops at a seed that fails, and reports the lowest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::coverage::Coverage;
use crate::generate::generate;
use crate::mutant::Mutant;
use crate::rule::Wrong;
use crate::run::run;

/// The result of many seeds.
#[derive(Debug, Default)]
pub struct Sweep {
    /// The number of runs.
    pub runs: u64,
    /// The lowest seed that failed; `None` if none did.
    pub failure: Option<Failure>,
    /// The coverage of all runs.
    pub coverage: Coverage,
}

/// A seed that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The rules that were broken.
    pub wrongs: Vec<Wrong>,
}

/// Runs `count` seeds starting at `from`, on `threads` threads; `progress` gets the number of finished runs.
pub fn sweep(
    from: u64,
    count: u64,
    threads: usize,
    mutant: Option<Mutant>,
    progress: &(dyn Fn(u64) + Sync),
) -> Sweep {
    let (next, done, failed) = (AtomicU64::new(from), AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let result = Mutex::new(Sweep::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::AcqRel);
                    if seed >= from.saturating_add(count) || seed > failed.load(Ordering::Acquire) {
                        return;
                    }
                    let report = run(&generate(seed), mutant);
                    let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                    result.runs += 1;
                    result.coverage.add(&report.coverage);
                    if !report.wrongs.is_empty() && seed < failed.fetch_min(seed, Ordering::AcqRel) {
                        result.failure = Some(Failure { seed, wrongs: report.wrongs });
                    }
                    drop(result);
                    progress(done.fetch_add(1, Ordering::AcqRel) + 1);
                }
            });
        }
    });
    result.into_inner().unwrap_or_else(PoisonError::into_inner)
}
