//! A saga at random: a body made of a tree of steps, a world in which effects land or do not, and what must hold of
//! every record that the machine writes, whatever happens. The rules are written from DESIGN §5–§8 and use nothing of
//! the machine but its records and what they fold to.

#![allow(dead_code, clippy::unwrap_used)]

use std::collections::{BTreeSet, HashSet};

use saga_core::machine::{
    Answer, BodyEnd, Delivery, Ending, Evaluated, Event, Facts, Reach, Work, advance, work,
};
use saga_core::record::{Call, Failure, Knowledge, Lost, Trouble};
use saga_core::state::{ChildStatus, Direction, SiteState, Status, StepState};
use saga_core::{Entry, IdempotencyKey, Kind, Payload, Phase, Reason, Record, Role, Rollback, Site, State, Timestamp};

use crate::desk::{Steps, UNDO, brief, by, call, error, json};

/// A part of a body.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Step { step: &'static str, handled: bool },
    Read { step: &'static str },
    Sleep(u16),
    Wait(Option<u16>),
    Ask(Option<u16>),
    All(Vec<Vec<Node>>),
    Child { body: Vec<Node>, handled: bool },
}

/// How far a part of the body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Come {
    Waits,
    Done,
    Failed,
}

pub(crate) struct World {
    body: Vec<Node>,
    pub(crate) state: State,
    pub(crate) journal: Vec<Entry>,
    now: Timestamp,
    /// Effects that happened, by key.
    landed: HashSet<IdempotencyKey>,
    /// Readonly steps that run.
    reads: BTreeSet<(Site, &'static str)>,
    draws: Vec<u16>,
    at: usize,
    signals: u32,
    pub(crate) trace: Vec<String>,
}

impl World {
    pub(crate) fn new(body: Vec<Node>, deadline: Option<u16>, draws: Vec<u16>) -> Self {
        let mut state = State::new("saga-1".parse().unwrap());
        let deadline = deadline.map(|d| Timestamp(i64::from(d)));
        let record = Record::Scheduled { saga: "trip".into(), version: 1, input: json("in"), deadline };
        let entry = Entry { seq: 0, at: Timestamp(0), record };
        state.apply(&entry).unwrap();
        let (journal, now) = (vec![entry], Timestamp(0));
        let (landed, reads, trace) = (HashSet::new(), BTreeSet::new(), Vec::new());
        World { body, state, journal, now, landed, reads, draws, at: 0, signals: 0, trace }
    }

    /// The next number that was drawn, below `below`; 0 when all are used up.
    fn draw(&mut self, below: usize) -> usize {
        let drawn = self.draws.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        drawn as usize % below.max(1)
    }

    /// Lets anything happen until nothing more was drawn; then everything goes well, and it has to end.
    pub(crate) fn run(&mut self) {
        self.settle_body();
        while self.at < self.draws.len() {
            self.something_happens();
            self.settle_body();
        }
        self.all_ends_well();
    }

    // ---- events

