//! The choice of cases, which follows from what the saga does in earlier ones. A compensation, for example, is made to
//! fail in the first case in which it runs.

mod residue;

use std::collections::HashSet;

use saga_core::{MemoryStore, Role, SitePath, Undoable};

use super::Matrix;
use super::case::{Case, Disturbance};
use super::report::{CaseReport, Ending, Report};
use super::run::{Expected, Point, Ran, Stage, Trace};
use super::world::World;
use crate::author::saga::Saga;
use crate::operate::runtime::{Builder, Runtime};
use crate::test::{Fault, Side, in_virtual_time};
use crate::value::samples::Failing;
use residue::References;

/// The cases of one matrix, and the results so far.
pub(super) struct Plan<S: Saga, W: World> {
    matrix: Matrix<S, W>,
    /// Knows the steps, for their errors.
    builder: Builder,
    report: Report,
    /// The world after the undisturbed run; `None` before it.
    after: Option<W::Seen>,
    /// The runs without a crash; the undisturbed run first.
    bases: Vec<Base>,
    /// The points that have been disturbed.
    covered: HashSet<Point>,
    references: References<W::Seen>,
}

struct Base {
    case: Case,
    ending: Ending,
    trace: Trace,
}

impl<S: Saga, W: World> Plan<S, W> {
    pub(super) fn new(matrix: Matrix<S, W>) -> Self {
        let builder = in_virtual_time(async {
            Stage::<S, W>::build(&(matrix.stage.make)(), Runtime::builder(MemoryStore::new()))
        });
        let report = Report::new(S::NAME);
        let (bases, covered) = (Vec::new(), HashSet::new());
        Self { matrix, builder, report, after: None, bases, covered, references: References::new() }
    }

    pub(super) fn run(mut self) -> Report {
        let calm = Expected { after: None, ending: Some(Ending::Completed) };
        let mut calm = self.matrix.stage.run(&Case::undisturbed(), &calm);
        if calm.report.wrong.is_none() && calm.report.stands.is_before() {
            calm.report.wrong = Some("the world shows nothing of what the saga has done".to_owned());
        }
        self.after = Some(calm.seen);
        self.report.cases.push(calm.report);
        self.bases.push(Base { case: Case::undisturbed(), ending: Ending::Completed, trace: calm.trace });
        if !self.report.is_right() {
            self.report.journal = self.bases.swap_remove(0).trace.journal;
            return self.report;
        }
        if let Some(case) = self.matrix.only.take() {
            return self.alone(&case);
        }
        self.disturb(0);
        self.stops();
        while let Some(base) = self.furthest() {
            self.disturb(base);
        }
        if self.matrix.crashes && !self.matrix.only_repeats {
            self.crash();
        }
        self.report
    }

    fn judged(&mut self, case: &Case, ending: Option<Ending>) -> (CaseReport, Trace) {
        let expected = Expected { after: self.after.as_ref(), ending };
        let Ran { mut report, trace, remains, .. } = self.matrix.stage.run(case, &expected);
        if let Some(remains) = remains {
            self.judge_remains(&mut report, &trace, &remains);
        }
        (report, trace)
    }

    fn alone(mut self, case: &Case) -> Report {
        // A step that runs twice must have the same result as one that runs once.
        let once = self.matrix.only_repeats.then(|| self.judged(&case.without_repeats(), None).0.ending);
        let (report, trace) = self.judged(case, once);
        self.report.cases.push(report);
        self.report.journal = trace.journal;
        self.report
    }

    /// Runs a case that later cases can extend.
    fn base(&mut self, case: Case, ending: Option<Ending>, is_shown: bool) {
        let (report, trace) = self.judged(&case, ending);
        let ending = report.ending;
        if is_shown {
            self.report.cases.push(report);
        }
        self.bases.push(Base { case, ending, trace });
    }

    /// Cancels the saga at each of its writes, and undoes it when it has completed.
    fn stops(&mut self) {
        let calm = &self.bases[0];
        let stops = (1..=calm.trace.writes).map(Disturbance::CancelAfter);
        let can_be_undone = calm.trace.state.undoable() != Undoable::No;
        let undo = can_be_undone.then_some(Disturbance::UndoneAfterwards);
        let mut stops: Vec<Case> = stops.chain(undo).map(Case::from).collect();
        let is_shown = !self.matrix.only_repeats;
        if !is_shown {
            // Only to make the compensations run.
            let points = calm.trace.points();
            let refusals = points.iter().filter_map(|(point, step)| match point {
                Point::Effect(site, Role::Do) | Point::Read(site) if self.failing(step).lasting => {
                    Some(Case::from(at(site, Role::Do, Fault::Refuses)))
                }
                _ => None,
            });
            stops.splice(0..0, refusals.collect::<Vec<_>>());
        }
        stops.into_iter().for_each(|case| self.base(case, None, is_shown));
    }

