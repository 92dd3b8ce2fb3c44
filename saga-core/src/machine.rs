//! The lifecycle of a saga as a pure function: `advance(state, event) -> records`, the state being folded along. No
//! clock, no I/O, no randomness of its own: those are in [`Facts`]. Total: every event is decided in every state, if
//! only by a [`Refusal`] or by no record at all.
//!
//! What has to be *done* follows from the state: [`work`] lists it. A worker that resumes a saga after a crash and one
//! that drove it from the start do the same.
//!
//! ```text
//!             cancel · failure · deadline
//!           ┌───────────────────────────────────────────┐
//! Scheduled → Running ⇄ Waiting ──point of no return──► forward only
//!               │  └─────────────► Completed ──undo──┐
//!               ▼                                    ▼
//!          RollingBack ──► RolledBack           RollingBack ──► Completed
//!               └────────► DeadLettered ◄────────────┘
//!                redrive ↺ · resolve · waive · abandon → Abandoned
//! ```

mod attempt;
mod course;
mod delivery;
mod doubt;
mod reach;
mod refusal;
mod unwind;

pub use course::DEATHS_MAX;
pub use delivery::{Accepted, Delivery};
pub use reach::{BodyEnd, Reach};
pub use refusal::Refusal;
pub(crate) use unwind::begins;
pub use unwind::{PlanEntry, UndoPlan, order_of_undo};

use std::ops::Bound;
use std::time::Duration;

use crate::record::{Call, Entry, Failure, Lost, Next, Record, Trouble};
use crate::state::{Direction, Effect, State, Status, Wait};
use crate::{Catalog, Name, Payload, Policy, Reason, Role, Site, Timestamp};

/// What a decision needs besides the state.
pub struct Facts<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// The steps that this build knows.
    pub catalog: &'a dyn Catalog,
    /// A number drawn for this decision.
    pub random: u64,
}

/// Something that happened to a saga, for the machine to decide on.
#[derive(Debug, Clone)]
pub enum Event {
    /// A worker has claimed the saga, and whatever ran under an earlier one is in doubt. Nothing begins by that: first
    /// comes what was delivered and what has passed meanwhile, and then [`Event::Due`].
    Recovered {
        /// How often in a row a process died while it drove this saga and got nowhere.
        deaths: u32,
    },
    /// The body reached something that is not in the journal.
    Reached(Reach),
    /// A readonly step ended.
    Read {
        /// The site of the step.
        site: Site,
        /// The recorded name of the step.
        step: Name,
        /// The input it was called with.
        input: Payload,
        /// Its output, or the failure of its last attempt.
        result: Result<Payload, Failure>,
        /// How many attempts it took.
        attempts: u32,
    },
    /// The body ended, or cannot go on.
    BodyEnded(BodyEnd),
    /// An attempt ended.
    AttemptEnded {
        /// The site of the step.
        site: Site,
        /// Step or compensation.
        role: Role,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The end of the attempt.
        ending: Ending,
    },
    /// A probe ended.
    ProbeEnded {
        /// For the step here.
        site: Site,
        /// The probe's answer.
        answer: Answer,
    },
    /// This time has passed for deadline, limits and sleeps. No attempt begins by that.
    Elapsed {
        /// Up to then, which may be earlier than now.
        until: Timestamp,
    },
    /// Time has passed: as [`Event::Elapsed`], and attempts that are due begin.
    Due,
    /// A compensation that [`Catalog::admits`] put off may begin now.
    Admitted {
        /// Of the step here.
        site: Site,
    },
    /// The body has been polled and reached nothing more. That changes nothing unless [`State::needs_somebody`].
    Idle,
    /// The saga is dead-lettered, whatever its records say: the store lists it so, or no build at hand has its code.
    DeadLettered {
        /// The reason of the dead letter.
        reason: Reason,
        /// The observation behind the reason, in words.
        detail: String,
    },
    /// A delivery came: a signal, an answer, or an operator's act.
    Delivered {
        /// The delivery, as it was sent.
        delivery: Delivery,
        /// Of a `resolve(Happened)`: what code made of the output.
        evaluated: Option<Evaluated>,
    },
    /// An operator's act was refused, by [`advance`] or before it came there: that is recorded, up to
    /// [`ACTS_WITHOUT_EFFECT_MAX`](crate::state::ACTS_WITHOUT_EFFECT_MAX) times.
    Refused {
        /// The act that was refused.
        delivery: Delivery,
        /// The reason for the refusal.
        refusal: Refusal,
    },
}

