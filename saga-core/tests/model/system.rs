//! The system: a saga in a store, two workers, and the world. Small enough to be copied for each thing that can happen.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use saga_core::machine::{Answer, BodyEnd, Delivery, Ending, Evaluated, Event, Facts, Work, advance, work};
use saga_core::record::Trouble;
use saga_core::state::{Status, StepState};
use saga_core::{Entry, IdempotencyKey, Kind, Phase, Record, Role, Rollback, Site, State, Timestamp};

use crate::body::{Come, Node, poll};
use crate::desk::{Steps, UNDO, brief, by, call, error, json};
use crate::rules::check_record;

/// How much misfortune there may be.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Budget {
    pub(crate) deaths: u8,
    pub(crate) stalls: u8,
    pub(crate) cancels: u8,
    pub(crate) troubles: u8,
    pub(crate) redrives: u8,
}

/// An attempt that runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Attempt {
    site: Site,
    role: Role,
    attempt: u32,
    landed: bool,
}

/// A worker that drives the saga, or thinks that it does.
#[derive(Clone)]
struct Worker {
    epoch: u32,
    state: State,
    /// Decided, and not durable.
    pending: Vec<Entry>,
    running: BTreeSet<Attempt>,
}

#[derive(Clone)]
pub(crate) struct System {
    body: Vec<Node>,
    budget: Budget,
    now: Timestamp,
    journal: Vec<Entry>,
    /// Which worker holds the saga, and under which number.
    holder: Option<(usize, u32)>,
    epochs: u32,
    workers: [Option<Worker>; 2],
    cancel_waits: bool,
    /// Effects that happened, by key: once each, the world honours keys.
    landed: BTreeMap<String, (Site, Role)>,
    /// Attempts nobody waits for any more, that may land yet.
    late: BTreeMap<String, (Site, Role)>,
    /// Keys that a probe has said have not happened: the promise is that they never will.
    barred: BTreeSet<String>,
}

type Next = Vec<(String, System)>;

impl System {
    pub(crate) fn new(body: Vec<Node>, budget: Budget) -> Self {
        let record = Record::Scheduled { saga: "trip".into(), version: 1, input: json("in"), deadline: None };
        let journal = vec![Entry { seq: 0, at: Timestamp(0), record }];
        System {
            body,
            budget,
            now: Timestamp(0),
            journal,
            holder: None,
            epochs: 0,
            workers: [None, None],
            cancel_waits: false,
            landed: BTreeMap::new(),
            late: BTreeMap::new(),
            barred: BTreeSet::new(),
        }
    }

    /// What tells it from other states.
    pub(crate) fn identity(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let entries = |entries: &[Entry], hasher: &mut DefaultHasher| {
            entries.iter().for_each(|entry| (entry.at, brief(&entry.record)).hash(hasher));
            entries.len().hash(hasher);
        };
        entries(&self.journal, &mut hasher);
        (self.budget, self.now, self.holder, self.cancel_waits, &self.barred).hash(&mut hasher);
        (self.landed.keys().collect::<Vec<_>>(), self.late.keys().collect::<Vec<_>>()).hash(&mut hasher);
        for worker in &self.workers {
            worker.is_some().hash(&mut hasher);
            if let Some(worker) = worker {
                (worker.epoch, worker.state.next_seq(), &worker.running).hash(&mut hasher);
                entries(&worker.pending, &mut hasher);
            }
        }
        hasher.finish()
    }

    fn stored(&self) -> State {
        State::of("saga-1".parse().unwrap(), &self.journal).unwrap()
    }

    /// Whether nothing is left to be done, but by a person.
    pub(crate) fn has_ended(&self) -> bool {
        let phase = self.stored().phase();
        self.holder.is_none() && (phase.is_ended() || phase == Phase::DeadLettered)
    }

