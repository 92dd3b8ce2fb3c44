//! What an expansion awaits: a call, or what the compiler has a message for.

use crate::author::awaitable::{Awaitable, Awaiting};
use crate::macros::misplaced::Inert;
use crate::replay::context::Place;

/// A call as an expansion awaits it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here, or `#[saga]` if it awaits steps itself; or await this inside of a `#[step]`, and that step here"
)]
pub trait Awaited<'a, O>: Sized {
    // A parameter, and no associated type: what cannot be awaited is one error then, and not one for each mention.
    /// Awaits it there.
    fn awaited(self, place: Place) -> Awaiting<'a, O>;
}

impl<'a, A, C> Awaited<'a, C::Output> for A
where
    A: Inert<Itself = C>,
    C: Awaitable + 'a,
{
    fn awaited(self, place: Place) -> Awaiting<'a, C::Output> {
        self.itself().awaiting(place)
    }
}
