//! Deliveries, as far as they need code: what a person gave is checked against the step's types before the machine
//! decides; and what became of one that another worker took is read off the journal.

use saga_core::machine::{self, Delivery, Evaluated, Event, Facts, Refusal};
use saga_core::record::{Knowledge, Verdict};
use saga_core::{Cause, Entry, Record, Role, SagaId, State};

use crate::engine::Engine;

/// What follows from an output that a person gave.
pub(crate) fn evaluate(
    engine: &Engine,
    state: &State,
    delivery: &Delivery,
) -> Result<Option<Evaluated>, Refusal> {
    let Delivery::Resolve { site, role: Role::Do, knowledge: Knowledge::Happened { output }, .. } = delivery
    else {
        return Ok(None);
    };
    let Some(step) = state.step(site) else { return Ok(None) };
    let Some(code) = engine.registry.find_step(&step.step) else { return Ok(None) };
    let key = state.key(site, Role::Do);
    let evaluated = code.evaluate(output, &step.input, &key, &engine.around);
    evaluated.map(Some).map_err(|why| Refusal::Unusable { site: site.clone(), why })
}

/// Refuses a mended input that is not of the step's type.
pub(crate) fn check_mended_input(engine: &Engine, state: &State, delivery: &Delivery) -> Result<(), Refusal> {
    let Delivery::Redrive { site: Some(site), input: Some(input), .. } = delivery else { return Ok(()) };
    let Some(step) = state.step(site) else { return Ok(()) };
    let name = match (&step.undoing, &step.undo) {
        (Some(_), Some(Ok(call))) => &call.step,
        _ => &step.step,
    };
    let Some(code) = engine.registry.find_step(name) else { return Ok(()) };
    code.check_input(input, &engine.around.encoding)
        .map_err(|why| Refusal::Unusable { site: site.clone(), why })
}

/// Another worker took the delivery, and its answer went nowhere: it left a record after the first `before`, or was
/// refused, for the reason that it would be refused for now.
pub(crate) fn taken_elsewhere(
    engine: &Engine,
    saga: &SagaId,
    journal: &[Entry],
    before: usize,
    delivery: Delivery,
) -> Result<(), Refusal> {
    for entry in journal.iter().skip(before) {
        if let (Record::SignalRefused { site, id, why }, Delivery::Signal { id: ours, .. }) =
            (&entry.record, &delivery)
            && id == ours
        {
            return Err(Refusal::SignalRefused { site: site.clone(), why: why.clone() });
        }
    }
    if journal.iter().skip(before).any(|entry| is_trace(&entry.record, &delivery)) {
        return Ok(());
    }
    // A journal that is none will be seen by whoever looks at it.
    let Ok(mut state) = State::of(saga.clone(), journal) else { return Ok(()) };
    let evaluated = evaluate(engine, &state, &delivery)?;
    check_mended_input(engine, &state, &delivery)?;
    let facts = Facts { now: engine.clock.now(), catalog: &engine.registry, random: 0 };
    machine::advance(&mut state, Event::Delivered { delivery, evaluated }, &facts).map(drop)
}

/// Whether the record is what the delivery leaves when it is taken.
fn is_trace(record: &Record, delivery: &Delivery) -> bool {
    match (delivery, record) {
        (Delivery::Cancel { by }, Record::StopRequested { cause: Cause::Cancelled { by: whose } })
        | (
            Delivery::Answer { by, .. },
            Record::Answered { verdict: Verdict::Approved(whose) | Verdict::Denied(whose), .. },
        )
        | (Delivery::Undo { by, .. }, Record::UndoStarted { by: whose, .. })
        | (Delivery::Redrive { by, .. }, Record::Redriven { by: whose, .. })
        | (Delivery::Resolve { by, .. }, Record::Resolved { by: whose, .. })
        | (Delivery::Waive { by, .. }, Record::Waived { by: whose, .. })
        | (Delivery::RollBack { by }, Record::RollbackStarted { cause: Cause::Ordered { by: whose } })
        | (Delivery::Abandon { by }, Record::Abandoned { by: whose })
        | (Delivery::RetryNow { by }, Record::RetriedNow { by: whose }) => by == whose,
        (Delivery::Signal { id, .. }, Record::Signalled { id: whose, .. }) => id == whose,
        _ => false,
    }
}
