//! What signals carry: read as the type that the saga waits for, and recorded as that type has it. Until the type is known
//! all of it is a secret.

use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};

use saga_core::state::SiteState;
use saga_core::{DecodeError, Payload, State};

use crate::awaitable::StepSet;
use crate::limits::Encoding;
use crate::panics::drop_quietly;
use crate::recorded::Recorded;
use crate::registry::Registry;

/// A type that a saga waits for.
#[derive(Clone, Copy)]
struct Expected {
    type_id: TypeId,
    recorded: fn(&Payload, &Encoding) -> Option<Payload>,
}

impl PartialEq for Expected {
    fn eq(&self, other: &Self) -> bool {
        self.type_id == other.type_id
    }
}

/// The types of signals, by the saga that waits for them and the number of the place in it.
#[derive(Default)]
pub(crate) struct SignalTypes {
    known: Vec<(&'static str, Option<usize>, Expected)>,
    /// The place of the calls that are being registered.
    pub(crate) registering: Option<(&'static str, Option<usize>)>,
}

impl SignalTypes {
    /// The only type that may be waited for there.
    fn at(&self, saga: &str, place: Option<usize>) -> Option<Expected> {
        let mut here = self.known.iter().filter(|(name, at, _)| *name == saga && *at == place);
        let (_, _, first) = here.next()?;
        here.all(|(_, _, other)| other == first).then_some(*first)
    }
}

/// A wait for a signal of that type.
#[derive(Debug)]
pub struct SignalOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Recorded> StepSet for SignalOf<T> {
    fn register(registry: &mut Registry) {
        let types = &mut registry.signals;
        let expected = Expected { type_id: TypeId::of::<T>(), recorded: recorded::<T> };
        types.known.extend(types.registering.map(|(saga, place)| (saga, place, expected)));
    }
}

/// Reads what was sent.
pub(crate) fn read<T: Recorded>(payload: &Payload, encoding: &Encoding) -> Result<T, DecodeError> {
    encoding.decode_given::<T>(payload, &Payload::null())
}

/// What was sent, as its type records it; `None` if it is not of that type, which is said where it is waited for.
fn recorded<T: Recorded>(payload: &Payload, encoding: &Encoding) -> Option<Payload> {
    let read = catch_unwind(AssertUnwindSafe(|| read::<T>(payload, encoding)));
    let value = read.ok()?.ok()?;
    let recorded = encoding.encode_input(&value);
    drop_quietly("a signal's value", value);
    recorded.ok()
}

/// What is recorded of a signal: the value as the type at the wait for it has it, so that its secrets are hidden and
/// nothing else; or, where that is not known, all of it hidden.
pub(crate) fn to_record(
    registry: &Registry,
    encoding: &Encoding,
    state: &State,
    name: &str,
    payload: &Payload,
) -> Payload {
    let expected = state.takes_next(name).and_then(|site| {
        let around = state.sites_around(site).filter_map(|(at, there)| match there {
            SiteState::Child { saga, .. } => Some((at.as_str().len() + 1, saga)),
            _ => None,
        });
        let (within, saga) = around.last().or_else(|| Some((0, &state.head()?.saga)))?;
        let graph = registry.find_saga(saga)?.graph();
        let place = graph.map(|graph| graph.place_at(&site.as_str()[within..]));
        registry.signals.at(saga, place.unwrap_or_default())
    });
    let recorded = expected.and_then(|expected| (expected.recorded)(payload, encoding));
    recorded.unwrap_or_else(|| encoding.codecs.hide(payload))
}