/// A step's output with what undoes it, as far as they could be recorded.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The step's output, or why it could not be recorded.
    pub output: Result<Payload, Lost>,
    /// The compensation; `None` if the step has none.
    pub undo: Option<Result<Call, Lost>>,
}

impl Evaluated {
    /// Returns why something of it could not be recorded, if so.
    pub fn loss(&self) -> Option<&str> {
        let undo = self.undo.as_ref().and_then(|u| u.as_ref().err());
        self.output.as_ref().err().or(undo).map(|lost| lost.why.as_str())
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// The effect happened.
    Done(Evaluated),
    /// The effect did not happen.
    NotDone {
        /// The error of the attempt.
        trouble: Trouble,
        /// The time for which the service asked not to be called again; `None` if it did not.
        retry_after: Option<Duration>,
    },
    /// The effect may have happened.
    InDoubt {
        /// Why that is not known.
        trouble: Trouble,
    },
    /// The attempt did not begin: this build cannot read the recorded input.
    Undecodable {
        /// The error of the decoding, in words.
        detail: String,
    },
}

/// The answer of a probe.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It happened, and gave this.
    Happened(Evaluated),
    /// It did not happen, and under this key never will.
    NotHappened,
    /// Not known yet; or the probe failed, with this text.
    Pending(Option<String>),
}

/// What is to be done now, or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work<'a> {
    /// An attempt is to run, unless it already does.
    Attempt {
        /// The site of the step.
        site: &'a Site,
        /// Step or compensation.
        role: Role,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// The probe is to be asked, unless it already is.
    Probe {
        /// For the step here.
        site: &'a Site,
    },
    /// [`Event::Due`] is to be given then: it will change something.
    WakeAt {
        /// The time for the event.
        due: Timestamp,
        /// The longest wait until then, whatever the clock says; `None` if the clock alone counts.
        wait_max: Option<Duration>,
    },
}

/// Decides what `event` means for `state`. Returns the records to be made durable, already folded into the state.
///
/// **Guarantees**: deterministic; a refusal changes nothing. The caller must make the records durable before it does
/// what they imply.
///
/// # Errors
/// [`Refusal`], only for [`Event::Delivered`].
pub fn advance(state: &mut State, event: Event, facts: &Facts<'_>) -> Result<Vec<Entry>, Refusal> {
    let mut entries = Vec::new();
    advance_into(state, event, facts, &mut entries)?;
    Ok(entries)
}

/// Does the same as [`advance`], and appends the records to `entries`.
///
/// # Errors
/// As [`advance`]; `entries` is then unchanged.
pub fn advance_into(
    state: &mut State,
    event: Event,
    facts: &Facts<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), Refusal> {
    let mut turn = Turn { state, facts, entries, drawn: 0 };
    match event {
        Event::Recovered { deaths } => {
            turn.recovered(deaths);
            return Ok(());
        }
        Event::Reached(reach) => turn.reached(reach),
        Event::Read { site, step, input, result, attempts } => turn.read(site, step, input, result, attempts),
        Event::BodyEnded(end) => turn.body_ended(end),
        Event::AttemptEnded { site, role, attempt, ending } => {
            turn.attempt_ended(&site, role, attempt, ending)
        }
        Event::ProbeEnded { site, answer } => turn.probe_ended(&site, answer),
        Event::Elapsed { until } => turn.elapsed(until),
        Event::Due => turn.due(),
        Event::Admitted { site } => turn.admitted(&site),
        Event::Idle => turn.idle(),
        Event::DeadLettered { reason, detail } => turn.dead_letter(reason, detail),
        Event::Delivered { delivery, evaluated } => turn.delivered(delivery, evaluated)?,
        Event::Refused { delivery, refusal } => turn.had_no_effect(&delivery, Some(refusal)),
    }
    turn.settle();
    debug_assert_eq!(state.check_notes(), Ok(()), "what is noted follows from the sites");
    Ok(())
}

