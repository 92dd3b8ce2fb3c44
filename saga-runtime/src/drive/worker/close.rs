//! Sagas of which this worker has no code: it can close them when an operator abandons them, and nothing else.

use std::sync::Arc;

use saga_core::machine::{self, Delivery, Event, Facts, Refusal, Room};
use saga_core::store::{Append, Claim, DeliveryId, Status, StoreError, Suspects, Waiting, Wanted};
use saga_core::{Entry, Phase, SagaId, State, Timestamp};

use super::take_up;
use crate::drive::engine::Engine;
use crate::drive::finished::Finished;

/// Claims a saga that an operator abandons, if its type is not registered: any other is claimed as always.
pub(super) async fn claim_to_close(engine: &Arc<Engine>, saga: &SagaId) -> Result<(), StoreError> {
    let summary = engine.store.summary(saga).await?;
    if summary.is_none_or(|summary| engine.registry.find_claimed(&summary.status.saga).is_some()) {
        return Ok(());
    }
    let wanted = Wanted {
        sagas: Vec::new(),
        limit: 1,
        suspects: Suspects::ONE,
        unreadable: Vec::new(),
        only: Some(saga.clone()),
    };
    let claims = engine.store.claim(engine.worker(), &wanted, engine.clock.now()).await;
    let claims = claims.inspect_err(|_| engine.live.doubt())?;
    claims.claimed.into_iter().for_each(|claim| take_up(engine, claim));
    Ok(())
}

/// What became of each delivery that was looked at.
type Answers = Vec<(DeliveryId, Result<(), Refusal>)>;

/// Takes what abandons the saga. If there is none, whatever was delivered is left to a worker that has its code.
pub(super) async fn close(
    engine: &Engine,
    claim: Claim,
    mut state: State,
    deliveries: Vec<Waiting>,
) -> Finished {
    let mut entries = Vec::new();
    let taken = abandon(engine, &claim, &mut state, deliveries, &mut entries);
    let status = match state.phase().is_ended() {
        true => Status::of(&state, None, 0),
        false => as_it_was(&claim, engine.clock.now()),
    };
    let append = Append {
        saga: claim.saga.clone(),
        epoch: Some(claim.epoch),
        entries,
        next: Some(state.next_seq()),
        status: Some(status),
        taken: taken.iter().map(|(id, _)| *id).collect(),
        release: true,
    };
    if let Err(error) = engine.committer.commit(append, &Arc::default()).await {
        return Finished::Lost(error);
    }
    for (id, answer) in taken {
        engine.replies.answer(id, answer.map(|()| None));
    }
    match state.phase().is_ended() {
        true => Finished::Settled(Arc::new(state)),
        false => Finished::Released,
    }
}

/// Returns the status of a saga that is left to a worker that has its code, which finds it at once: a claim may have taken
/// its time to wake, and so has a death.
fn as_it_was(claim: &Claim, now: Timestamp) -> Status {
    let wake_at = claim.status.wake_at.or((!claim.status.phase.is_settled()).then_some(now));
    Status { wake_at, ..claim.status.clone() }
}

fn abandon(
    engine: &Engine,
    claim: &Claim,
    state: &mut State,
    deliveries: Vec<Waiting>,
    entries: &mut Vec<Entry>,
) -> Answers {
    let facts = Facts { now: engine.clock.now(), catalog: &engine.registry, room: Room::Limited, random: 0 };
    let mut decide = |state: &mut State, event| machine::advance(state, event, &facts, entries);
    let mut answers = Answers::new();
    let mut others = Vec::new();
    for waiting in deliveries {
        let Delivery::Abandon { by } = &waiting.delivery else {
            others.push(waiting);
            continue;
        };
        let detail = format!("no worker has registered its type `{}`", claim.status.saga);
        let mut answer = decide(state, Event::Closed { by: by.clone(), detail });
        if let Err(refusal) = &answer {
            let event = Event::Refused { delivery: waiting.delivery, refusal: refusal.clone() };
            answer = decide(state, event).and(answer);
        }
        answers.push((waiting.id, answer));
    }
    if state.phase() == Phase::Abandoned {
        // Whatever else was delivered comes too late.
        let refused =
            others.into_iter().map(|waiting| (waiting.id, Err(Refusal::Ended { phase: state.phase() })));
        answers.extend(refused);
    }
    answers
}