    /// All that can happen now.
    pub(crate) fn everything(&self) -> Next {
        let mut next = Next::new();
        for worker in 0..self.workers.len() {
            match &self.workers[worker] {
                None => self.claims(worker, &mut next),
                Some(it) if !it.pending.is_empty() => {
                    self.try_to(&mut next, format!("{worker} commits"), |s| s.commits(worker));
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
                s.cancel_waits = true;
            });
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
        let stored = self.stored();
        let sends_on = stored.phase() == Phase::DeadLettered && self.budget.redrives > 0;
        let is_idle = stored.phase().is_ended() || stored.phase() == Phase::DeadLettered;
        if self.holder.is_some() || (is_idle && !self.cancel_waits && !sends_on) {
            return;
        }
        self.try_to(next, format!("{worker} claims"), |s| {
            s.epochs += 1;
            s.holder = Some((worker, s.epochs));
            let (epoch, running) = (s.epochs, BTreeSet::new());
            s.workers[worker] = Some(Worker { epoch, state: stored, pending: Vec::new(), running });
            // Whether whoever had it before has died or let it go: it counts as a death at most once here.
            s.event(worker, Event::Recovered { deaths: u32::from(s.epochs > 1) });
            if sends_on {
                s.budget.redrives -= 1;
                let redrive = Delivery::Redrive { site: None, input: None, by: by() };
                s.event(worker, Event::Delivered { delivery: redrive, evaluated: None });
            }
            s.take_cancel(worker);
            s.settle(worker);
        });
    }

    /// A lease ends: of a worker that is gone, or of one that stalls.
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

    /// Its records become durable, and what they imply begins; or it learns that it holds nothing any more.
    fn commits(&mut self, worker: usize) {
        let it = self.workers[worker].as_mut().unwrap();
        if self.holder != Some((worker, it.epoch)) {
            return self.loses(worker);
        }
        for entry in it.pending.drain(..) {
            let state = State::of("saga-1".parse().unwrap(), &self.journal).unwrap();
            let landed = self.landed.keys().map(|key| serde_json::from_value(key.clone().into()).unwrap());
            check_record(&state, &entry.record, &landed.collect());
            self.journal.push(entry);
        }
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
            self.holder = None;
        }
    }

    /// It drives the saga no more; what it was about may land yet.
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
        let it = self.workers[worker].as_mut().unwrap();
        let facts = Facts { now: self.now, catalog: &Steps, random: 0 };
        // What is refused changes nothing.
        if let Ok(entries) = advance(&mut it.state, event, &facts) {
            it.pending.extend(entries);
        }
    }

    /// The body runs as far as it comes.
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
        self.event(worker, Event::Idle);
    }

    fn take_cancel(&mut self, worker: usize) {
        if std::mem::take(&mut self.cancel_waits) {
            self.event(worker, Event::Delivered { delivery: Delivery::Cancel { by: by() }, evaluated: None });
        }
    }

    /// What a worker that waits for nothing to become durable does.
    fn works(&self, worker: usize, next: &mut Next) {
        let it = self.workers[worker].as_ref().unwrap();
        let holds = self.holder == Some((worker, it.epoch));
        if self.cancel_waits && holds {
            self.try_to(next, format!("{worker} takes the cancel"), |s| {
                s.take_cancel(worker);
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
        // Whatever it holds it may have to find out that it has lost.
        if !holds && it.running.is_empty() {
            self.try_to(next, format!("{worker} finds that it has lost the saga"), |s| s.loses(worker));
        }
    }

    /// What can become of an attempt: it lands; it ends.
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
            // Only a worker that has lost the saga is still about it.
            return self.try_to(next, format!("{worker}: {name} is refused"), |s| {
                ends(s, Ending::NotDone { trouble: error(false), retry_after: None });
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
            ends(s, Ending::InDoubt { trouble: Trouble::TimedOut });
        });
        // A service that knows the key says what became of it, and not that it failed.
        if !attempt.landed && !self.landed.contains_key(&key) {
            for permanent in [false, true] {
                self.try_to(next, format!("{worker}: {name} fails, for good: {permanent}"), |s| {
                    s.budget.troubles -= 1;
                    ends(s, Ending::NotDone { trouble: error(permanent), retry_after: None });
                });
            }
        }
    }

    fn probes(&self, worker: usize, site: &Site, next: &mut Next) {
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

    /// What must hold in every state, besides the rules of each record.
    pub(crate) fn check(&self) {
        let state = self.stored();
        for (site, role) in self.landed.values().chain(self.late.values()) {
            assert!(state.step(site).is_some(), "{site} was begun before its intent was durable");
            let undone = *role == Role::Undo;
            assert!(!undone || state.step(site).unwrap().undoing.is_some(), "{site} was undone unasked");
        }
        if self.has_ended() && self.late.is_empty() && state.phase() == Phase::RolledBack {
            self.check_books(&state);
        }
    }

    /// After a rollback whatever happened is undone or listed.
    fn check_books(&self, state: &State) {
        let left: Vec<Site> = match state.rollback() {
            Rollback::Partial { left, .. } => left.into_iter().map(|l| l.site).collect(),
            Rollback::None | Rollback::Complete { .. } => Vec::new(),
        };
        for (site, step) in state.steps() {
            let of = |role, generation| IdempotencyKey::of(state.id(), site, role, generation).to_string();
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
