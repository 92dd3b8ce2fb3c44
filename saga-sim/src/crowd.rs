//! The number of compensations of each step that one process runs at a time, checked against the limit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::books::Books;
use crate::rule::Rule;

/// The compensations in flight in one process; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    max: usize,
    steps: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

/// One of them; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Member {
    crowd: Crowd,
    step: &'static str,
}

impl Crowd {
    pub(crate) fn of_at_most(max: usize) -> Self {
        Self { max, steps: Arc::default() }
    }

    fn steps(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a compensation that begins.
    pub(crate) fn joined(&self, books: &mut Books, step: &'static str) -> Member {
        let now = {
            let mut steps = self.steps();
            let now = steps.entry(step).or_default();
            *now += 1;
            *now
        };
        if now > self.max {
            let what = format!("{now} compensations by {step} run at a time, and {} may", self.max);
            books.wrong(Rule::Crowd, what);
        }
        Member { crowd: self.clone(), step }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(now) = self.crowd.steps().get_mut(self.step) {
            *now -= 1;
        }
    }
}
