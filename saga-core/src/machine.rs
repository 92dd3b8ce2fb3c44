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
//!               │  └──► Committing ──► Completed ──undo──┐
//!               ▼       (deferred steps)                 ▼
//!          RollingBack ──► RolledBack               RollingBack ──► Completed
//!               └────────► DeadLettered ◄────────────────┘
//!                redrive ↺ · resolve · waive · abandon → Abandoned
//! ```

mod attempt;
mod course;
mod delivery;
mod doubt;
mod event;
mod reach;
mod turn;
mod unwind;

pub use crate::delivery::Delivery;
pub use crate::refusal::Refusal;
pub use delivery::Accepted;
pub use event::{Answer, Ending, Evaluated, Event};
pub use reach::{BodyEnd, Reach};
pub use turn::{Facts, Room};
pub use unwind::{PlanEntry, UndoPlan, order_of_undo};

use std::ops::Bound;
use std::time::Duration;

use crate::record::{Entry, Next};
use crate::state::{Effect, State, Status, Wait};
use crate::{Role, SitePath, Timestamp};
use turn::Turn;

/// What is to be done now, or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work<'a> {
    /// An attempt is to run, unless it already does.
    Attempt {
        /// The site of the step.
        site: &'a SitePath,
        /// Step or compensation.
        role: Role,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// The probe is to be asked, unless it already is.
    Probe {
        /// For the step here.
        site: &'a SitePath,
    },
    /// [`Event::Due`] is to be given then: it will change something.
    WakeAt {
        /// The time for the event.
        due: Timestamp,
        /// The longest wait until then, whatever the clock says; `None` if the clock alone counts.
        wait_max: Option<Duration>,
    },
}

/// Decides what `event` means for `state`. Appends the records to be made durable to `entries`; they are already folded
/// into the state.
///
/// **Guarantees**: deterministic; a refusal changes neither state nor `entries`. The caller must make the records durable
/// before it does what they imply.
///
/// # Errors
/// [`Refusal`], only for [`Event::Delivered`] and [`Event::Closed`].
pub fn advance(
    state: &mut State,
    event: Event,
    facts: &Facts<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), Refusal> {
    let mut turn = Turn { state, facts, entries, drawn: 0, admitted: None };
    match event {
        Event::Recovered { is_poison } => {
            turn.recovered(is_poison);
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
        Event::Admitted { site } => turn.admitted(site),
        Event::Idle => turn.idle(),
        Event::DeadLettered { reason, detail } => turn.dead_letter(reason, detail),
        Event::Closed { by, detail } => turn.close(by, detail)?,
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
pub fn work_at<'a>(state: &'a State, site: &SitePath, now: Timestamp) -> impl Iterator<Item = Work<'a>> {
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

fn work_of<'a>(site: &'a SitePath, role: Role, effect: &Effect, now: Timestamp) -> Option<Work<'a>> {
    match effect.status {
        Status::Running => Some(Work::Attempt { site, role, attempt: effect.attempt }),
        Status::Pending(Next::Probe { due }) if due <= now => Some(Work::Probe { site }),
        Status::Deferred
        | Status::Dropped
        | Status::Pending(_)
        | Status::Done
        | Status::Failed
        | Status::Blocked(_) => None,
    }
}
