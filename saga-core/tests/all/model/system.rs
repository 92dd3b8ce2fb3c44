//! The system: a saga in a store, two workers, and the world. It is small enough to be copied for each event.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use saga_core::machine::{
    Answer, BodyEnd, Delivery, Ending, Evaluated, Event, Facts, Room, Work, advance, work,
};
use saga_core::record::AttemptError;
use saga_core::state::{Status, StepState};
use saga_core::{Entry, IdempotencyKey, Kind, Phase, Record, Role, Rollback, SitePath, State, Timestamp};

use super::worker::{Attempt, Budget, Worker, admitted, begins_no_other};
use crate::support::body::{Come, Node, poll};
use crate::support::desk::{Steps, UNDO, brief, by, call, failed, json};
use crate::support::rules::check_record;

#[derive(Clone)]
pub(crate) struct System {
    body: Vec<Node>,
    budget: Budget,
    now: Timestamp,
    /// The records in the store: folded, by their identity, and the epoch under which each was written.
    stored: State,
    journal: u64,
    written_by: Vec<u32>,
    /// The worker that holds the saga, and its epoch.
    holder: Option<(usize, u32)>,
    epochs: u32,
    workers: [Option<Worker>; 2],
    /// True while a cancel is in the saga's inbox; until its result is durable.
    cancel_waits: bool,
    /// True if an operator has cancelled. `has_stopped`: a stop is durable, or came too late.
    was_cancelled: bool,
    has_stopped: bool,
    /// True if other sagas have all slots for compensations.
    is_full: bool,
    /// Effects that happened, by key, once each: the world honours keys.
    landed: BTreeMap<String, (SitePath, Role)>,
    /// Attempts that no worker waits for any more, and that may still land.
    late: BTreeMap<String, (SitePath, Role)>,
    /// Keys that a probe has denied: they must never land.
    barred: BTreeSet<String>,
}

type Next = Vec<(String, System)>;

impl System {
    pub(crate) fn new(body: Vec<Node>, budget: Budget) -> Self {
        let (saga, input) = ("trip".into(), json("in"));
        let (deadline, key_namespace, session) = (None, None, None);
        let record = Record::Scheduled { saga, version: 1, input, deadline, key_namespace, session };
        let mut stored = State::new("saga-1".parse().unwrap());
        stored.apply(&Entry { seq: 0, at: Timestamp(0), record }).unwrap();
        System {
            body,
            budget,
            now: Timestamp(0),
            stored,
            journal: 0,
            written_by: vec![0],
            holder: None,
            epochs: 0,
            workers: [None, None],
            cancel_waits: false,
            was_cancelled: false,
            has_stopped: false,
            is_full: false,
            landed: BTreeMap::new(),
            late: BTreeMap::new(),
            barred: BTreeSet::new(),
        }
    }

