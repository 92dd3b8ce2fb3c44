//! A random saga: a body made of a tree of steps, and a world in which effects land or do not. Also the rules of every
//! record that the machine writes. They use nothing of the machine but its records and their fold.

#![allow(clippy::unwrap_used)]

mod good_end;

pub(crate) use super::body::Node;

use std::collections::{BTreeSet, HashSet};

use saga_core::machine::{
    Answer, BodyEnd, Delivery, Ending, Evaluated, Event, Facts, Reach, Room, Work, advance, work,
};
use saga_core::record::{AttemptError, Call, Failure, Knowledge, Lost};
use saga_core::state::{Direction, SiteState, Status, StepState};
use saga_core::{
    Entry, IdempotencyKey, Kind, Phase, Reason, Record, Role, Rollback, SitePath, State, Timestamp,
};

use super::body::{Come, poll};
use super::desk::{Steps, UNDO, brief, by, call, error, failed, json};
use super::rules::{check_doubt, check_record, later_to_unwind, unwound};

pub(crate) struct World {
    body: Vec<Node>,
    pub(crate) state: State,
    pub(crate) journal: Vec<Entry>,
    now: Timestamp,
    /// Effects that happened, by key.
    landed: HashSet<IdempotencyKey>,
    /// Readonly steps that run.
    reads: BTreeSet<(SitePath, &'static str)>,
    draws: Vec<u16>,
    at: usize,
    signals: u32,
    pub(crate) trace: Vec<String>,
}

impl World {
    pub(crate) fn new(body: Vec<Node>, deadline: Option<u16>, draws: Vec<u16>) -> Self {
        let mut state = State::new("saga-1".parse().unwrap());
        let deadline = deadline.map(|d| Timestamp(i64::from(d)));
        let record = Record::Scheduled {
            saga: "trip".into(),
            version: 1,
            input: json("in"),
            deadline,
            key_namespace: None,
            session: None,
        };
        let entry = Entry { seq: 0, at: Timestamp(0), record };
        state.apply(&entry).unwrap();
        let (journal, now) = (vec![entry], Timestamp(0));
        let (landed, reads, trace) = (HashSet::new(), BTreeSet::new(), Vec::new());
        World { body, state, journal, now, landed, reads, draws, at: 0, signals: 0, trace }
    }

    /// Returns the next drawn number, below `below`; 0 when all are used up.
    fn draw(&mut self, below: usize) -> usize {
        let drawn = self.draws.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        drawn as usize % below.max(1)
    }

