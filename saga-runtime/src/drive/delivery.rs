//! Deliveries, as far as they need code: what a person gave is checked against the step's types before the machine
//! decides; and what became of one that another worker took is read off the journal.

use saga_core::machine::{self, Delivery, Evaluated, Event, Facts, Refusal, Room};
use saga_core::record::Knowledge;
use saga_core::state::SiteState;
use saga_core::{Codecs, EncodeError, Entry, Payload, Record, Role, SagaId, State};

use crate::drive::engine::Engine;
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;
use crate::value::text::text_of;

/// Returns what follows from an output that a person gave.
fn evaluate(engine: &Engine, state: &State, delivery: &Delivery) -> Result<Option<Evaluated>, Refusal> {
    let Delivery::Resolve { site, role: Role::Do, knowledge: Knowledge::Happened { output }, .. } = delivery
    else {
        return Ok(None);
    };
    let Some(step) = state.step(site) else { return Ok(None) };
    let Some(code) = engine.registry.find_step(&step.step) else { return Ok(None) };
    let key = state.key(site, Role::Do);
    let codecs = &engine.around.encoding.codecs;
    let opened = |payload| codecs.opened(payload).map_err(|error| text_of(&error.without_values()));
    let evaluated = opened(output)
        .and_then(|output| code.evaluate(&output, &opened(&step.input)?, &key, &engine.around))
        .and_then(|evaluated| sealed(evaluated, codecs));
    evaluated.map(Some).map_err(|why| Refusal::Unusable { site: site.clone(), why })
}

/// Returns what was evaluated, sealed.
fn sealed(mut evaluated: Evaluated, codecs: &Codecs) -> Result<Evaluated, String> {
    let undo = evaluated.undo.iter_mut().flatten().map(|call| &mut call.input);
    for payload in evaluated.output.iter_mut().chain(undo) {
        *payload = codecs.seal(payload.clone()).map_err(|error| text_of(&error))?;
    }
    Ok(evaluated)
}

/// Returns the delivery with a mended input or a signal's value as its type has it, and what follows from an output
/// that a person gave.
pub(crate) fn read(
    engine: &Engine,
    state: &State,
    mut delivery: Delivery,
) -> Result<(Delivery, Option<Evaluated>), Refusal> {
    if let Delivery::Redrive { site: Some(site), input: Some(input), .. } = &mut delivery
        && let Some(step) = state.step(site)
    {
        let (name, recorded) = match (&step.undoing, &step.undo) {
            (Some(_), Some(Ok(call))) => (&call.step, &call.input),
            _ => (&step.step, &step.input),
        };
        let code = engine.registry.find_step(name).ok_or_else(|| format!("this build does not know {name}"));
        let mended = code.and_then(|code| code.mended(input, recorded, &engine.around.encoding));
        *input = mended.map_err(|why| Refusal::Unusable { site: site.clone(), why })?;
    }
    if let Delivery::Signal { id, name, payload } = &mut delivery {
        let recorded = as_recorded(&engine.registry, &engine.around.encoding, state, name, payload);
        let refusal = |error| Refusal::Unrecordable { id: id.clone(), why: text_of(&error) };
        *payload = recorded.map_err(refusal)?;
    }
    let evaluated = evaluate(engine, state, &delivery)?;
    Ok((delivery, evaluated))
}

/// Returns what is recorded of a signal: the value as the type at the wait for it has it, so that its secrets are
/// hidden and nothing else; or, where that is not known, all of it hidden.
///
/// # Errors
/// The codec's error: a signal is never recorded unsealed.
fn as_recorded(
    registry: &Registry,
    encoding: &Encoding,
    state: &State,
    name: &str,
    payload: &Payload,
) -> Result<Payload, EncodeError> {
    let read = state.takes_next(name).and_then(|site| {
        let around = state.sites_around(site).filter_map(|(at, there)| match there {
            SiteState::Child { saga, .. } => Some((at.as_str().len() + 1, saga)),
            _ => None,
        });
        let (within, saga) = around.last().or_else(|| Some((0, &state.head()?.saga)))?;
        let graph = registry.find_saga(saga)?.graph();
        let place = graph.map(|graph| graph.place_at(&site.as_str()[within..]));
        registry.signals.at(saga, place.unwrap_or_default())
    });
    let recorded = read.and_then(|read| read(payload, encoding));
    recorded.map_or_else(|| encoding.codecs.hide(payload), Ok)
}

/// Returns the answer to a delivery that another worker took, from the journal: an act's by its id, a signal's by its
/// record after the first `before`. A delivery without a record was refused, for the reason that holds now.
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
    let is_there = |signal: &str| {
        let mut new = journal.iter().skip(before);
        new.any(|entry| matches!(&entry.record, Record::Signalled { id, .. } if id == signal))
    };
    if matches!(&delivery, Delivery::Signal { id, .. } if is_there(id)) {
        return Ok(());
    }
    // An invalid journal is reported by the next call that reads it.
    let Ok(mut state) = State::of(saga.clone(), journal) else { return Ok(()) };
    if let Some(answer) = state.answer_to(&delivery) {
        return answer;
    }
    let (delivery, evaluated) = read(engine, &state, delivery)?;
    let facts = Facts { now: engine.clock.now(), catalog: &engine.registry, room: Room::Limited, random: 0 };
    machine::advance(&mut state, Event::Delivered { delivery, evaluated }, &facts, &mut Vec::new())
}