    /// Returns a hash that identifies the state.
    pub(crate) fn identity(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.budget, self.now, self.journal, &self.written_by).hash(&mut hasher);
        (self.holder, self.cancel_waits, self.was_cancelled, self.has_stopped, self.is_full, &self.barred)
            .hash(&mut hasher);
        (self.landed.keys().collect::<Vec<_>>(), self.late.keys().collect::<Vec<_>>()).hash(&mut hasher);
        for worker in &self.workers {
            worker.is_some().hash(&mut hasher);
            if let Some(worker) = worker {
                (worker.epoch, worker.state.next_seq(), &worker.running).hash(&mut hasher);
                (worker.takes_cancel, &worker.line, &worker.admitted).hash(&mut hasher);
                worker.pending.iter().for_each(|entry| (entry.at, brief(&entry.record)).hash(&mut hasher));
            }
        }
        hasher.finish()
    }

    /// Returns true if nothing is left to be done, except by a person.
    pub(crate) fn has_ended(&self) -> bool {
        let phase = self.stored.phase();
        self.holder.is_none() && (phase.is_ended() || phase == Phase::DeadLettered)
    }

    /// Returns every event that can happen now.
    pub(crate) fn everything(&self) -> Next {
        let mut next = Next::new();
        for worker in 0..self.workers.len() {
            match &self.workers[worker] {
                None => self.claims(worker, &mut next),
                Some(it) if !it.pending.is_empty() => {
                    self.try_to(&mut next, format!("{worker} commits"), |s| s.commits(worker));
                    if self.budget.unheard > 0 {
                        // If the commit had failed, nothing would have changed. The worker repeats it in either case.
                        self.try_to(&mut next, format!("{worker} commits, and does not hear of it"), |s| {
                            s.budget.unheard -= 1;
                            s.writes(worker);
                        });
                    }
                }
                Some(_) => self.works(worker, &mut next),
            }
            if self.workers[worker].is_some() && self.budget.deaths > 0 {
                self.try_to(&mut next, format!("{worker} dies"), |s| {
                    s.budget.deaths -= 1;
                    s.loses(worker);
                });
            }
        }
        self.lease_ends(&mut next);
        if self.budget.cancels > 0 {
            self.try_to(&mut next, "somebody cancels".to_owned(), |s| {
                s.budget.cancels -= 1;
                (s.cancel_waits, s.was_cancelled) = (true, true);
            });
        }
        if !self.is_full && self.budget.crowds > 0 {
            self.try_to(&mut next, "others take all the room".to_owned(), |s| {
                s.budget.crowds -= 1;
                s.is_full = true;
            });
        }
        if self.is_full {
            self.try_to(&mut next, "the others are done".to_owned(), System::lets_in);
        }
        for key in self.late.keys() {
            self.try_to(&mut next, format!("what was late lands: {key}"), |s| {
                let effect = s.late.remove(key).unwrap();
                s.landed.insert(key.clone(), effect);
            });
        }
        next
    }

    fn try_to(&self, next: &mut Next, what: String, act: impl FnOnce(&mut System)) {
        let mut then = self.clone();
        act(&mut then);
        next.push((what, then));
    }

    // ---- the store

    fn claims(&self, worker: usize, next: &mut Next) {
        let stored = &self.stored;
        let sends_on = stored.phase() == Phase::DeadLettered && self.budget.redrives > 0;
        let is_idle = stored.phase().is_ended() || stored.phase() == Phase::DeadLettered;
        if self.holder.is_some() || (is_idle && !self.cancel_waits && !sends_on) {
            return;
        }
        self.try_to(next, format!("{worker} claims"), |s| {
            s.epochs += 1;
            s.holder = Some((worker, s.epochs));
            s.workers[worker] = Some(Worker {
                epoch: s.epochs,
                state: s.stored.clone(),
                pending: Vec::new(),
                takes_cancel: false,
                running: BTreeSet::new(),
                line: BTreeSet::new(),
                admitted: BTreeSet::new(),
            });
            // The previous worker may have died or released the saga: it counts as at most one death here.
            s.event(worker, Event::Recovered { is_poison: false });
            s.take_cancel(worker);
            if sends_on {
                s.budget.redrives -= 1;
                let redrive = Delivery::Redrive { site: None, input: None, by: by() };
                s.event(worker, Event::Delivered { delivery: redrive, evaluated: None });
            }
            s.event(worker, Event::Due);
            s.settle(worker);
        });
    }

    /// Ends a lease: that of a dead worker, or of a stalled one.
    fn lease_ends(&self, next: &mut Next) {
        let Some((worker, epoch)) = self.holder else { return };
        let lives = self.workers[worker].as_ref().is_some_and(|w| w.epoch == epoch);
        if !lives || self.budget.stalls > 0 {
            self.try_to(next, format!("the lease of {worker} ends"), |s| {
                s.budget.stalls -= u8::from(lives);
                s.holder = None;
            });
        }
    }

    /// Writes what is pending; returns true if it is durable now. A repeat is recognized, unless another worker has
    /// held the saga since.
    fn writes(&mut self, worker: usize) -> bool {
        let it = self.workers[worker].as_ref().unwrap();
        let first = it.pending[0].seq as usize;
        if self.written_by.get(first) == Some(&it.epoch) {
            return self.epochs == it.epoch;
        }
        if self.holder != Some((worker, it.epoch)) {
            return false;
        }
        for entry in &it.pending {
            let landed = self.landed.keys().map(|key| serde_json::from_value(key.clone().into()).unwrap());
            check_record(&self.stored, &entry.record, &landed.collect());
            self.stored.apply(entry).unwrap();
            self.has_stopped |=
                matches!(entry.record, Record::StopRequested { .. } | Record::RollbackStarted { .. });
            let mut hasher = DefaultHasher::new();
            (self.journal, entry.at, brief(&entry.record)).hash(&mut hasher);
            self.journal = hasher.finish();
            self.written_by.push(it.epoch);
        }
        self.cancel_waits &= !it.takes_cancel;
        let phase = self.stored.phase();
        if phase.is_ended() || phase == Phase::DeadLettered {
            self.holder = None;
        }
        true
    }

    /// Commits what is pending, and begins the work that follows; or the worker finds that it has lost the saga.
    fn commits(&mut self, worker: usize) {
        if !self.writes(worker) {
            return self.loses(worker);
        }
        let it = self.workers[worker].as_mut().unwrap();
        it.pending.clear();
        it.takes_cancel = false;
        for todo in work(&it.state, self.now) {
            if let Work::Attempt { site, role, attempt } = todo {
                let is_same = |a: &Attempt| a.site == *site && a.role == role && a.attempt == attempt;
                if !it.running.iter().any(is_same) {
                    let site = site.clone();
                    it.running.insert(Attempt { site, role, attempt, landed: false });
                }
            }
        }
        let phase = it.state.phase();
        if phase.is_ended() || phase == Phase::DeadLettered {
            self.workers[worker] = None;
        }
    }

    /// Ends the worker's claim; its attempts in flight may still land.
    fn loses(&mut self, worker: usize) {
        let it = self.workers[worker].take().unwrap();
        for attempt in it.running.iter().filter(|a| !a.landed) {
            let key = it.state.key(&attempt.site, attempt.role).to_string();
            self.late.insert(key, (attempt.site.clone(), attempt.role));
        }
        self.late.retain(|key, _| !self.landed.contains_key(key) && !self.barred.contains(key));
    }

    // ---- a worker

    fn event(&mut self, worker: usize, event: Event) {
        // A refused event changes nothing.
        self.accepts(worker, event);
    }

    /// Passes an event to the machine; returns true if it was not refused.
    fn accepts(&mut self, worker: usize, event: Event) -> bool {
        let it = self.workers[worker].as_mut().unwrap();
        let room = if self.is_full { Room::Limited } else { Room::Enough };
        let facts = Facts { now: self.now, catalog: &Steps, room, random: 0 };
        let (before, admitted) = (it.pending.len(), admitted(&event));
        let Ok(()) = advance(&mut it.state, event, &facts, &mut it.pending) else { return false };
        it.line.extend(it.state.take_waiting_for_room().into_iter().map(|(site, _)| site));
        if self.is_full {
            begins_no_other(&it.pending[before..], admitted.as_ref());
        }
        true
    }

    /// Frees the slots: queued compensations may begin.
    fn lets_in(&mut self) {
        self.is_full = false;
        for worker in self.workers.iter_mut().flatten() {
            worker.admitted.append(&mut worker.line);
        }
    }

    /// Runs the body as far as it can go.
    fn settle(&mut self, worker: usize) {
        for _ in 0..20 {
            let it = self.workers[worker].as_ref().unwrap();
            if !it.state.body_may_run() {
                break;
            }
            let (before, mut reached) = (it.pending.len(), Vec::new());
            let come = poll(&it.state, &self.body, "", &mut reached, &mut BTreeSet::new());
            reached.into_iter().for_each(|reach| self.event(worker, Event::Reached(reach)));
            match come {
                Come::Waits => {}
                Come::Done => self.event(worker, Event::BodyEnded(BodyEnd::Returned(json("end")))),
                Come::Failed => {
                    self.event(worker, Event::BodyEnded(BodyEnd::Failed(json("no"), "no".to_owned())));
                }
            }
            if self.workers[worker].as_ref().unwrap().pending.len() == before {
                break;
            }
        }
        // As in the driver.
        if self.workers[worker].as_ref().unwrap().state.is_blocked() {
            self.event(worker, Event::Idle);
        }
        let it = self.workers[worker].as_mut().unwrap();
        if it.pending.is_empty() && std::mem::take(&mut it.takes_cancel) {
            // It had no effect.
            self.cancel_waits = false;
        }
    }

    fn take_cancel(&mut self, worker: usize) {
        if self.cancel_waits && !self.workers[worker].as_ref().unwrap().takes_cancel {
            let cancel = Event::Delivered { delivery: Delivery::Cancel { by: by() }, evaluated: None };
            match self.accepts(worker, cancel) {
                true => self.workers[worker].as_mut().unwrap().takes_cancel = true,
                // That needs no record: the delivery is only removed from the inbox.
                false => (self.cancel_waits, self.has_stopped) = (false, true),
            }
        }
    }

    /// Adds the actions of a worker with nothing pending.
    fn works(&self, worker: usize, next: &mut Next) {
        let it = self.workers[worker].as_ref().unwrap();
        let holds = self.holder == Some((worker, it.epoch));
        if self.cancel_waits && holds {
            self.try_to(next, format!("{worker} takes the cancel"), |s| {
                s.take_cancel(worker);
                s.settle(worker);
            });
        }
        for site in &it.admitted {
            self.try_to(next, format!("{worker} is let in at {site}"), |s| {
                s.workers[worker].as_mut().unwrap().admitted.remove(site);
                s.event(worker, Event::Admitted { site: site.clone() });
                s.settle(worker);
            });
        }
        for attempt in &it.running {
            self.goes_on(worker, attempt, next);
        }
        for todo in work(&it.state, self.now) {
            match todo {
                Work::Attempt { .. } => {}
                Work::Probe { site } => self.probes(worker, site, next),
                Work::WakeAt { due, .. } => {
                    self.try_to(next, format!("{worker} wakes at {}", due.0), |s| {
                        s.now = s.now.max(due);
                        s.event(worker, Event::Due);
                        s.settle(worker);
                    });
                }
            }
        }
        let phase = it.state.phase();
        if holds && (phase.is_ended() || phase == Phase::DeadLettered) {
            self.try_to(next, format!("{worker} lets go"), |s| {
                s.workers[worker] = None;
                s.holder = None;
            });
        }
        // A worker may find at any time that it has lost the saga.
        if !holds && it.running.is_empty() {
            self.try_to(next, format!("{worker} finds that it has lost the saga"), |s| s.loses(worker));
        }
    }

    /// Adds what can happen to an attempt: it lands; it ends.
    fn goes_on(&self, worker: usize, attempt: &Attempt, next: &mut Next) {
        let it = self.workers[worker].as_ref().unwrap();
        let step = it.state.step(&attempt.site).unwrap();
        let key = it.state.key(&attempt.site, attempt.role).to_string();
        let name = format!("{} {:?} {}", attempt.site, attempt.role, attempt.attempt);
        let ends = |s: &mut System, ending: Ending| {
            s.workers[worker].as_mut().unwrap().running.remove(attempt);
            let Attempt { site, role, attempt, .. } = attempt.clone();
            s.event(worker, Event::AttemptEnded { site, role, attempt, ending });
            s.settle(worker);
        };
        if attempt.landed {
            let done = || Ending::Done(evaluated(step));
            self.try_to(next, format!("{worker}: {name} is done"), |s| ends(s, done()));
        } else if !self.barred.contains(&key) {
            self.try_to(next, format!("{worker}: {name} lands"), |s| {
                s.landed.insert(key.clone(), (attempt.site.clone(), attempt.role));
                s.late.remove(&key);
                let running = &mut s.workers[worker].as_mut().unwrap().running;
                running.remove(attempt);
                running.insert(Attempt { landed: true, ..attempt.clone() });
            });
        }
        if self.barred.contains(&key) {
            // Only a worker that has lost the saga still runs it.
            return self.try_to(next, format!("{worker}: {name} is refused"), |s| {
                ends(s, failed(false));
            });
        }
        if self.budget.troubles == 0 {
            return;
        }
        self.try_to(next, format!("{worker}: {name} is in doubt"), |s| {
            s.budget.troubles -= 1;
            if !s.landed.contains_key(&key) {
                s.late.insert(key.clone(), (attempt.site.clone(), attempt.role));
            }
            ends(s, Ending::InDoubt { trouble: AttemptError::TimedOut });
        });
        // A service that knows the key reports the result, and not a failure.
        if !attempt.landed && !self.landed.contains_key(&key) {
            for permanent in [false, true] {
                self.try_to(next, format!("{worker}: {name} fails, for good: {permanent}"), |s| {
                    s.budget.troubles -= 1;
                    ends(s, failed(permanent));
                });
            }
        }
    }

    fn probes(&self, worker: usize, site: &SitePath, next: &mut Next) {
        let it = self.workers[worker].as_ref().unwrap();
        let key = it.state.key(site, Role::Do).to_string();
        let step = it.state.step(site).unwrap();
        self.try_to(next, format!("{worker} asks about {site}"), |s| {
            let answer = match s.landed.contains_key(&key) {
                true => Answer::Happened(evaluated(step)),
                false => {
                    s.late.remove(&key);
                    s.barred.insert(key.clone());
                    Answer::NotHappened
                }
            };
            s.event(worker, Event::ProbeEnded { site: site.clone(), answer });
            s.settle(worker);
        });
    }

    // ---- what must hold

    /// Checks the rules of every state, besides those of each record.
    pub(crate) fn check(&self) {
        let state = &self.stored;
        assert!(!self.was_cancelled || self.cancel_waits || self.has_stopped, "a cancel is lost");
        for (site, role) in self.landed.values().chain(self.late.values()) {
            assert!(state.step(site).is_some(), "{site} was begun before its intent was durable");
            let undone = *role == Role::Undo;
            assert!(!undone || state.step(site).unwrap().undoing.is_some(), "{site} was undone unasked");
        }
        if self.has_ended() && self.late.is_empty() && state.phase() == Phase::RolledBack {
            self.check_books(state);
        }
    }

    /// Checks that after a rollback every effect is undone or listed.
    fn check_books(&self, state: &State) {
        let left: Vec<SitePath> = match state.rollback() {
            Rollback::Partial { left, .. } => left.into_iter().map(|l| l.site).collect(),
            Rollback::None | Rollback::Complete { .. } => Vec::new(),
        };
        for (site, step) in state.steps() {
            let of =
                |role, generation| IdempotencyKey::of(None, state.id(), site, role, generation).to_string();
            let happened = (0..=step.doing.generation).any(|g| self.landed.contains_key(&of(Role::Do, g)));
            let undone = step
                .undoing
                .as_ref()
                .is_some_and(|u| (0..=u.generation).any(|g| self.landed.contains_key(&of(Role::Undo, g))));
            assert!(
                !happened || undone || left.contains(site),
                "{site} happened, and is neither undone nor listed"
            );
            assert!(
                !happened || step.doing.status != Status::Failed || undone,
                "{site} is said not to have happened"
            );
        }
    }
}

fn evaluated(step: &StepState) -> Evaluated {
    let undo = (step.kind == Kind::Compensated).then(|| Ok(call(UNDO)));
    Evaluated { output: Ok(json("out")), undo }
}
