//! A saga driven by hand. Each call is one event, after which the machine gets `Idle`, as from the runtime. `shows`
//! compares the records since the last look, in their short forms.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub(crate) use super::brief::{brief, mark};

use std::time::Duration;

use saga_core::machine::{
    Answer, BodyEnd, Delivery, Ending, Evaluated, Event, Facts, Reach, Refusal, Room, Work, advance,
    probes_due, wake_at, work, work_at,
};
use saga_core::policy::{Catalog, InDoubt, Policy, Retry};
use saga_core::record::{AttemptError, Call, Failure, Knowledge, Lost};
use saga_core::{By, Entry, Kind, Payload, Phase, Record, Role, SitePath, State, Timestamp};

/// Steps by their names: a kind (`comp`, `irr`, `read`, `undo`), then options (`_probe`; `_person` and `_call` for
/// doubt; `_retriable`; `_sure` for errors that are conclusive for a minute), and at the end the number of attempts.
pub(crate) struct Steps;

impl Catalog for Steps {
    fn policy(&self, step: &str) -> Option<Policy> {
        let kind = match step {
            _ if step.starts_with("comp") => Kind::Compensated,
            _ if step.starts_with("irr") => Kind::Irreversible,
            _ if step.starts_with("read") => Kind::Readonly,
            _ if step.starts_with("undo") => Kind::Auxiliary,
            _ => return None,
        };
        let digits = step.trim_start_matches(|c: char| !c.is_ascii_digit());
        let attempts = digits.parse().unwrap_or(1);
        let within = step.contains("_within").then_some(Duration::from_millis(1000));
        Some(Policy {
            kind,
            retriable: kind == Kind::Auxiliary || step.contains("_retriable"),
            retry: Retry {
                attempts,
                backoff_min: Duration::from_millis(100),
                backoff_max: Duration::from_millis(100),
                within,
            },
            timeout: Duration::from_secs(60),
            probe: step.contains("_probe"),
            in_doubt: match step {
                _ if step.contains("_person") => InDoubt::DeadLetter,
                _ if step.contains("_call") => InDoubt::Call,
                _ => InDoubt::Rerun,
            },
            conclusive: step.contains("_sure").then_some(Duration::from_secs(60)),
        })
    }
}

/// The compensation of a step, in the catalog.
pub(crate) const UNDO: &str = "undo2";

#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) journal: Vec<Entry>,
    pub(crate) now: Timestamp,
    /// The compensation of steps that are done from now on.
    pub(crate) undo: Option<Result<Call, Lost>>,
    pub(crate) output: Result<Payload, Lost>,
    /// True if each event is followed by `Idle`.
    pub(crate) idles: bool,
    /// True if there are no slots for compensations.
    pub(crate) full: bool,
    shown: usize,
}

pub(crate) fn by() -> By {
    By::new("ann", "because")
}

pub(crate) fn json(text: &str) -> Payload {
    Payload::encode(text).unwrap()
}

pub(crate) fn call(step: &'static str) -> Call {
    Call { step: step.into(), input: json("undo"), leaves: None, until: None }
}

pub(crate) fn error(permanent: bool) -> AttemptError {
    AttemptError::Error { message: "no".to_owned(), error: json("no"), permanent }
}

