//! Shrinks a failing case: leaves out what can be left out, repeatedly, in a fixed order.

use std::ops::Range;

use saga_runtime::defaults::COMPENSATIONS_MAX;

use crate::case::{Case, Plan, What, When};
use crate::mutant::Mutant;
use crate::program::{Deed, Fate, Fates, Op, Program};
use crate::rule::Rule;
use crate::run::run;

/// The maximum number of runs.
const RUNS_MAX: usize = 3000;
/// By so many writes a fault at a write is tried earlier, when sagas are left out.
const EARLIER_MAX: u64 = 10;

/// Returns the smallest case found that breaks the same rule, and the number of runs.
pub fn shrink(case: &Case, rule: Rule, mutant: Option<Mutant>) -> (Case, usize) {
    let mut smallest = case.clone();
    let mut runs = 0;
    'again: loop {
        for candidate in smaller(&smallest) {
            if runs == RUNS_MAX {
                return (smallest, runs);
            }
            runs += 1;
            if run(&candidate, mutant).wrongs.iter().any(|wrong| wrong.rule == rule) {
                smallest = candidate;
                continue 'again;
            }
        }
        return (smallest, runs);
    }
}

/// Returns cases that are smaller by one thing, the most reduced first.
fn smaller(case: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    // An act through a worker depends on whether its saga's index is even. Two sagas less keep that.
    for number in [2, 1] {
        if case.sagas.len() > number {
            let first = 0..=case.sagas.len() - number;
            let fewer: Vec<Case> = first.map(|first| without_sagas(case, first..first + number)).collect();
            // What they wrote before a fault is not counted then.
            cases.extend(
                (0..EARLIER_MAX).flat_map(|writes| fewer.iter().map(move |case| earlier(case, writes))),
            );
        }
    }
    if case.workers > 1 {
        cases.push(Case { workers: case.workers - 1, ..case.clone() });
    }
    if case.compensations_max < COMPENSATIONS_MAX {
        cases.push(Case { compensations_max: COMPENSATIONS_MAX, ..case.clone() });
    }
    for events in without_one(&case.events) {
        cases.push(Case { events, ..case.clone() });
    }
    for (number, plan) in case.sagas.iter().enumerate() {
        let mut put = |plan: Plan| {
            let mut sagas = case.sagas.clone();
            sagas[number] = plan;
            cases.push(Case { sagas, ..case.clone() });
        };
        for ops in smaller_ops(&plan.program.ops) {
            put(Plan { program: Program { ops }, ..plan.clone() });
        }
        if plan.urgent {
            put(Plan { urgent: false, ..plan.clone() });
        }
        if plan.at_ms > 0 {
            put(Plan { at_ms: 0, ..plan.clone() });
        }
    }
    cases
}

/// Leaves out these sagas, with the acts on them. The other acts stay with their sagas.
fn without_sagas(case: &Case, gone: Range<usize>) -> Case {
    let mut case = case.clone();
    case.events.retain_mut(|event| match &mut event.what {
        What::Act(saga, _) if gone.contains(saga) => false,
        What::Act(saga, _) => {
            *saga -= if *saga >= gone.end { gone.len() } else { 0 };
            true
        }
        _ => true,
    });
    case.sagas.drain(gone);
    case
}

/// Puts what happens at a write so many writes earlier.
fn earlier(case: &Case, writes: u64) -> Case {
    let mut case = case.clone();
    for event in &mut case.events {
        if let When::Write(write) = &mut event.when {
            *write = write.saturating_sub(writes).max(1);
        }
    }
    case
}

fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..all.len())
        .map(|gone| all.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, t)| t.clone()).collect())
}

fn smaller_ops(ops: &[Op]) -> Vec<Vec<Op>> {
    let mut all: Vec<Vec<Op>> = without_one(ops).collect();
    for (number, op) in ops.iter().enumerate() {
        // Replaces an operation by its contents.
        for inside in contents(op) {
            let mut flat = ops.to_vec();
            flat.splice(number..=number, inside);
            all.push(flat);
        }
        for smaller in smaller_op(op) {
            let mut one = ops.to_vec();
            one[number] = smaller;
            all.push(one);
        }
    }
    all
}

fn contents(op: &Op) -> Vec<Vec<Op>> {
    match op {
        Op::Either(then, otherwise) => vec![then.clone(), otherwise.clone()],
        Op::Loop { ops, .. } => vec![ops.clone()],
        Op::All { branches, .. } => vec![branches.clone()],
        Op::Child { program, .. } => vec![program.ops.clone()],
        _ => Vec::new(),
    }
}

fn smaller_op(op: &Op) -> Vec<Op> {
    match op {
        Op::Step(deed) => smaller_deeds(deed).into_iter().map(Op::Step).collect(),
        Op::Defer(deed) => smaller_deeds(deed).into_iter().map(Op::Defer).collect(),
        Op::Either(then, otherwise) => {
            let first = smaller_ops(then).into_iter().map(|then| Op::Either(then, otherwise.clone()));
            let second = smaller_ops(otherwise).into_iter().map(|other| Op::Either(then.clone(), other));
            first.chain(second).collect()
        }
        Op::Loop { turns, bound, ops } => {
            let fewer = (*turns > 1).then(|| Op::Loop { turns: turns - 1, bound: *bound, ops: ops.clone() });
            let inside = smaller_ops(ops).into_iter();
            fewer
                .into_iter()
                .chain(inside.map(|ops| Op::Loop { turns: *turns, bound: *bound, ops }))
                .collect()
        }
        Op::All { branches, limit, handled } => smaller_ops(branches)
            .into_iter()
            .map(|branches| Op::All { branches, limit: *limit, handled: *handled })
            .collect(),
        Op::Child { program, handled } => smaller_ops(&program.ops)
            .into_iter()
            .map(|ops| Op::Child { program: Program { ops }, handled: *handled })
            .collect(),
        Op::Sleep(ms) if *ms > 1 => vec![Op::Sleep(ms / 2)],
        _ => Vec::new(),
    }
}

fn smaller_deeds(deed: &Deed) -> Vec<Deed> {
    let with = |fates: Fates| Deed { fates, ..deed.clone() };
    let fates = &deed.fates;
    let mut all = Vec::new();
    all.extend(smaller_fates(&fates.go).into_iter().map(|go| with(Fates { go, ..fates.clone() })));
    all.extend(smaller_fates(&fates.undo).into_iter().map(|undo| with(Fates { undo, ..fates.clone() })));
    all.extend(smaller_fates(&fates.probe).into_iter().map(|probe| with(Fates { probe, ..fates.clone() })));
    all
}

fn smaller_fates(fates: &[Fate]) -> Vec<Vec<Fate>> {
    let none = (fates.len() > 1).then(Vec::new);
    none.into_iter().chain(without_one(fates)).collect()
}
