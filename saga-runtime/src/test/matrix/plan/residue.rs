//! Distinguishes the residue of undone steps from effects that were forgotten.
//!
//! A world is opaque, so residue cannot be removed from it. It is compared with the worlds of *clean* runs instead. In
//! a clean run the same steps were done once and undone once, and nothing was in doubt. It is the case itself without
//! what leaves doubt, stopped as early as it leaves that residue. Nothing more than necessary is undone in it, so
//! anything else that was forgotten shows as a difference.

use saga_core::state::Status;
use saga_core::{Residue, Role, SitePath};

use super::super::case::{Case, Disturbance};
use super::super::report::{CaseReport, Ending};
use super::super::run::{Expected, Remains, Trace};
use super::super::world::World;
use super::{Plan, at};
use crate::author::saga::Saga;
use crate::test::Fault;

/// The world after a clean run.
struct Reference<T> {
    case: Case,
    residue: Vec<Residue>,
    seen: T,
}

/// The clean runs so far.
pub(super) struct References<T> {
    /// Keyed by the case without a stop.
    known: Vec<(Case, Vec<Reference<T>>)>,
}

impl<T> References<T> {
    pub(super) fn new() -> Self {
        Self { known: Vec::new() }
    }
}

impl<S: Saga, W: World> Plan<S, W> {
    /// Judges a world that is not as before, of a saga that has undone all its effects and reports residue.
    pub(super) fn judge_remains(&mut self, report: &mut CaseReport, trace: &Trace, remains: &Remains<W>) {
        if let Some(right) = &self.matrix.stage.leaves {
            if !right(&remains.residue, &remains.seen) {
                report.wrong.get_or_insert(remains.otherwise("what is left is not as it was to be"));
            }
            return;
        }
        let bases = self.clean(&report.case, trace);
        let mut wanted = None;
        for base in &bases {
            for reference in self.references(base) {
                if reference.seen == remains.seen && is_within(&reference.residue, &remains.residue) {
                    return;
                }
                if reference.residue == remains.residue && wanted.is_none() {
                    wanted = Some(format!("{:?} ({})", reference.seen, reference.case));
                }
            }
        }
        let left = told(&remains.residue);
        match wanted {
            Some(wanted) => {
                let than = format!("the world is not as a run without a fault leaves it, in which {left}");
                let wrong = format!("{}\n  without {wanted}", remains.otherwise(&than));
                report.wrong.get_or_insert(wrong);
            }
            None => {
                let why = format!("{}: no run without a fault was found in which just {left}", report.case);
                self.report.not_judged.push(why);
            }
        }
    }

    /// Returns the case without what leaves doubt: attempts in doubt succeed, and steps that failed in the end are
    /// refused.
    fn clean(&self, case: &Case, trace: &Trace) -> Vec<Case> {
        let calm = case.without_doubt();
        let meets = |site: &SitePath| calm.faults().any(|(at, ..)| at == *site);
        let failed = trace.state.steps().filter(|(site, step)| {
            step.doing.status == Status::Failed && !meets(site) && self.failing(&step.step).lasting
        });
        let refusing =
            failed.fold(calm.clone(), |case, (site, _)| case.and(at(site, Role::Do, Fault::Refuses)));
        let mut bases = vec![Case::undisturbed(), calm, refusing];
        bases.dedup();
        bases
    }

    /// Returns the worlds that a clean case leaves: stopped at each of its writes, not stopped, and undone afterwards.
    /// Each residue is listed where it is found first.
    fn references(&mut self, base: &Case) -> &[Reference<W::Seen>] {
        let known = self.references.known.iter().position(|(case, _)| case == base);
        let known = known.unwrap_or_else(|| {
            let references = self.stopped(base);
            self.references.known.push((base.clone(), references));
            self.references.known.len() - 1
        });
        &self.references.known[known].1
    }

    fn stopped(&mut self, base: &Case) -> Vec<Reference<W::Seen>> {
        let calm = Expected { after: None, ending: None };
        let whole = self.matrix.stage.run(base, &calm);
        let early = (1..=whole.trace.writes).map(Disturbance::CancelAfter);
        let early: Vec<_> = early.map(|stop| self.matrix.stage.run(&base.and(stop), &calm)).collect();
        let undone = (whole.report.ending == Ending::Completed)
            .then(|| self.matrix.stage.run(&base.and(Disturbance::UndoneAfterwards), &calm));
        let mut references: Vec<Reference<W::Seen>> = Vec::new();
        for ran in early.into_iter().chain([whole]).chain(undone) {
            let Some(Remains { residue, seen, .. }) = ran.remains else { continue };
            if references.iter().any(|known| known.residue == residue) {
                continue;
            }
            let world = format!("{}: {seen:?} (", told(&residue));
            if !self.report.residue.iter().any(|shown| shown.starts_with(&world)) {
                self.report.residue.push(format!("{world}{})", ran.report.case));
            }
            references.push(Reference { case: ran.report.case, residue, seen });
        }
        references
    }
}

fn is_within(some: &[Residue], all: &[Residue]) -> bool {
    some.iter().all(|one| all.contains(one))
}

fn told(residue: &[Residue]) -> String {
    let told: Vec<String> = residue.iter().map(|r| format!("{} leaves {}", r.site, r.what)).collect();
    told.join(" and ")
}
