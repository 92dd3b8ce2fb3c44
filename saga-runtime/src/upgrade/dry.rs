//! A dry run of a body: once over the records of a saga, without effects. Calls beyond the records do not begin.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use saga_core::machine::BodyEnd;
use saga_core::state::Direction;
use saga_core::{Kind, Payload, Reason, State};

use super::report::{Finding, Why};
use crate::operate::runtime::Builder;
use crate::replay::board::{Board, lock};
use crate::replay::erased::AnySaga;
use crate::value::clock::Clock;
use crate::value::panics::message_of;
use crate::value::surroundings::Surroundings;

/// Returns true if the body may have to run over the records. False in a commit and in a rollback, or if one is certain to
/// begin.
pub(super) fn goes_forward(state: &State) -> bool {
    // A stop is dropped if an irreversible step turns out to be done.
    let may_go_on = || {
        state
            .open_effects()
            .any(|(site, ..)| state.step(site).is_some_and(|step| step.kind == Kind::Irreversible))
    };
    let has_ended = state.is_committing();
    matches!(state.direction(), Direction::Forward) && !has_ended && (state.stop().is_none() || may_go_on())
}

/// Returns the reason for which the body could not continue; `None` if it can.
pub(super) fn misfit(
    state: &State,
    code: &Arc<dyn AnySaga>,
    builder: &Builder,
    clock: &Arc<dyn Clock>,
) -> Option<Finding> {
    if let Some(Err(departure)) = code.graph().map(|graph| graph.follow(state.sites().map(|(site, _)| site)))
    {
        return Some((Some(departure.at.clone()), Why::NoPath(departure)));
    }
    let end = match run(state, code, builder, clock) {
        // The body may have skipped a record because it panicked; the panic is what must be fixed.
        Err(panic) => return Some((None, Why::Panicked { message: panic })),
        Ok(end) => end?,
    };
    match end {
        BodyEnd::Blocked(reason, site, detail) => match reason {
            Reason::Diverged => Some((site, Why::Diverged { detail })),
            Reason::Undecodable => Some((site, Why::Undecodable { detail })),
            // An earlier reason for the dead letter is not due to this build.
            reason if state.body_blockers().iter().any(|b| (b.reason, &b.site) == (reason, &site)) => None,
            reason => Some((site, Why::DeadLettered { reason, detail })),
        },
        BodyEnd::Failed(_, message) if state.no_return().is_some() => {
            Some((None, Why::FailedPastNoReturn { message }))
        }
        BodyEnd::Failed(..) | BodyEnd::Panicked(_) | BodyEnd::Returned(_) | BodyEnd::Unrecordable(..) => None,
    }
}

/// Runs the body over the records, once. Returns its end, if it ends, or the message of its panic.
pub(super) fn run(
    state: &State,
    code: &Arc<dyn AnySaga>,
    builder: &Builder,
    clock: &Arc<dyn Clock>,
) -> Result<Option<BodyEnd>, String> {
    let input = state.head().map_or_else(Payload::null, |head| head.input.clone());
    let around = Surroundings::new(builder.encoding.clone(), clock.clone(), None);
    let board = Board::new(state.clone(), around, builder.rng.clone());
    let board = Arc::new(Mutex::new(board));
    let mut body = code.body(board.clone(), input);
    let mut cx = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut cx)));
    let mut board = lock(&board);
    let end = match (board.end.take(), polled) {
        (_, Err(panic)) => return Err(message_of(panic)),
        (Some(end), _) | (None, Ok(Poll::Ready(end))) => Some(end),
        // A signal that was taken has the wrong type now.
        (None, Ok(Poll::Pending)) => {
            board.refused.pop().map(|(site, why)| BodyEnd::Blocked(Reason::Undecodable, Some(site), why))
        }
    };
    let passed_by = if code.replays() { board.passed_by(end.as_ref()) } else { None };
    Ok(passed_by.or(end))
}
