//! What a name in the body of a saga stands for, as its expansion asks it.

use saga_core::graph::What;

use crate::author::step::Undo;
use crate::author::view::AtSite;
use crate::replay::registry::Registry;

/// The item that a name stands for in the body of a saga: a step or another saga. Written by `#[step]` and `#[saga]`. A
/// hand-written step needs it only to be awaited in a saga that is not hand-written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a step nor a saga, and only these are awaited in a saga [SG0601]",
    label = "nothing would record what this gives",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step]` or `#[saga]` on the function of that name"
)]
pub trait Callable {
    /// The recorded name.
    const LABEL: &'static str;
    /// The place of the definition, independent of the name: distinguishes two items of one name.
    const ORIGIN: &'static str;
    /// The item, for the automata of sagas that call it.
    const WHAT: What;
    /// Registers it, for a saga that calls it.
    const REGISTER: fn(&mut Registry);
    /// Whether a `?` behind its `.await` may be right: it may fail, or gives a `Result`.
    const FAILS: bool = true;
    /// As the place of a call of it.
    const CALLED: (&'static str, What) = (Self::LABEL, Self::WHAT);
    /// How it is undone.
    type Undo: Undo;
    /// The state of a call of it.
    type At: AtSite;
}
