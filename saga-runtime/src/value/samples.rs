//! The errors that a test gives steps to fail with: the user's own, or made up.
//!
//! A made-up error is of the step's own type, and is classified by its own `StepError`.

use std::any::TypeId;
use std::collections::HashMap;

use saga_core::{Codecs, Payload};

use crate::value::recorded::Recording;

/// The errors that steps can be made to give.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    given: HashMap<TypeId, Vec<Payload>>,
}

/// The known errors of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failing {
    /// True if the error type has no values.
    pub(crate) never: bool,
    /// True if an error is known with which each attempt fails.
    pub(crate) lasting: bool,
    /// True if an error is known after which a retry may succeed.
    pub(crate) transient: bool,
    /// True if a conclusive error is known.
    pub(crate) conclusive: bool,
}

impl Samples {
    /// Adds one of the user's errors.
    pub(crate) fn give<E: 'static>(&mut self, recording: &Recording<E>, error: &E) {
        // A value without a JSON form cannot be a step's error.
        self.given
            .entry(TypeId::of::<E>())
            .or_default()
            .extend((recording.encode)(error, &Codecs::default()));
    }

    /// Returns the known errors of a type; the user's own first.
    #[cfg(feature = "test")]
    pub(crate) fn of<E: 'static>(&self, recording: &Recording<E>) -> impl Iterator<Item = E> {
        let given = self.given.get(&TypeId::of::<E>()).into_iter().flatten();
        let given = given.filter_map(|payload| (recording.decode)(&Codecs::default(), payload).ok());
        given.chain((recording.values)())
    }
}