/// Lists all that is to be done in this state: nothing, if the saga has ended or is dead-lettered. A driver that has
/// looked at an earlier state asks for the changes alone, by [`work_at`], [`probes_due`] and [`wake_at`].
pub fn work(state: &State, now: Timestamp) -> impl Iterator<Item = Work<'_>> {
    let active = (!state.is_at_rest()).then_some(state);
    let effects = active.into_iter().flat_map(State::open_effects);
    effects
        .filter_map(move |(site, role, effect)| work_of(site, role, effect, now))
        .chain(wake_at(state, now))
}

/// Lists what is to be done at one site.
pub fn work_at<'a>(state: &'a State, site: &Site, now: Timestamp) -> impl Iterator<Item = Work<'a>> {
    let active = (!state.is_at_rest()).then_some(state);
    let effects = active.into_iter().flat_map(|state| state.open_effects_at(site));
    effects.filter_map(move |(site, role, effect)| work_of(site, role, effect, now))
}

/// Lists the probes that came due after `from` and until `now`.
pub fn probes_due(state: &State, from: Timestamp, now: Timestamp) -> impl Iterator<Item = Work<'_>> {
    let range = (Bound::Excluded((from, usize::MAX)), Bound::Included((now, usize::MAX)));
    let active = Some(state).filter(|state| !state.is_at_rest() && from < now);
    let places = active.into_iter().flat_map(move |state| state.notes.dues(Wait::Probe).range(range));
    places.map(|(_, at)| Work::Probe { site: &state.sites[*at].0 })
}

/// Returns a [`Work::WakeAt`] for the time at which time alone changes something. Compensations that were put off are
/// not waited for.
pub fn wake_at(state: &State, now: Timestamp) -> Option<Work<'_>> {
    let active = Some(state).filter(|state| !state.is_at_rest());
    let wake = active.and_then(|state| course::next_due(state, now));
    wake.map(|(due, wait_max)| Work::WakeAt { due, wait_max })
}

fn work_of<'a>(site: &'a Site, role: Role, effect: &Effect, now: Timestamp) -> Option<Work<'a>> {
    match effect.status {
        Status::Running => Some(Work::Attempt { site, role, attempt: effect.attempt }),
        Status::Pending(Next::Probe { due }) if due <= now => Some(Work::Probe { site }),
        _ => None,
    }
}

/// One decision in the making: records are folded as they are pushed, so that the next one sees them.
struct Turn<'a> {
    state: &'a mut State,
    facts: &'a Facts<'a>,
    entries: &'a mut Vec<Entry>,
    drawn: u64,
}

impl Turn<'_> {
    /// Adds a record to the journal. Before one that takes the saga forward the deadline is decided, here and nowhere else;
    /// if that stops the saga, the record is not added, and what was to begin stays as it was.
    fn push(&mut self, record: Record) {
        if record.is_forward() && self.pass_deadline(self.facts.now) {
            return;
        }
        let entry = Entry { seq: self.state.next_seq, at: self.facts.now, record };
        self.state.apply(&entry).expect("the machine's own records follow from its state");
        self.entries.push(entry);
    }

    /// Returns a fresh number for each wait within the decision (splitmix64; Steele, Lea, Flood, 2014).
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let mut z = self.facts.random.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn stuck(&mut self, site: &Site, role: Role, reason: Reason, detail: String) {
        self.push(Record::Stuck { site: site.clone(), role, reason, detail });
    }

    fn is_forward(&self) -> bool {
        matches!(self.state.direction, Direction::Forward)
    }

    /// Returns the policy of the step that an effect runs, or `None` if this build does not know it.
    fn policy(&self, site: &Site, role: Role) -> Option<Policy> {
        let step = self.state.step(site)?;
        let name = match (role, &step.undo) {
            (Role::Do, _) => &step.step,
            (Role::Undo, Some(Ok(call))) => &call.step,
            (Role::Undo, _) => return None,
        };
        self.facts.catalog.policy(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Catalog for Nothing {
        fn policy(&self, _: &str) -> Option<Policy> {
            None
        }
    }

    /// The numbers that the authors of splitmix64 give for the seed 0.
    #[test]
    fn numbers_are_drawn_by_splitmix64() {
        let facts = Facts { now: Timestamp(0), catalog: &Nothing, random: 0 };
        let (mut state, mut entries) = (State::new("a".parse().unwrap()), Vec::new());
        let mut turn = Turn { state: &mut state, facts: &facts, entries: &mut entries, drawn: 0 };
        let drawn = [turn.draw(), turn.draw(), turn.draw()];
        assert_eq!(drawn, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }
}
