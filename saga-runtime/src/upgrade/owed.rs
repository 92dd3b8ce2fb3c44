//! The steps that a saga owes or has in flight. A build must know them by name, and be able to read their inputs.

use std::collections::HashSet;

use saga_core::machine::order_of_undo;
use saga_core::record::Call;
use saga_core::state::{Status, StepState};
use saga_core::{Catalog as _, Kind, Name, Payload, Phase, SitePath, State, Timestamp};

use super::report::{Finding, Why};
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;

/// Returns the parts that this build does not have.
pub(super) fn misfits(
    state: &State,
    registry: &Registry,
    encoding: &Encoding,
    now: Timestamp,
) -> Vec<Finding> {
    let known = Known { registry, encoding };
    let mut found = Vec::new();
    let stands = Standing::of(state, now);
    for (site, step) in state.steps() {
        if let (true, Some(Ok(call))) = (step.owes_undo() && stands.may_undo(site, step), &step.undo) {
            found.extend(known.compensation(step, call).map(|why| (Some(site.clone()), why)));
        }
        if is_on_its_way(state, site, step) {
            found.extend(known.step(step).map(|why| (Some(site.clone()), why)));
            let settling = step.in_doubt.as_ref().and_then(|call| known.compensation(step, call));
            found.extend(settling.map(|why| (Some(site.clone()), why)));
        }
    }
    found
}

/// Returns true if an attempt of the step may still begin, or its outcome be probed.
fn is_on_its_way(state: &State, site: &SitePath, step: &StepState) -> bool {
    if step.doing.status == Status::Deferred {
        return !state.is_unwinding(site);
    }
    let may_have_happened = step.doing.doubt || step.doing.status == Status::Running;
    !step.doing.is_settled() && step.waived.is_none() && (may_have_happened || !state.is_unwinding(site))
}

/// Finds what can still be undone.
struct Standing<'a> {
    state: &'a State,
    now: Timestamp,
    /// Sites that can be undone only together with something irreversible.
    beyond: HashSet<&'a SitePath>,
}

impl<'a> Standing<'a> {
    fn of(state: &'a State, now: Timestamp) -> Self {
        let done = |step: &StepState| step.kind == Kind::Irreversible && step.doing.status == Status::Done;
        let irreversible: HashSet<SitePath> =
            state.steps().filter(|(_, step)| done(step)).map(|(site, _)| site.clone()).collect();
        let beyond = |site: &&SitePath| {
            !irreversible.is_empty()
                && order_of_undo(state, Some(site)).iter().any(|s| irreversible.contains(s))
        };
        Self { state, now, beyond: state.steps().map(|(site, _)| site).filter(beyond).collect() }
    }

    fn may_undo(&self, site: &SitePath, step: &StepState) -> bool {
        let until = step.undo.as_ref().and_then(|u| u.as_ref().ok()).and_then(|call| call.until);
        let too_late = self.state.phase() == Phase::Completed && until.is_some_and(|until| until < self.now);
        // A child that failed is undone even past its parent's point of no return.
        self.state.is_unwinding(site) || !(too_late || self.beyond.contains(site))
    }
}

struct Known<'a> {
    registry: &'a Registry,
    encoding: &'a Encoding,
}

impl Known<'_> {
    fn compensation(&self, step: &StepState, call: &Call) -> Option<Why> {
        if self.registry.find_step(&call.step).is_none() {
            let (compensation, undoes) = (call.step.clone(), step.step.clone());
            return Some(Why::UnknownCompensation { compensation, undoes });
        }
        self.input(&call.step, &call.input)
    }

    fn step(&self, recorded: &StepState) -> Option<Why> {
        let step = recorded.step.clone();
        let Some(policy) = self.registry.policy(&step) else { return Some(Why::UnknownStep { step }) };
        let is_same = match policy.kind {
            // What only undoes others is recorded as what nothing undoes, where it is deferred.
            Kind::Auxiliary if recorded.deferred => true,
            kind => kind == recorded.kind,
        };
        if !is_same {
            return Some(Why::KindChanged { step, recorded: recorded.kind, here: policy.kind });
        }
        self.input(&recorded.step, &recorded.input)
    }

    fn input(&self, step: &Name, input: &Payload) -> Option<Why> {
        let read = self.registry.find_step(step)?.check_input(input, self.encoding);
        read.err().map(|why| Why::Undecodable { detail: format!("the input of step {step}: {why}") })
    }
}