/// Returns the end of an attempt with an error that is not conclusive.
pub(crate) fn failed(permanent: bool) -> Ending {
    Ending::NotDone { trouble: error(permanent), retry_after: None, conclusive: false }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with_deadline(None)
    }

    pub(crate) fn with_deadline(deadline: Option<i64>) -> Self {
        let mut state = State::new("saga-1".parse().unwrap());
        let deadline = deadline.map(Timestamp);
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
        let undo = Some(Ok(call(UNDO)));
        let (now, output) = (Timestamp(0), Ok(json("out")));
        Desk { state, journal: vec![entry], now, undo, output, idles: true, full: false, shown: 1 }
    }

    /// Tries something on a copy.
    pub(crate) fn clone_with(&mut self, f: impl FnOnce(&mut Desk)) -> &mut Self {
        f(&mut self.clone());
        self
    }

    /// Passes an event to the machine, and `Idle` after it.
    pub(crate) fn event(&mut self, event: Event) -> Result<(), Refusal> {
        self.advance(event)?;
        if self.idles {
            let (is_blocked, before) = (self.state.is_blocked(), self.journal.len());
            self.advance(Event::Idle)?;
            assert!(is_blocked || self.journal.len() == before, "the driver would not have said that");
        }
        Ok(())
    }

    fn advance(&mut self, event: Event) -> Result<(), Refusal> {
        let room = if self.full { Room::Limited } else { Room::Enough };
        let facts = Facts { now: self.now, catalog: &Steps, room, random: self.state.next_seq() };
        let before = self.state.clone();
        let records = self.journal.len();
        match advance(&mut self.state, event, &facts, &mut self.journal) {
            Ok(()) => {}
            Err(refusal) => {
                assert_eq!(self.state, before, "a refusal changes nothing");
                assert_eq!(self.journal.len(), records, "a refusal has no records");
                return Err(refusal);
            }
        }
        assert_eq!(State::of(before.id().clone(), &self.journal).unwrap(), self.state, "a state is its fold");
        self.looks_here_and_there();
        Ok(())
    }

    /// Checks that work site by site equals the work of all sites.
    fn looks_here_and_there(&self) {
        let all: Vec<Work<'_>> = work(&self.state, self.now).collect();
        let sites = self.state.sites().flat_map(|(site, _)| work_at(&self.state, site, self.now));
        let here: Vec<Work<'_>> = sites.chain(wake_at(&self.state, self.now)).collect();
        assert_eq!(here, all);
        let probes = |work: &[Work<'_>]| work.iter().filter(|w| matches!(w, Work::Probe { .. })).count();
        let due: Vec<Work<'_>> = probes_due(&self.state, Timestamp(i64::MIN), self.now).collect();
        assert_eq!(probes(&due), probes(&all), "{due:?}");
        for until in [self.now, Timestamp(self.now.0 - 1)] {
            let again = probes_due(&self.state, self.now, until).next();
            assert_eq!(again, None, "it was due before, whether the clock has gone back or not");
        }
    }

    pub(crate) fn take(&mut self, event: Event) -> &mut Self {
        self.event(event).expect("only deliveries are refused");
        self
    }

    // ---- the body

    pub(crate) fn reach(&mut self, reach: Reach) -> &mut Self {
        self.take(Event::Reached(reach))
    }

    /// Makes the body reach a step.
    pub(crate) fn step(&mut self, site: &str, step: &'static str) -> &mut Self {
        let in_doubt = step.contains("_call").then(|| call(UNDO));
        self.reach(Reach::Step {
            site: site.into(),
            step: step.into(),
            input: json(site),
            in_doubt,
            again: None,
        })
    }

    /// Makes the body defer a step to the commit.
    pub(crate) fn defer(&mut self, site: &str, step: &'static str) -> &mut Self {
        let in_doubt = step.contains("_call").then(|| call(UNDO));
        self.reach(Reach::Defer { site: site.into(), step: step.into(), input: json(site), in_doubt })
    }

    /// Makes the body reach a step, which succeeds.
    pub(crate) fn step_done(&mut self, site: &str, step: &'static str) -> &mut Self {
        self.step(site, step).done(site)
    }

    pub(crate) fn child(&mut self, site: &str) -> &mut Self {
        self.reach(Reach::Child { site: site.into(), saga: "child".into(), version: 1, input: json("c") })
    }

    pub(crate) fn child_returns(&mut self, site: &str) -> &mut Self {
        self.reach(Reach::ChildEnded { site: site.into(), result: Ok(json("ok")) })
    }

    pub(crate) fn child_fails(&mut self, site: &str) -> &mut Self {
        let result = Err((json("no"), "no".to_owned()));
        self.reach(Reach::ChildEnded { site: site.into(), result })
    }

    pub(crate) fn sleep(&mut self, site: &str, wait_ms: u64) -> &mut Self {
        self.reach(Reach::Timer { site: site.into(), wait_ms })
    }

    pub(crate) fn wait(&mut self, site: &str, wait_ms: Option<u64>) -> &mut Self {
        self.reach(Reach::Wait { site: site.into(), name: "paid".into(), wait_ms })
    }

    pub(crate) fn ask(&mut self, site: &str, wait_ms: Option<u64>) -> &mut Self {
        self.reach(Reach::Ask { site: site.into(), prompt: "well?".to_owned(), wait_ms })
    }

    /// Ends a readonly step.
    pub(crate) fn read(&mut self, site: &str, step: &'static str, ok: bool) -> &mut Self {
        let failed = Failure::Exhausted { error: json("no"), message: "no".to_owned(), attempts: 1 };
        let result = if ok { Ok(json("read")) } else { Err(failed) };
        self.take(Event::Read {
            site: site.into(),
            step: step.into(),
            input: json(site),
            result,
            attempts: 1,
        })
    }

    pub(crate) fn body(&mut self, end: BodyEnd) -> &mut Self {
        self.take(Event::BodyEnded(end))
    }

    pub(crate) fn returns(&mut self) -> &mut Self {
        self.body(BodyEnd::Returned(json("the end")))
    }

    pub(crate) fn fails(&mut self) -> &mut Self {
        self.body(BodyEnd::Failed(json("no"), "no".to_owned()))
    }

    pub(crate) fn body_blocked(&mut self, reason: saga_core::Reason) -> &mut Self {
        self.body(BodyEnd::Blocked(reason, None, "x".to_owned()))
    }

    // ---- attempts

    fn ended(&mut self, site: &str, role: Role, ending: Ending) -> &mut Self {
        let site = SitePath::from(site);
        let step = self.state.step(&site).expect("a step is there");
        let attempt = step.effect(role).expect("the effect has begun").attempt;
        self.take(Event::AttemptEnded { site, role, attempt, ending })
    }

    pub(crate) fn evaluated(&self, site: &str) -> Evaluated {
        let kind = self.state.step(&SitePath::from(site)).expect("a step is there").kind;
        let undo = self.undo.clone().filter(|_| kind == Kind::Compensated);
        Evaluated { output: self.output.clone(), undo }
    }

    pub(crate) fn done(&mut self, site: &str) -> &mut Self {
        let evaluated = self.evaluated(site);
        self.ended(site, Role::Do, Ending::Done(evaluated))
    }

    /// Ends a step as done, with its compensation lost.
    pub(crate) fn done_losing_undo(&mut self, site: &str) -> &mut Self {
        let undo = Some(Err(Lost { why: "panicked".to_owned() }));
        self.ended(site, Role::Do, Ending::Done(Evaluated { output: Ok(json("out")), undo }))
    }

    /// Ends a step as done, with its output lost.
    pub(crate) fn done_losing_output(&mut self, site: &str) -> &mut Self {
        let output = Err(Lost { why: "too large".to_owned() });
        self.ended(site, Role::Do, Ending::Done(Evaluated { output, undo: Some(Ok(call(UNDO))) }))
    }

    /// Ends an attempt with a transient error.
    pub(crate) fn not_done(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Do, failed(false))
    }

    pub(crate) fn not_done_if_running(&mut self, site: &str) -> &mut Self {
        let running =
            self.state.step(&SitePath::from(site)).unwrap().doing.status == saga_core::state::Status::Running;
        if running { self.not_done(site) } else { self }
    }

    /// Ends an attempt with a permanent error.
    pub(crate) fn refused(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Do, failed(true))
    }

    /// Ends an attempt with an error that says of itself that it is conclusive.
    pub(crate) fn surely(&mut self, site: &str, role: Role, permanent: bool) -> &mut Self {
        let ending = Ending::NotDone { trouble: error(permanent), retry_after: None, conclusive: true };
        self.ended(site, role, ending)
    }

    pub(crate) fn timed_out(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Do, Ending::InDoubt { trouble: AttemptError::TimedOut })
    }

    pub(crate) fn undecodable(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Do, Ending::Undecodable { detail: "x".to_owned() })
    }

    pub(crate) fn undone(&mut self, site: &str) -> &mut Self {
        let evaluated = Evaluated { output: Ok(Payload::null()), undo: None };
        self.ended(site, Role::Undo, Ending::Done(evaluated))
    }

    pub(crate) fn undo_not_done(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Undo, failed(false))
    }

    pub(crate) fn undo_refused(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Undo, failed(true))
    }

    pub(crate) fn undo_timed_out(&mut self, site: &str) -> &mut Self {
        self.ended(site, Role::Undo, Ending::InDoubt { trouble: AttemptError::TimedOut })
    }

    /// Answers for the probe: yes, no, or nothing.
    pub(crate) fn probe(&mut self, site: &str, happened: Option<bool>) -> &mut Self {
        let answer = match happened {
            Some(true) => Answer::Happened(self.evaluated(site)),
            Some(false) => Answer::NotHappened,
            None => Answer::Pending(None),
        };
        self.take(Event::ProbeEnded { site: site.into(), answer })
    }

    // ---- time, crashes, people

    pub(crate) fn at(&mut self, now: i64) -> &mut Self {
        self.now = Timestamp(now);
        self.take(Event::Due)
    }

    pub(crate) fn after(&mut self, wait: i64) -> &mut Self {
        self.at(self.now.0 + wait)
    }

    /// Lets all backoffs pass.
    pub(crate) fn later(&mut self) -> &mut Self {
        self.after(100)
    }

    /// Kills the process; another one recovers the saga.
    pub(crate) fn crash(&mut self) -> &mut Self {
        self.crash_times(1)
    }

    pub(crate) fn crash_times(&mut self, deaths: u32) -> &mut Self {
        self.state = State::of(self.state.id().clone(), &self.journal).unwrap();
        // The driver does nothing between these two.
        self.advance(Event::Recovered { is_poison: deaths >= 3 }).unwrap();
        self.take(Event::Due)
    }

    pub(crate) fn deliver(&mut self, delivery: Delivery) -> Result<(), Refusal> {
        let evaluated = match &delivery {
            Delivery::Resolve { site, role: Role::Do, knowledge: Knowledge::Happened { output }, .. } => {
                self.state.step(site).map(|s| {
                    let undo = (s.kind == Kind::Compensated).then(|| Ok(call(UNDO)));
                    Evaluated { output: Ok(output.clone()), undo }
                })
            }
            _ => None,
        };
        self.event(Event::Delivered { delivery, evaluated })
    }

    pub(crate) fn cancel(&mut self) -> Result<(), Refusal> {
        self.deliver(Delivery::Cancel { by: by() })
    }

    pub(crate) fn cancelled(&mut self) -> &mut Self {
        self.cancel().unwrap();
        self
    }

    pub(crate) fn signal(&mut self, id: &str, name: &str) -> Result<(), Refusal> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.deliver(Delivery::Signal { id, name, payload: json("money") })
    }

    pub(crate) fn answer(&mut self, site: Option<&str>, approved: bool) -> Result<(), Refusal> {
        self.deliver(Delivery::Answer { site: site.map(SitePath::from), approved, by: by() })
    }

    pub(crate) fn undo_from(&mut self, site: Option<&str>) -> Result<(), Refusal> {
        self.deliver(Delivery::Undo { site: site.map(SitePath::from), by: by() })
    }

    pub(crate) fn redrive(&mut self, site: Option<&str>) -> Result<(), Refusal> {
        self.deliver(Delivery::Redrive { site: site.map(SitePath::from), input: None, by: by() })
    }

    pub(crate) fn redrive_with(&mut self, site: &str, input: &str) -> Result<(), Refusal> {
        self.deliver(Delivery::Redrive { site: Some(site.into()), input: Some(json(input)), by: by() })
    }

    pub(crate) fn resolve(&mut self, site: &str, role: Role, happened: bool) -> Result<(), Refusal> {
        let knowledge = match happened {
            true => Knowledge::Happened { output: json("by hand") },
            false => Knowledge::NotHappened,
        };
        self.deliver(Delivery::Resolve { site: site.into(), role, knowledge, by: by() })
    }

    pub(crate) fn waive(&mut self, site: &str) -> Result<(), Refusal> {
        self.deliver(Delivery::Waive { site: site.into(), by: by() })
    }

    pub(crate) fn roll_back(&mut self) -> Result<(), Refusal> {
        self.deliver(Delivery::RollBack { by: by() })
    }

    pub(crate) fn abandon(&mut self) -> Result<(), Refusal> {
        self.deliver(Delivery::Abandon { by: by() })
    }

    pub(crate) fn retry_now(&mut self) -> Result<(), Refusal> {
        self.deliver(Delivery::RetryNow { by: by() })
    }

    // ---- looking

    /// Checks the records since the last look.
    #[track_caller]
    pub(crate) fn shows(&mut self, expected: &str) -> &mut Self {
        let lines: Vec<String> = self.journal[self.shown..].iter().map(|e| brief(&e.record)).collect();
        self.shown = self.journal.len();
        assert_eq!(lines.join(" · "), expected);
        self
    }

    /// Forgets the records so far.
    pub(crate) fn skip(&mut self) -> &mut Self {
        self.shown = self.journal.len();
        self
    }

    #[track_caller]
    pub(crate) fn phase(&mut self, expected: Phase) -> &mut Self {
        assert_eq!(self.state.phase(), expected);
        self
    }

    /// Checks the worker's work: `hold a1`, `~hold a2`, `probe hold`, `wake 5`.
    #[track_caller]
    pub(crate) fn work(&mut self, expected: &str) -> &mut Self {
        let work: Vec<String> = work(&self.state, self.now)
            .map(|w| match w {
                Work::Attempt { site, role, attempt } => format!("{}{site} a{attempt}", mark(role)),
                Work::Probe { site } => format!("probe {site}"),
                Work::WakeAt { due, .. } => format!("wake {}", due.0),
            })
            .collect();
        assert_eq!(work.join(" · "), expected);
        self
    }
}
