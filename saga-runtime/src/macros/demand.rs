//! The demands of `#[saga]` on the callees of a body, for the compiler to check: nothing irreversible is done where the
//! saga may still fail, names differ, undo windows last long enough. Each demand is a function with a bound and no
//! body; an expansion names it at the token to change.
//!
//! A body's callees are numbered. Constants determine which demands apply to which, so an expansion grows linearly with
//! the body.

use std::time::Duration;

use saga_core::Kind;
use saga_core::graph::{AwaitPoint, Graph, To, What};

use crate::author::callable::Callable;
use crate::author::step::{Undo, undo};

/// The steps and sagas that a saga calls, by number. Written by `#[saga]`.
pub trait Calls<const N: usize> {
    /// The `N`-th callee.
    type Callee;
}

/// The number that means no callee: that of [`Nothing`].
pub const NOTHING: usize = usize::MAX;

/// A type that is never called: the subject of demands when there is nothing to demand.
#[derive(Debug)]
pub enum Nothing {}

/// Returns the place of a call: its number among the calls of that name, the loops around it, and its moves.
pub const fn place(
    (name, what): (&'static str, What),
    [occurrence, loops]: [u32; 2],
    done: &'static [To],
    failed: &'static [To],
) -> AwaitPoint {
    AwaitPoint { name, occurrence, loops, what, done, failed }
}

/// An undo kind that allows a rollback.
pub trait Reversible: Undo {}
impl Reversible for undo::Compensated {}
impl Reversible for undo::Readonly {}
// It has its own message where it is awaited.
impl Reversible for undo::Auxiliary {}

/// A callee after which a saga may fail.
#[diagnostic::on_unimplemented(
    message = "this saga may fail here, after `{Self}`, which nothing undoes [SG0801]",
    label = "past the point of no return [SG0801]",
    note = "why: a failure starts a rollback, and what `{Self}` did would stay",
    note = "fix: do what may fail before `{Self}`; or say `retriable` of a step that comes after it, and leave its `?` out; or handle its failure by a `match` right on its `.await` (of a saga that can be undone, say `#[saga(undoable)]`)"
)]
pub trait MayFailAfter {}
#[diagnostic::do_not_recommend]
impl MayFailAfter for Nothing {}
#[diagnostic::do_not_recommend]
impl<C: Callable> MayFailAfter for C where C::Undo: Reversible {}

/// Demands that a saga may fail here; `N` is the first callee before it that cannot be undone.
pub const fn may_fail<S, const N: usize>()
where
    S: Calls<N>,
    S::Callee: MayFailAfter,
{
}

/// What a saga may end after with a value that is no `Ok(…)`.
#[diagnostic::on_unimplemented(
    message = "this saga may fail here, after `{Self}`, which nothing undoes [SG0801]",
    label = "past the point of no return [SG0801]",
    note = "why: a failure starts a rollback, and what `{Self}` did would stay",
    note = "fix: end with `Ok(…)`, which shows that nothing fails, and let the output say what is to be said; or find out before `{Self}` is called what is returned here; or return it in the `Err` arm of a `match` on the `.await` of `{Self}`"
)]
pub trait MayEndAfter {}
#[diagnostic::do_not_recommend]
impl MayEndAfter for Nothing {}
#[diagnostic::do_not_recommend]
impl<C: Callable> MayEndAfter for C where C::Undo: Reversible {}

/// Demands that an exit by a value may stand here; `N` is the first callee before it that cannot be undone.
pub const fn may_end<S, const N: usize>()
where
    S: Calls<N>,
    S::Callee: MayEndAfter,
{
}

/// What is known of a callee, for all demands.
#[derive(Debug)]
pub struct CalleeKnown {
    /// Its recorded name, and the place of its definition, which identify it.
    name: &'static str,
    origin: &'static str,
    /// The hash of the name, for a quick comparison.
    hash: u64,
    /// True if a call of it can be undone.
    reverses: bool,
    /// [`Callable::FAILS`].
    fails: bool,
    what: What,
}

/// Returns the facts about the `N`-th callee.
pub const fn known<S: Calls<N>, const N: usize>() -> CalleeKnown
where
    S::Callee: Callable,
{
    let name = <S::Callee as Callable>::LABEL;
    CalleeKnown {
        name,
        origin: <S::Callee as Callable>::ORIGIN,
        hash: hash(name.as_bytes()),
        reverses: !matches!(<<S::Callee as Callable>::Undo as Undo>::KIND, Kind::Irreversible),
        fails: <S::Callee as Callable>::FAILS,
        what: <S::Callee as Callable>::WHAT,
    }
}

/// Computes FNV-1a.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    hash
}

/// Returns the first callee in the set `passed` (a bit each) that cannot be undone. Also considers the set `failed` if
/// the callee never fails: its apparent failure is then an output, and it was done.
pub const fn no_return(passed: &[u64], failed: &[u64], callees: &[CalleeKnown]) -> usize {
    let mut callee = 0;
    while callee < callees.len() {
        let known = &callees[callee];
        let never_fails = matches!(known.what, What::Step(ref step) if step.retriable);
        let done = if never_fails { passed[callee / 64] | failed[callee / 64] } else { passed[callee / 64] };
        if !known.reverses && done & (1 << (callee % 64)) != 0 {
            return callee;
        }
        callee += 1;
    }
    NOTHING
}

/// Does the same as [`no_return`], of the exit by the `?` behind the `.await` of that callee: one that never fails is
/// no exit, and is reported as that.
pub const fn by(asked: usize, passed: &[u64], failed: &[u64], callees: &[CalleeKnown]) -> usize {
    if callees[asked].fails { no_return(passed, failed, callees) } else { NOTHING }
}

