//! Everything succeeds, and operators know the world: then a saga must end.

use saga_core::machine::{Delivery, Ending, Event, Work, work};
use saga_core::record::Knowledge;
use saga_core::state::SiteState;
use saga_core::{Blocker, Phase, Reason, Role};

use super::{World, evaluated};
use crate::support::desk::{by, json};

impl World {
    pub(super) fn all_ends_well(&mut self) {
        for _ in 0..400 {
            if self.state.phase().is_ended() {
                return self.check_end();
            }
            self.one_good_thing();
            self.settle_body();
        }
        panic!("it does not end: {}", self.standing());
    }

    fn one_good_thing(&mut self) {
        let todo: Vec<_> = work(&self.state, self.now).collect();
        if let Some((site, step)) = self.reads.pop_first() {
            let (step, input, result) = (step.into(), json("x"), Ok(json("read")));
            self.event(Event::Read { site, step, input, result, attempts: 1 });
        } else if let Some(Work::Attempt { site, role, attempt }) = todo.first() {
            let (site, role, attempt) = ((*site).clone(), *role, *attempt);
            self.landed.insert(self.state.key(&site, role));
            let done = evaluated(self.state.step(&site).unwrap(), false);
            self.event(Event::AttemptEnded { site, role, attempt, ending: Ending::Done(done) });
        } else if let Some(Work::Probe { site }) = todo.first() {
            let site = (*site).clone();
            self.probe_ends(site, true);
        } else if let Some(Work::WakeAt { due, .. }) = todo.first() {
            self.now = self.now.max(*due);
            self.due();
        } else if self.state.phase() == Phase::DeadLettered {
            self.mend();
        } else {
            let is_child = |s: &SiteState| matches!(s, SiteState::Child { .. });
            let open = self
                .state
                .open_sites()
                .find(|(_, s)| !is_child(s))
                .map(|(site, s)| (site.clone(), s.clone()));
            let (site, state) = open.expect("something is awaited");
            match state {
                SiteState::Ask { .. } => {
                    assert!(self.deliver(Delivery::Answer { site: Some(site), approved: true, by: by() }));
                }
                SiteState::Wait { .. } => {
                    self.signals += 1;
                    let (id, name) = (format!("s{}", self.signals), "paid".to_owned());
                    assert!(self.deliver(Delivery::Signal { id, name, payload: json("money") }));
                }
                other => panic!("nothing moves, and {site} is {other:?}"),
            }
        }
    }

    /// Resolves one blocker, as an operator that knows the world.
    fn mend(&mut self) {
        let blockers: Vec<Blocker> = self.state.blockers().cloned().collect();
        assert!(!blockers.is_empty(), "a dead letter has a blocker");
        // The same body fails there again after every redrive.
        if blockers.iter().all(|blocker| blocker.reason == Reason::FailedPastNoReturn) {
            assert!(self.deliver(Delivery::Abandon { by: by() }));
            return;
        }
        // What may be forgotten is not repeated: an operator says what happened.
        let forgotten =
            blockers.iter().find(|b| b.role == Role::Do && b.detail.ends_with("remembers its key"));
        if let Some(site) = forgotten.and_then(|blocker| blocker.site.clone()) {
            let truth = self.truth(site, Role::Do);
            assert!(self.deliver(truth), "what is in doubt can be resolved");
            return;
        }
        if self.deliver(Delivery::Redrive { site: None, input: None, by: by() }) {
            return;
        }
        for Blocker { site, role, .. } in blockers {
            let Some(site) = site else { continue };
            let truth = self.truth(site.clone(), role);
            let by_hand = Delivery::Resolve {
                site: site.clone(),
                role,
                knowledge: Knowledge::Happened { output: json("by hand") },
                by: by(),
            };
            let acts = [
                truth,
                Delivery::Redrive { site: Some(site.clone()), input: None, by: by() },
                Delivery::Waive { site: site.clone(), by: by() },
                by_hand,
            ];
            for (i, act) in acts.into_iter().enumerate() {
                if i == 3 {
                    // A compensation done by hand; an output given for what did happen.
                    self.landed.insert(self.state.key(&site, role));
                }
                if self.deliver(act) {
                    return;
                }
            }
        }
        panic!("no act mends it: {:?}", self.state.blockers().collect::<Vec<_>>());
    }
}