    fn event(&mut self, event: Event) -> bool {
        let facts = Facts { now: self.now, catalog: &Steps, random: self.journal.len() as u64 };
        let before = self.state.clone();
        self.trace.push(format!("{event:?}"));
        match advance(&mut self.state, event, &facts) {
            Ok(entries) => {
                let brief: Vec<String> = entries.iter().map(|e| brief(&e.record)).collect();
                self.trace.push(format!("    {}", brief.join(" · ")));
                let mut state = before;
                for entry in &entries {
                    check_record(&state, &entry.record, &self.landed);
                    let earlier = state.clone();
                    state.apply(entry).unwrap();
                    check_doubt(&earlier, &state, &entry.record);
                }
                assert_eq!(state, self.state, "a state is the fold of its records");
                self.journal.extend(entries);
                true
            }
            Err(_) => {
                assert_eq!(before, self.state, "a refusal changes nothing");
                false
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery) -> bool {
        let evaluated = match &delivery {
            Delivery::Resolve { site, role: Role::Do, knowledge: Knowledge::Happened { .. }, .. } => {
                self.state.step(site).map(|s| evaluated(s, false))
            }
            _ => None,
        };
        self.event(Event::Delivered { delivery, evaluated })
    }

    /// The body runs as far as it comes, and the machine is told that there is no more.
    fn settle_body(&mut self) {
        for _ in 0..200 {
            if !self.state.body_may_run() {
                break;
            }
            let (mut reached, mut reads) = (Vec::new(), BTreeSet::new());
            let body = self.body.clone();
            let come = poll(&self.state, &body, "", &mut reached, &mut reads);
            self.reads = reads;
            let before = self.journal.len();
            for reach in reached {
                self.event(Event::Reached(reach));
            }
            match come {
                Come::Waits => {}
                Come::Done => _ = self.event(Event::BodyEnded(BodyEnd::Returned(json("end")))),
                Come::Failed => {
                    self.event(Event::BodyEnded(BodyEnd::Failed(json("no"), "no".to_owned())));
                }
            }
            if self.journal.len() == before {
                break;
            }
        }
        self.event(Event::Idle);
        self.check_rest();
    }

    fn something_happens(&mut self) {
        match self.draw(16) {
            0..=7 => self.work_goes_on(),
            8 => self.time_passes(),
            9 => self.crash(),
            10 | 11 => self.operator_acts(),
            12 => self.somebody_wants_something(),
            13 | 14 => self.nonsense(),
            _ => self.read_ends(),
        }
    }

    fn work_goes_on(&mut self) {
        let todo = work(&self.state, self.now);
        if todo.is_empty() {
            return self.read_ends();
        }
        let pick = self.draws.get(self.at).copied().unwrap_or(0) as usize % todo.len();
        self.at += 1;
        match todo[pick] {
            Work::Attempt { site, role, attempt } => {
                let site = site.clone();
                self.attempt_ends(site, role, attempt);
            }
            Work::Probe { site } => {
                let site = site.clone();
                let knows = self.draw(3) != 0;
                self.probe_ends(site, knows);
            }
            Work::WakeAt { due, .. } => {
                self.now = self.now.max(due);
                self.due();
            }
        }
    }

    fn due(&mut self) {
        self.event(Event::Due);
        self.event(Event::Due);
        let todo = work(&self.state, self.now);
        let spins = todo.iter().any(|w| matches!(w, Work::WakeAt { due, .. } if *due <= self.now));
        assert!(!spins, "woken for nothing: {todo:?}");
    }

    fn attempt_ends(&mut self, site: Site, role: Role, attempt: u32) {
        let key = self.state.key(&site, role);
        let step = self.state.step(&site).unwrap().clone();
        let ending = match self.draw(12) {
            0..=4 => {
                self.landed.insert(key);
                let lost = self.draw(6) == 0 && role == Role::Do;
                Ending::Done(evaluated(&step, lost))
            }
            5 | 6 => Ending::NotDone { trouble: error(false), retry_after: None },
            7 => Ending::NotDone { trouble: error(true), retry_after: None },
            8 | 9 => {
                self.landed.insert(key);
                Ending::InDoubt { trouble: Trouble::TimedOut }
            }
            10 => Ending::InDoubt { trouble: Trouble::TimedOut },
            _ => Ending::Undecodable { detail: "x".to_owned() },
        };
        self.event(Event::AttemptEnded { site, role, attempt, ending });
    }

    fn probe_ends(&mut self, site: Site, knows: bool) {
        let step = self.state.step(&site).unwrap().clone();
        let answer = match (knows, self.happened(&site, Role::Do)) {
            (false, _) => Answer::Pending(None),
            (true, true) => Answer::Happened(evaluated(&step, false)),
            (true, false) => Answer::NotHappened,
        };
        self.event(Event::ProbeEnded { site, answer });
    }

    fn happened(&self, site: &Site, role: Role) -> bool {
        self.landed.contains(&self.state.key(site, role))
    }

    fn time_passes(&mut self) {
        let wait = [1, 50, 100, 1000, 40_000][self.draw(5)];
        self.now = Timestamp(self.now.0 + wait);
        self.due();
    }

    fn crash(&mut self) {
        // What ran may have landed.
        let running: Vec<IdempotencyKey> = work(&self.state, self.now)
            .iter()
            .filter_map(|w| match w {
                Work::Attempt { site, role, .. } => Some(self.state.key(site, *role)),
                _ => None,
            })
            .collect();
        for key in running {
            if self.draw(2) == 0 {
                self.landed.insert(key);
            }
        }
        self.reads.clear();
        self.state = State::of(self.state.id().clone(), &self.journal).unwrap();
        let deaths = 1 + self.draw(4) as u32;
        self.event(Event::Recovered { deaths });
    }

    fn read_ends(&mut self) {
        let pick = self.draw(self.reads.len());
        let Some((site, step)) = self.reads.iter().nth(pick).cloned() else { return };
        self.reads.remove(&(site.clone(), step));
        let failed = Failure::Exhausted { error: json("no"), message: "no".to_owned(), attempts: 1 };
        let result = if self.draw(4) == 0 { Err(failed) } else { Ok(json("read")) };
        self.event(Event::Read { site, step: step.into(), input: json("x"), result, attempts: 1 });
    }

    fn somebody_wants_something(&mut self) {
        let open: Vec<Site> = self.state.open_sites().map(|(s, _)| s.clone()).collect();
        let pick = self.draw(open.len());
        let site = open.get(pick).cloned();
        let what = match self.draw(6) {
            0 | 1 => Delivery::Cancel { by: by() },
            2 | 3 => {
                self.signals += u32::from(self.draw(4) != 0);
                let id = format!("s{}", self.signals);
                Delivery::Signal { id, name: "paid".to_owned(), payload: json("money") }
            }
            4 => Delivery::Answer { site, approved: self.draw(2) == 0, by: by() },
            _ => Delivery::RetryNow { by: by() },
        };
        self.deliver(what);
    }

    /// Whatever is known of the world, and now and then an act that does not fit.
    fn operator_acts(&mut self) {
        let sites: Vec<Site> = self.state.sites().map(|(s, _)| s.clone()).collect();
        let pick = self.draw(sites.len());
        let site = sites.get(pick).cloned();
        let by = by();
        let act = match (self.draw(8), site) {
            (0, site) => Delivery::Undo { site: site.filter(|_| pick.is_multiple_of(2)), by },
            (1, _) => Delivery::Redrive { site: None, input: None, by },
            (2, site) => Delivery::Redrive { site, input: None, by },
            (3, site) => Delivery::Redrive { site, input: Some(json("mended")), by },
            (4, Some(site)) => {
                let role = if self.draw(2) == 0 { Role::Do } else { Role::Undo };
                self.truth(site, role)
            }
            (5, Some(site)) => Delivery::Waive { site, by },
            (6, _) => Delivery::RollBack { by },
            (7, _) if self.draw(4) == 0 => Delivery::Abandon { by },
            _ => return,
        };
        self.deliver(act);
    }

    fn truth(&mut self, site: Site, role: Role) -> Delivery {
        let knowledge = match self.happened(&site, role) {
            true => Knowledge::Happened { output: json("by hand") },
            false => Knowledge::NotHappened,
        };
        Delivery::Resolve { site, role, knowledge, by: by() }
    }

    /// What no runtime would say.
    fn nonsense(&mut self) {
        let sites: Vec<Site> = self.state.sites().map(|(s, _)| s.clone()).collect();
        let pick = self.draw(sites.len() + 1);
        let site = sites.get(pick).cloned().unwrap_or_else(|| Site::from("nowhere"));
        let running = self.state.step(&site).and_then(|s| s.effect(Role::Do)).map_or(0, |e| e.attempt);
        let event = match self.draw(8) {
            0 => {
                let (attempt, role) = (running + 1, Role::Do);
                let done = Evaluated { output: Ok(json("x")), undo: Some(Ok(call(UNDO))) };
                Event::AttemptEnded { site, role, attempt, ending: Ending::Done(done) }
            }
            1 => {
                let (attempt, role) = (running.saturating_sub(1), Role::Do);
                Event::AttemptEnded { site, role, attempt, ending: Ending::InDoubt { trouble: Trouble::TimedOut } }
            }
            2 => {
                let asked = matches!(
                    self.state.step(&site).map(|s| &s.doing.status),
                    Some(Status::Pending(saga_core::record::Next::Probe { .. }))
                );
                if asked {
                    return;
                }
                Event::ProbeEnded { site, answer: Answer::NotHappened }
            }
            3 => {
                let (step, input) = ("comp".into(), json("other"));
                Event::Reached(Reach::Step { site, step, input, in_doubt: None })
            }
            4 => Event::Reached(Reach::ChildEnded { site, result: Err((json("no"), "no".to_owned())) }),
            5 => Event::BodyEnded(BodyEnd::Panicked("x".to_owned())),
            6 => Event::BodyEnded(BodyEnd::Halted(Reason::Diverged, Some(site), "x".to_owned())),
            _ => Event::BodyEnded(BodyEnd::Returned(json("too early"))),
        };
        // A site that is not of the body would have the world stand still for it.
        let stray = matches!(&event, Event::Reached(reach) if self.state.site(reach.site()).is_none());
        let early = matches!(&event, Event::BodyEnded(BodyEnd::Returned(_)));
        if !(stray || early && self.state.open_sites().next().is_none()) {
            self.event(event);
        }
    }

    // ---- the good end

    fn all_ends_well(&mut self) {
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
        let todo = work(&self.state, self.now);
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
            let open = self.state.open_sites().find(|(_, s)| !is_child(s)).map(|(site, s)| (site.clone(), s.clone()));
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

    /// A person who knows the world mends one thing.
    fn mend(&mut self) {
        let reasons = self.state.reasons();
        assert!(!reasons.is_empty(), "a dead letter has a reason");
        // The same body fails there again, however often it is sent on.
        if reasons.iter().all(|(_, _, reason, _)| *reason == Reason::FailedPastNoReturn) {
            assert!(self.deliver(Delivery::Abandon { by: by() }));
            return;
        }
        if self.deliver(Delivery::Redrive { site: None, input: None, by: by() }) {
            return;
        }
        for (site, role, ..) in reasons {
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
                    // A compensation done by hand; an output given of what did happen.
                    self.landed.insert(self.state.key(&site, role));
                }
                if self.deliver(act) {
                    return;
                }
            }
        }
        panic!("nobody can mend it: {:?}", self.state.reasons());
    }

    // ---- what must hold

    /// After the machine was told that nothing more comes.
    fn check_rest(&mut self) {
        let phase = self.state.phase();
        let todo = work(&self.state, self.now);
        if phase.is_ended() || phase == Phase::DeadLettered {
            assert!(todo.is_empty(), "{phase} and yet {todo:?}");
        }
        if phase == Phase::DeadLettered {
            assert!(!self.state.reasons().is_empty(), "a dead letter has a reason");
            return;
        }
        if phase.is_ended() {
            return self.check_ended();
        }
        // Nothing stands still without being seen to.
        let waits = self.state.open_sites().any(|(_, s)| {
            matches!(s, SiteState::Wait { .. } | SiteState::Ask { .. } | SiteState::Timer(_))
        });
        let awaited = self.state.body_may_run() && (waits || !self.reads.is_empty());
        assert!(!todo.is_empty() || awaited, "it stands still: {}", self.standing());
        // What nothing holds up goes on.
        for (site, step) in self.state.steps().filter(|(site, _)| self.state.is_unwinding(site)) {
            let owed = step.doing.status == Status::Done && !unwound(step);
            let held = || later_to_unwind(&self.state, site).next().is_some();
            assert!(!owed || step.undoing.is_some() || held(), "nothing holds up the compensation of {site}");
        }
        let forward = matches!(self.state.direction(), Direction::Forward);
        assert_eq!(phase == Phase::RollingBack, !forward, "{phase}");
    }

    fn standing(&self) -> String {
        let open: Vec<_> = self.state.open_sites().collect();
        format!("{} {:?} {:?} {open:?}", self.state.phase(), self.state.stop(), self.state.reasons())
    }

    fn check_ended(&mut self) {
        let before = self.journal.len();
        for delivery in [
            Delivery::Cancel { by: by() },
            Delivery::RetryNow { by: by() },
            Delivery::Redrive { site: None, input: None, by: by() },
            Delivery::RollBack { by: by() },
            Delivery::Abandon { by: by() },
            Delivery::Signal { id: "late".to_owned(), name: "paid".to_owned(), payload: json("x") },
        ] {
            assert!(!self.deliver(delivery));
        }
        self.event(Event::Recovered { deaths: 3 });
        self.event(Event::Due);
        assert_eq!(self.journal.len(), before, "an ended saga takes nothing");
    }

    /// The books and the report agree.
    fn check_end(&mut self) {
        let listed: HashSet<Site> = match self.state.rollback() {
            Rollback::Partial { left, .. } => left.into_iter().map(|l| l.site).collect(),
            Rollback::None | Rollback::Complete { .. } => HashSet::new(),
        };
        if self.state.phase() != Phase::RolledBack {
            return;
        }
        for (site, step) in self.state.steps() {
            let happened = (0..=step.doing.generation).any(|generation| {
                self.landed.contains(&IdempotencyKey::of(self.state.id(), site, Role::Do, generation))
            });
            let undone = self.happened(site, Role::Undo);
            assert!(
                !happened || listed.contains(site) || undone,
                "{site} happened, is not undone and not listed"
            );
        }
    }
}

fn evaluated(step: &StepState, lost: bool) -> Evaluated {
    let undo = match (step.kind, lost) {
        (Kind::Compensated, true) => Some(Err(Lost { why: "x".to_owned() })),
        (Kind::Compensated, false) => Some(Ok::<Call, Lost>(call(UNDO))),
        _ => None,
    };
    let output = if lost && undo.is_none() { Err(Lost { why: "x".to_owned() }) } else { Ok(json("out")) };
    Evaluated { output, undo }
}

/// Whether a rollback has nothing left to do there.
fn unwound(step: &StepState) -> bool {
    step.waived.is_some()
        || step.doing.status == Status::Failed
        || step.is_undone()
        || (step.doing.status == Status::Done && step.kind == Kind::Irreversible)
}

/// What must hold of a record, given the state before it.
fn check_record(state: &State, record: &Record, landed: &HashSet<IdempotencyKey>) {
    let forward = matches!(state.direction(), Direction::Forward);
    match record {
        Record::Intent { site, .. } => {
            assert!(forward && state.stop().is_none() && state.parked_at().is_none(), "nothing new begins");
            assert!(state.site(site).is_none(), "a site is reached once");
            assert!(!state.is_unwinding(site));
        }
        Record::UndoIntent { site, in_doubt } => {
            let step = state.step(site).unwrap();
            assert!(step.undoing.is_none(), "a compensation begins once");
            assert!(state.parked_at().is_none(), "nothing begins in a dead letter");
            if *in_doubt {
                assert!(step.doing.doubt);
            } else {
                assert_eq!(step.doing.status, Status::Done, "only what happened is undone");
                assert!(step.kind == Kind::Compensated && state.is_unwinding(site));
                assert!(landed.contains(&state.key(site, Role::Do)), "what did not happen is not undone");
                assert_eq!(later_to_unwind(state, site).next(), None, "{site} is undone before that");
            }
            let back = matches!(state.direction(), Direction::Back(_));
            assert!(!back || state.no_return().is_none(), "nothing is rolled back past the point of no return");
        }
        Record::Started { site, role, attempt } => {
            let step = state.step(site).unwrap();
            let effect = step.effect(*role).unwrap();
            assert_eq!(*attempt, effect.attempt + 1);
            assert!(!effect.is_settled() && effect.status != Status::Running, "one attempt at a time");
            assert!(state.parked_at().is_none(), "nothing begins in a dead letter");
            if *role == Role::Do {
                let irreversible = step.kind == Kind::Irreversible;
                assert!(!irreversible || (state.stop().is_none() && forward), "barred by a stop");
                let back = !forward || state.is_unwinding(site);
                assert!(!back || (effect.doubt && !irreversible), "only what is in doubt runs on the way back");
                assert!(forward || state.is_rolling_back());
            }
        }
        Record::RollbackStarted { .. } => {
            assert!(forward && state.no_return().is_none());
            for (site, step) in state.steps() {
                assert_ne!(step.doing.status, Status::Running, "{site} runs");
                assert!(!(step.kind == Kind::Irreversible && step.is_in_doubt()), "{site} is passed in doubt");
            }
        }
        Record::RolledBack => {
            assert!(state.is_rolling_back());
            assert!(state.steps().all(|(_, s)| unwound(s)), "something is left");
        }
        Record::Completed { .. } => {
            assert!(forward && state.open_effects().next().is_none(), "an effect is not settled");
        }
        Record::ChildEnded { site, result: Err(_) } => {
            assert!(state.steps().filter(|(s, _)| s.within(site.as_str())).all(|(_, s)| unwound(s)));
        }
        Record::TooLate { .. } => assert!(state.no_return().is_some() && state.stop().is_some()),
        Record::DeadLettered => {
            assert!(state.open_effects().all(|(_, _, e)| e.status != Status::Running) && !state.reasons().is_empty());
        }
        _ => {}
    }
}

/// What happened after the step, and is to be unwound as well, and is not yet.
fn later_to_unwind<'a>(state: &'a State, site: &'a Site) -> impl Iterator<Item = &'a Site> {
    let seq = state.step(site).unwrap().seq;
    let after = state.steps().filter(move |(other, step)| step.seq > seq && !other.concurrent_with(site));
    after.filter(|(other, step)| state.is_unwinding(other) && !unwound(step)).map(|(other, _)| other)
}

/// Doubt sticks, and the key with it.
fn check_doubt(before: &State, after: &State, record: &Record) {
    for (site, step) in before.steps() {
        for role in [Role::Do, Role::Undo] {
            let Some(was) = step.effect(role) else { continue };
            let Some(is) = after.step(site).unwrap().effect(role) else { continue };
            let told = match record {
                Record::Probed { site: s, happened: Some(_), .. } | Record::Done { site: s, .. } => {
                    s == site && role == Role::Do
                }
                Record::Resolved { site: s, role: r, .. } => s == site && *r == role,
                Record::Undone { site: s, .. } => s == site && role == Role::Undo,
                // Settled by its own call.
                Record::Failed { site: s, .. } => s == site && step.is_undone(),
                _ => false,
            };
            assert!(!was.doubt || is.doubt || told, "{site} was in doubt, and {record:?} says nothing of that");
            let sent_on = matches!(record, Record::Redriven { .. } | Record::UndoStarted { .. });
            let fresh = told || (sent_on && !was.doubt);
            assert!(was.generation == is.generation || fresh, "{site} has another key after {record:?}");
            let redriven = sent_on && was.is_stuck() && !was.doubt && is.status != was.status;
            assert!(!redriven || is.generation == was.generation + 1, "{site} was redriven under its old key");
            let clear = matches!(record, Record::Probed { happened: Some(false), .. }) && told && was.doubt;
            assert!(!clear || is.generation == was.generation + 1, "{site} goes on under the key that was probed");
        }
    }
}

/// The body, run over the state from the start, as a real one is after a crash.
fn poll(
    state: &State,
    body: &[Node],
    prefix: &str,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(Site, &'static str)>,
) -> Come {
    for (i, node) in body.iter().enumerate() {
        let site = |name: &str| Site::from(format!("{prefix}{name}{i}"));
        let come = match node {
            Node::Step { step, handled } => poll_step(state, site("s"), step, *handled, reached),
            Node::Read { step } => poll_read(state, site("r"), step, reads),
            Node::Sleep(wait) => {
                let (site, wait_ms) = (site("t"), u64::from(*wait));
                match state.site(&site) {
                    Some(SiteState::Timer(t)) if t.ended.is_some() => Come::Done,
                    Some(_) => Come::Waits,
                    None => begin(Reach::Timer { site, wait_ms }, reached),
                }
            }
            Node::Wait(wait) => {
                let (site, wait_ms) = (site("w"), wait.map(u64::from));
                match state.site(&site) {
                    Some(SiteState::Wait { timed, .. }) if timed.ended.is_some() => Come::Done,
                    Some(_) => Come::Waits,
                    None => begin(Reach::Wait { site, name: "paid".into(), wait_ms }, reached),
                }
            }
            Node::Ask(wait) => {
                let (site, wait_ms) = (site("q"), wait.map(u64::from));
                match state.site(&site) {
                    Some(SiteState::Ask { timed, .. }) => match &timed.ended {
                        None => Come::Waits,
                        Some(saga_core::record::Verdict::Approved(_)) => Come::Done,
                        Some(_) => Come::Failed,
                    },
                    Some(_) => Come::Waits,
                    None => begin(Reach::Ask { site, prompt: "?".to_owned(), wait_ms }, reached),
                }
            }
            Node::All(branches) => {
                poll_all(state, branches, &format!("{prefix}all{i}."), reached, reads)
            }
            Node::Child { body, handled } => {
                let come = poll_child(state, body, site("c"), reached, reads);
                if come == Come::Failed && *handled { Come::Done } else { come }
            }
        };
        if come != Come::Done {
            return come;
        }
    }
    Come::Done
}

fn begin(reach: Reach, reached: &mut Vec<Reach>) -> Come {
    reached.push(reach);
    Come::Waits
}

fn poll_step(state: &State, site: Site, step: &'static str, handled: bool, reached: &mut Vec<Reach>) -> Come {
    let Some(at) = state.site(&site) else {
        let in_doubt = step.contains("_call").then(|| call(UNDO));
        return begin(Reach::Step { site, step: step.into(), input: json("x"), in_doubt }, reached);
    };
    match at.as_step() {
        Some(s) if s.doing.status == Status::Done && matches!(s.output, Some(Ok(_))) => Come::Done,
        Some(s) if s.doing.status == Status::Failed && s.failure.is_some() => {
            assert!(!step.contains("_retriable"), "a body never sees the retriable step at {site} fail");
            if handled { Come::Done } else { Come::Failed }
        }
        _ => Come::Waits,
    }
}

fn poll_read(state: &State, site: Site, step: &'static str, reads: &mut BTreeSet<(Site, &'static str)>) -> Come {
    match state.site(&site) {
        Some(SiteState::Read { result: Ok(_), .. }) => Come::Done,
        Some(SiteState::Read { result: Err(_), .. }) => Come::Failed,
        Some(_) => Come::Waits,
        None => {
            reads.insert((site, step));
            Come::Waits
        }
    }
}

fn poll_all(
    state: &State,
    branches: &[Vec<Node>],
    fork: &str,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(Site, &'static str)>,
) -> Come {
    let mut all = Come::Done;
    let mut failed = false;
    let mut comes = Vec::new();
    for (i, branch) in branches.iter().enumerate() {
        let prefix = format!("{fork}{i}/");
        let begun = state.sites().any(|(s, _)| s.as_str().starts_with(&prefix));
        let (mut new, mut new_reads) = (Vec::new(), BTreeSet::new());
        let come = poll(state, branch, &prefix, &mut new, &mut new_reads);
        failed |= come == Come::Failed;
        comes.push((begun, come, new, new_reads));
    }
    for (begun, come, new, new_reads) in comes {
        // After a failure nothing more is begun; what was begun is awaited to its end.
        if failed && !begun {
            continue;
        }
        reached.extend(new);
        reads.extend(new_reads);
        if come == Come::Waits {
            all = Come::Waits;
        }
    }
    if all == Come::Done && failed { Come::Failed } else { all }
}

fn poll_child(
    state: &State,
    body: &[Node],
    site: Site,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(Site, &'static str)>,
) -> Come {
    match state.site(&site) {
        None => {
            let (saga, input) = ("child".into(), Payload::null());
            begin(Reach::Child { site, saga, version: 1, input }, reached)
        }
        Some(SiteState::Child { status: ChildStatus::Ended(Ok(_)), .. }) => Come::Done,
        Some(SiteState::Child { status: ChildStatus::Ended(Err(_)), .. }) => Come::Failed,
        Some(SiteState::Child { status: ChildStatus::Running, .. }) => {
            let result = match poll(state, body, &format!("{site}/"), reached, reads) {
                Come::Waits => return Come::Waits,
                Come::Done => Ok(json("ok")),
                Come::Failed => Err((json("no"), "no".to_owned())),
            };
            begin(Reach::ChildEnded { site, result }, reached)
        }
        Some(_) => Come::Waits,
    }
}
