//! What signals carry: read as the type that the saga waits for, and recorded as that type has it. Until the type is known
//! all of it is a secret.

use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};

use saga_core::{DecodeError, Payload};

use crate::author::awaitable::StepSet;
use crate::author::saga::Saga;
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;
use crate::value::panics::drop_quietly;
use crate::value::recorded::Recorded;

/// A wait for a signal of that type.
#[derive(Debug)]
pub struct SignalOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Recorded> StepSet for SignalOf<T> {
    fn register(registry: &mut Registry) {
        registry.signals.expect(TypeId::of::<T>(), recorded::<T>);
    }
}

impl<T: Recorded> SignalOf<T> {
    /// Registers the type of the signal that a saga waits for at the place of that number.
    pub fn at<S: Saga, const PLACE: usize>(registry: &mut Registry) {
        registry.signals.expect_at(S::NAME, Some(PLACE), TypeId::of::<T>(), recorded::<T>);
    }
}

/// A wait for a type that cannot be recorded. The compiler refuses it at the await, so that nothing is said here.
pub trait Unread: Sized {
    /// Registers nothing.
    fn at<S: Saga, const PLACE: usize>(_: &mut Registry) {}
}

impl<T> Unread for SignalOf<T> {}

/// Reads what was sent.
pub(crate) fn read<T: Recorded>(payload: &Payload, encoding: &Encoding) -> Result<T, DecodeError> {
    encoding.decode_given::<T>(payload, &Payload::null())
}

/// Returns what was sent, as its type records it; `None` if it is not of that type, which is said where it is waited
/// for.
fn recorded<T: Recorded>(payload: &Payload, encoding: &Encoding) -> Option<Payload> {
    let read = catch_unwind(AssertUnwindSafe(|| read::<T>(payload, encoding)));
    let value = read.ok()?.ok()?;
    let recorded = encoding.encode_input(&value);
    drop_quietly("a signal's value", value);
    recorded.ok()
}