    /// Returns the case that passes most points without a disturbance yet; among equals a refusal, as the simplest.
    fn furthest(&self) -> Option<usize> {
        let fresh = |base: &Base| {
            base.trace.points().iter().filter(|(point, _)| !self.covered.contains(point)).count()
        };
        let rank = |base: &Base| (fresh(base), base.case.faults().all(|(.., fault)| fault == Fault::Refuses));
        let ranked = self.bases.iter().map(rank).enumerate().rev();
        let (best, (fresh, _)) = ranked.max_by_key(|(_, rank)| *rank)?;
        (fresh > 0).then_some(best)
    }

    /// Disturbs each point of a case that has not been disturbed yet.
    fn disturb(&mut self, base: usize) {
        let base = &self.bases[base];
        let (case, ending) = (base.case.clone(), base.ending);
        for (point, step) in base.trace.points() {
            if !self.covered.insert(point.clone()) {
                continue;
            }
            let expected = self.matrix.only_repeats.then_some(ending);
            for disturbance in self.disturbances(&point, &step) {
                self.base(case.and(disturbance), expected, true);
            }
        }
    }

    fn disturbances(&mut self, point: &Point, step: &str) -> Vec<Disturbance> {
        let (site, role, faults) = match point {
            Point::Question { site, ends } if !self.matrix.only_repeats => {
                let unanswered = ends.then(|| Disturbance::Unanswered(site.clone()));
                return std::iter::once(Disturbance::Denied(site.clone())).chain(unanswered).collect();
            }
            Point::Signal(site) if !self.matrix.only_repeats => {
                return vec![Disturbance::NoSignal(site.clone())];
            }
            Point::Effect(site, role) if self.matrix.only_repeats => (site, *role, vec![Fault::RunsTwice]),
            Point::Effect(site, role) => {
                let landed = [Fault::TimesOut, Fault::TimesOutLanded, Fault::Panics, Fault::PanicsLanded];
                // A compensation cannot be cancelled.
                let cancelled = (*role == Role::Do).then_some(Fault::Cancelled);
                let refuses = self.is_conclusive(step).then_some(Fault::RefusesAfterDoubt);
                let faults = [Fault::Refuses, Fault::FailsOnce].into_iter().chain(landed);
                let faults = faults.chain(cancelled).chain(refuses);
                (site, *role, faults.collect())
            }
            Point::Read(site) if !self.matrix.only_repeats => {
                let faults =
                    [Fault::Refuses, Fault::FailsOnce, Fault::TimesOut, Fault::Panics, Fault::Cancelled];
                (site, Role::Do, faults.to_vec())
            }
            _ => return Vec::new(),
        };
        let failing = self.failing(step);
        let can = |fault: &Fault| match fault {
            Fault::Refuses => failing.lasting,
            Fault::FailsOnce => failing.transient,
            Fault::RefusesAfterDoubt => failing.conclusive,
            _ => true,
        };
        let (can, cannot): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(can);
        if !failing.never {
            let why = |fault| {
                format!(
                    "{}: no such error of {step} is known; give one by `.error(…)`",
                    at(site, role, fault)
                )
            };
            self.report.not_run.extend(cannot.into_iter().map(why));
        }
        can.into_iter().map(|fault| at(site, role, fault)).collect()
    }

    /// Returns true if the errors of a repeat of the step may be conclusive.
    fn is_conclusive(&self, step: &str) -> bool {
        let step = self.builder.registry.find_step(step);
        step.is_some_and(|step| step.policy().conclusive.is_some())
    }

    fn failing(&self, step: &str) -> Failing {
        let nothing = Failing { never: true, lasting: false, transient: false, conclusive: false };
        let step = self.builder.registry.find_step(step);
        step.map_or(nothing, |step| step.failing(&self.matrix.stage.samples))
    }

    /// Runs everything again with a crash before and after each durable write.
    fn crash(&mut self) {
        for base in std::mem::take(&mut self.bases) {
            for write in 1..=base.trace.writes {
                for side in [Side::Before, Side::After] {
                    let case = base.case.and(Disturbance::Crash(write, side));
                    let (mut report, _) = self.judged(&case, None);
                    // The crash may prevent the disturbance, or cut it short.
                    report.came = true;
                    self.report.cases.push(report);
                }
            }
        }
    }
}

fn at(site: &SitePath, role: Role, fault: Fault) -> Disturbance {
    Disturbance::Fault { site: site.clone(), role, fault }
}