    /// Lets random events happen until all numbers are used up. Then everything succeeds, and the saga must end.
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
        let facts =
            Facts { now: self.now, catalog: &Steps, room: Room::Enough, random: self.journal.len() as u64 };
        let before = self.state.clone();
        self.trace.push(format!("{event:?}"));
        let mut entries = Vec::new();
        match advance(&mut self.state, event, &facts, &mut entries) {
            Ok(()) => {
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

    /// Runs the body as far as it can go; then the machine knows that nothing more comes.
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
        let (is_blocked, before) = (self.state.is_blocked(), self.journal.len());
        self.event(Event::Idle);
        assert!(is_blocked || self.journal.len() == before, "the driver would not have said that");
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
        let todo: Vec<_> = work(&self.state, self.now).collect();
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
        let todo: Vec<_> = work(&self.state, self.now).collect();
        let spins = todo.iter().any(|w| matches!(w, Work::WakeAt { due, .. } if *due <= self.now));
        assert!(!spins, "woken for nothing: {todo:?}");
    }

    fn attempt_ends(&mut self, site: SitePath, role: Role, attempt: u32) {
        let key = self.state.key(&site, role);
        let step = self.state.step(&site).unwrap().clone();
        let ending = match self.draw(12) {
            0..=4 => {
                self.landed.insert(key);
                let lost = self.draw(6) == 0 && role == Role::Do;
                Ending::Done(evaluated(&step, lost))
            }
            5 | 6 => failed(false),
            7 => {
                // The service of a step that does not say `conclusive` promises nothing, whatever its errors say.
                let conclusive = !self.landed.contains(&key) || !step.step.contains("_sure");
                Ending::NotDone { trouble: error(true), retry_after: None, conclusive }
            }
            8 | 9 => {
                self.landed.insert(key);
                Ending::InDoubt { trouble: AttemptError::TimedOut }
            }
            10 => Ending::InDoubt { trouble: AttemptError::TimedOut },
            _ => Ending::Undecodable { detail: "x".to_owned() },
        };
        self.event(Event::AttemptEnded { site, role, attempt, ending });
    }

    fn probe_ends(&mut self, site: SitePath, knows: bool) {
        let step = self.state.step(&site).unwrap().clone();
        let answer = match (knows, self.happened(&site, Role::Do)) {
            (false, _) => Answer::Pending(None),
            (true, true) => Answer::Happened(evaluated(&step, false)),
            (true, false) => Answer::NotHappened,
        };
        self.event(Event::ProbeEnded { site, answer });
    }

    fn happened(&self, site: &SitePath, role: Role) -> bool {
        self.landed.contains(&self.state.key(site, role))
    }

    fn time_passes(&mut self) {
        let wait = [1, 50, 100, 1000, 40_000][self.draw(5)];
        self.now = Timestamp(self.now.0 + wait);
        self.due();
    }

    fn crash(&mut self) {
        // Running attempts may have landed.
        let running: Vec<IdempotencyKey> = work(&self.state, self.now)
            .filter_map(|w| match w {
                Work::Attempt { site, role, .. } => Some(self.state.key(site, role)),
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
        self.event(Event::Recovered { is_poison: deaths >= 3 });
        self.event(Event::Due);
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
        let open: Vec<SitePath> = self.state.open_sites().map(|(s, _)| s.clone()).collect();
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

    /// Makes true statements about the world, and sometimes an act that does not fit.
    fn operator_acts(&mut self) {
        let sites: Vec<SitePath> = self.state.sites().map(|(s, _)| s.clone()).collect();
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

    fn truth(&mut self, site: SitePath, role: Role) -> Delivery {
        let knowledge = match self.happened(&site, role) {
            true => Knowledge::Happened { output: json("by hand") },
            false => Knowledge::NotHappened,
        };
        Delivery::Resolve { site, role, knowledge, by: by() }
    }

    /// Sends events that no runtime would send.
    fn nonsense(&mut self) {
        let sites: Vec<SitePath> = self.state.sites().map(|(s, _)| s.clone()).collect();
        let pick = self.draw(sites.len() + 1);
        let site = sites.get(pick).cloned().unwrap_or_else(|| SitePath::from("nowhere"));
        let running = self.state.step(&site).and_then(|s| s.effect(Role::Do)).map_or(0, |e| e.attempt);
        let event = match self.draw(8) {
            0 => {
                let (attempt, role) = (running + 1, Role::Do);
                let done = Evaluated { output: Ok(json("x")), undo: Some(Ok(call(UNDO))) };
                Event::AttemptEnded { site, role, attempt, ending: Ending::Done(done) }
            }
            1 => {
                let (attempt, role) = (running.saturating_sub(1), Role::Do);
                Event::AttemptEnded {
                    site,
                    role,
                    attempt,
                    ending: Ending::InDoubt { trouble: AttemptError::TimedOut },
                }
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
                Event::Reached(Reach::Step { site, step, input, in_doubt: None, again: None })
            }
            4 => Event::Reached(Reach::ChildEnded { site, result: Err((json("no"), "no".to_owned())) }),
            5 => Event::BodyEnded(BodyEnd::Panicked("x".to_owned())),
            6 => Event::BodyEnded(BodyEnd::Blocked(Reason::Diverged, Some(site), "x".to_owned())),
            _ => Event::BodyEnded(BodyEnd::Returned(json("too early"))),
        };
        // A site outside the body would block the world.
        let stray = matches!(&event, Event::Reached(reach) if self.state.site(reach.site()).is_none());
        let early = matches!(&event, Event::BodyEnded(BodyEnd::Returned(_)));
        if !(stray || early && self.state.open_sites().next().is_none()) {
            self.event(event);
        }
    }

    // ---- what must hold

    /// Checks the state after the machine knows that nothing more comes.
    fn check_rest(&mut self) {
        let phase = self.state.phase();
        let todo: Vec<_> = work(&self.state, self.now).collect();
        if phase.is_ended() || phase == Phase::DeadLettered {
            assert!(todo.is_empty(), "{phase} and yet {todo:?}");
        }
        if phase == Phase::DeadLettered {
            assert!(self.state.blockers().next().is_some(), "a dead letter has a blocker");
            return;
        }
        if phase.is_ended() {
            return self.check_ended();
        }
        // Every resting saga waits for something.
        let waits = self
            .state
            .open_sites()
            .any(|(_, s)| matches!(s, SiteState::Wait { .. } | SiteState::Ask { .. } | SiteState::Timer(_)));
        let awaited = self.state.body_may_run() && (waits || !self.reads.is_empty());
        assert!(!todo.is_empty() || awaited, "it stands still: {}", self.standing());
        // A step that nothing blocks continues.
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
        format!(
            "{} {:?} {:?} {open:?}",
            self.state.phase(),
            self.state.stop(),
            self.state.blockers().collect::<Vec<_>>()
        )
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
        self.event(Event::Recovered { is_poison: true });
        self.event(Event::Due);
        assert_eq!(self.journal.len(), before, "an ended saga takes nothing");
    }

    /// Checks that the books and the report agree.
    fn check_end(&mut self) {
        let listed: HashSet<SitePath> = match self.state.rollback() {
            Rollback::Partial { left, .. } => left.into_iter().map(|l| l.site).collect(),
            Rollback::None | Rollback::Complete { .. } => HashSet::new(),
        };
        if self.state.phase() != Phase::RolledBack {
            return;
        }
        for (site, step) in self.state.steps() {
            let happened = (0..=step.doing.generation).any(|generation| {
                self.landed.contains(&IdempotencyKey::of(None, self.state.id(), site, Role::Do, generation))
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