/// What a step gives, as a type that is asked whether it is a `Result`: its own constant takes precedence over that of
/// [`OtherThanResult`].
#[derive(Debug)]
pub struct Gives<T>(std::marker::PhantomData<fn() -> T>);

impl<T, E> Gives<Result<T, E>> {
    /// True: the type is a `Result`.
    pub const A_RESULT: bool = true;
}

/// Of any other type.
pub trait OtherThanResult {
    /// False: the type is not a `Result`.
    const A_RESULT: bool = false;
}

impl<T> OtherThanResult for Gives<T> {}

/// What an `undoable` saga may call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be undone, and this saga says `undoable` [SG0802]",
    label = "nothing undoes this [SG0802]",
    note = "why: `undoable` promises that the whole saga can be undone, by its caller as well",
    note = "fix: a step with `compensate = …`, a child saga that says `undoable`, or leave `undoable` out of this one"
)]
pub trait KeepsUndoable {}
#[diagnostic::do_not_recommend]
impl<C: Callable> KeepsUndoable for C where C::Undo: Reversible {}

/// Demands that a callee of an `undoable` saga can be undone.
pub const fn in_undoable<C: KeepsUndoable>() {}

/// A callee that may be in a branch of `all`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands in a branch of `all`, and nothing undoes it [SG0803]",
    label = "irreversible [SG0803]",
    note = "why: when another branch fails, all that the branches did is undone, and this would stay",
    note = "fix: await `{Self}` by itself, after the `all`"
)]
pub trait Branchable {}
#[diagnostic::do_not_recommend]
impl<C: Callable> Branchable for C where C::Undo: Reversible {}

/// Demands that a callee in a branch of `all` can be undone.
pub const fn in_branch<C: Branchable>() {}

/// A callee that can be undone as long as the saga may need it: `HOLDS`, which an expansion computes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can be undone for a shorter time than this saga may take [SG0804]",
    label = "its `undo_within` is shorter than the saga's `deadline` [SG0804]",
    note = "why: the saga may still fail shortly before its deadline, and by then `{Self}` could not be undone",
    note = "fix: a longer `undo_within` on the step, or a shorter `deadline` on the saga"
)]
pub trait Outlasts<const HOLDS: bool> {}
#[diagnostic::do_not_recommend]
impl<C> Outlasts<true> for C {}

/// Demands that a callee of a saga with a deadline can be undone until then.
pub const fn in_time<S: Calls<N>, const N: usize, const HOLDS: bool>()
where
    S::Callee: Outlasts<HOLDS>,
{
}

/// Returns for each callee true if it can be undone until the deadline.
pub const fn outlast<const N: usize>(callees: &[CalleeKnown; N], deadline: Duration) -> [bool; N] {
    let mut holds = [true; N];
    let mut callee = 0;
    while callee < N {
        holds[callee] = what_outlasts(&callees[callee].what, deadline);
        callee += 1;
    }
    holds
}

const fn what_outlasts(what: &What, deadline: Duration) -> bool {
    match what {
        What::Step(step) => match step.undo_within {
            Some(window) => window.as_nanos() >= deadline.as_nanos(),
            None => true,
        },
        What::Saga(graph) => graph_outlasts(graph, deadline),
        What::Each(what) | What::Named(_, what) => what_outlasts(what, deadline),
        What::All(branches) => {
            let mut branch = 0;
            while branch < branches.len() {
                if !what_outlasts(&branches[branch], deadline) {
                    return false;
                }
                branch += 1;
            }
            true
        }
        _ => true,
    }
}

const fn graph_outlasts(graph: &Graph, deadline: Duration) -> bool {
    let mut place = 0;
    while place < graph.await_points.len() {
        if !what_outlasts(&graph.await_points[place].what, deadline) {
            return false;
        }
        place += 1;
    }
    true
}

/// A callee with another recorded name than `Other`, which is [`Nothing`] if there is no such other.
#[diagnostic::on_unimplemented(
    message = "`{Other}` and `{Self}` are recorded under one name [SG0805]",
    label = "the name of another step in this saga [SG0805]",
    note = "why: a journal tells them apart by their names, and so does a rollback",
    note = "fix: `name = \"…\"` on one of them"
)]
pub trait NamedApart<Other> {}
#[diagnostic::do_not_recommend]
impl<C> NamedApart<Nothing> for C {}

/// Demands that the `N`-th callee and the `OTHER`-th have different recorded names. `OTHER` is the first earlier one
/// with the same name, or [`NOTHING`].
pub const fn named_apart<S, const N: usize, const OTHER: usize>()
where
    S: Calls<N> + Calls<OTHER>,
    <S as Calls<N>>::Callee: NamedApart<<S as Calls<OTHER>>::Callee>,
{
}

/// Returns for each callee the first earlier one that differs from it and has its name.
pub const fn namesakes<const N: usize>(callees: &[CalleeKnown; N]) -> [usize; N] {
    let mut namesakes = [NOTHING; N];
    let mut of = 1;
    while of < N {
        let mut other = 0;
        while other < of && !is_namesake(&callees[other], &callees[of]) {
            other += 1;
        }
        if other < of {
            namesakes[of] = other;
        }
        of += 1;
    }
    namesakes
}

const fn is_namesake(a: &CalleeKnown, b: &CalleeKnown) -> bool {
    a.hash == b.hash && is_same(a.name, b.name) && !is_same(a.origin, b.origin)
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
