//! The types of the signals that sagas wait for, by the place of the wait.

use std::any::TypeId;

use saga_core::Payload;

use crate::value::encoding::Encoding;

/// Reads what was sent, and returns it as its type records it; `None` if it is not of that type.
pub(crate) type AsRecorded = fn(&Payload, &Encoding) -> Option<Payload>;

/// A type that a saga waits for.
#[derive(Clone, Copy)]
struct Expected {
    type_id: TypeId,
    recorded: AsRecorded,
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
    /// Adds a wait at the place that is being registered.
    pub(crate) fn expect(&mut self, type_id: TypeId, recorded: AsRecorded) {
        if let Some((saga, place)) = self.registering {
            self.expect_at(saga, place, type_id, recorded);
        }
    }

    /// Adds a wait at that place of a saga.
    pub(crate) fn expect_at(
        &mut self,
        saga: &'static str,
        place: Option<usize>,
        type_id: TypeId,
        recorded: AsRecorded,
    ) {
        self.known.push((saga, place, Expected { type_id, recorded }));
    }

    /// Reads with the only type that may be waited for there.
    pub(crate) fn at(&self, saga: &str, place: Option<usize>) -> Option<AsRecorded> {
        let mut here = self.known.iter().filter(|(name, at, _)| *name == saga && *at == place);
        let (_, _, first) = here.next()?;
        here.all(|(_, _, other)| other == first).then_some(first.recorded)
    }
}
