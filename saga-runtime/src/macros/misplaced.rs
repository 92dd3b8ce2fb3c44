//! What the compiler says of a call that stands where it does nothing: not awaited, or awaited outside of a saga. A
//! call is inert; what is implemented for it here can never be used, and says why.

use std::collections::{HashMap, HashSet, hash_map, hash_set};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::author::all::{AllEach, AllOf};
use crate::author::awaitable::{Awaitable, Named};
use crate::author::commit::OnCommit;
use crate::author::failure::ChildFailure;
use crate::author::saga::{Saga, SagaCall};
use crate::author::step::{Effort, Step, StepCall};
use crate::author::wait::{Approve, FreshUuid, Now, Signal, SignalWithin, Sleep};

/// Implemented for nothing: what stands in a saga's body has to be awaited there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called here and not awaited, so nothing happens [SG0608]",
    label = "`.await` is missing [SG0608]",
    note = "why: a call only says what is to be done; it is done, and recorded, by its `.await`",
    note = "fix: `.await?` behind the call (`.await` alone if it cannot fail, as `sleep(…).await`); in a closure, for all items at once, `all(items.into_iter().map(|item| step(item))).await?`; or leave the call out"
)]
pub trait NotAwaited {}

/// Implemented for nothing: outside of a saga nothing is recorded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is awaited outside of a saga [SG0610]",
    label = "a step is awaited in a `#[saga]` [SG0610]",
    note = "why: what a step does is recorded in the journal of a saga, and here there is none",
    note = "fix: in a function that a saga calls, or is to be: `#[saga]` on it; in a macro that a saga uses, `{Self}(…).await` before the macro, in the saga itself; anywhere else `{Self}::run(&resources, …).await`, which runs it alone, as in a test"
)]
pub trait StepInSaga {}

/// Implemented for nothing: a saga is begun by a runtime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is awaited outside of a saga [SG0610]",
    label = "a saga is begun by a runtime, or awaited in another [SG0610]",
    note = "why: it has a journal, in a store, under an id; a runtime keeps them",
    note = "fix: `runtime.run(\"its-id\", {Self}(…)).await?` begins it, and gives a handle; `#[saga]` on this function makes it a part of that saga"
)]
pub trait SagaInSaga {}

impl<S: Step + StepInSaga> Future for StepCall<S> {
    type Output = <S::Effort as Effort>::Awaited<S::Output, S::Error>;

    /// Never called.
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

impl<S: Saga + SagaInSaga> Future for SagaCall<S> {
    type Output = Result<S::Output, ChildFailure<S::Error>>;

    /// Never called.
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

/// A body, of which is asked what may stand in it. Not of the value itself: rustc would have advice then that compiles,
/// such as to borrow it.
#[derive(Debug)]
pub enum InBody {}

/// Implemented for nothing: what a saga waits for is kept in its journal.
#[diagnostic::on_unimplemented(
    message = "`{T}` is awaited outside of a saga [SG0610]",
    label = "this is recorded in a saga, and here is none [SG0610]",
    note = "why: it waits in the journal of a saga, over crashes and restarts; anywhere else it would do nothing",
    note = "fix: where nothing is to be recorded, as in a step, what the program has for it otherwise, such as `tokio::time::sleep(…).await`; in what is to be a saga, `#[saga]` on the function"
)]
pub trait Waits<T> {}

macro_rules! only_in_sagas {
    ($([$($generics:tt)*] $call:ty;)+) => {$(
        impl<$($generics)*> Future for $call
        where
            // With a lifetime, so that the compiler asks for it only where it is used.
            for<'a> $call: Awaitable,
            for<'a> InBody: Waits<$call>,
        {
            type Output = <Self as Awaitable>::Output;

            /// Never called.
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
                Poll::Pending
            }
        }
    )+};
}

only_in_sagas! {
    [A] Named<A>;
    [B] AllOf<B>;
    [A] AllEach<A>;
    [] Sleep;
    [] Now;
    [] FreshUuid;
    [T] Signal<T>;
    [T] SignalWithin<T>;
    [] Approve;
    [S: Step] OnCommit<S>;
}

/// Implemented for nothing: a [`Builder`](crate::Builder) runs nothing.
#[diagnostic::on_unimplemented(
    message = "a `Builder` runs nothing before `.start()` [SG1005]",
    label = "`.start().await?` is missing [SG1005]",
    note = "why: what is missing is found when it starts, before anything is run",
    note = "fix: `.start().await?` at the end of what builds it: `Runtime::builder(store).saga::<order>().start().await?`"
)]
pub trait Started {}

/// Implemented for nothing: an [`Outcome`](crate::Outcome) is more than a `Result`.
#[diagnostic::on_unimplemented(
    message = "an `Outcome` is not a `Result` [SG1006]",
    label = "it may be rolled back, dead-lettered or abandoned as well [SG1006]",
    note = "why: how a saga ended without its output decides what is to be done about it",
    note = "fix: `.completed()` gives the output as an `Option`; or `match` on it, by `Outcome::Completed {{ output, .. }}`, `Outcome::RolledBack {{ error, .. }}` and the others"
)]
pub trait IsResult {}

/// A call: what does nothing before its `.await`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here, or `#[saga]` if it awaits steps itself; or await this inside of a `#[step]`, and that step here"
)]
pub trait Inert {
    /// What it is called in messages.
    type Shown;
    /// Its own type: known only of what is a call.
    type Itself;
    /// Returns the call itself.
    fn itself(self) -> Self::Itself;
}

macro_rules! inert {
    ($([$($generics:tt)*] $call:ty, $shown:ty;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Inert for $call {
            type Shown = $shown;
            type Itself = Self;
            fn itself(self) -> Self {
                self
            }
        }
    )+};
}

inert! {
    [S: Step] StepCall<S>, S;
    [S: Saga] SagaCall<S>, S;
    [A: Inert] Named<A>, A::Shown;
    [B] AllOf<B>, Self;
    [A] AllEach<A>, Self;
    [] Sleep, Self;
    [] Now, Self;
    [] FreshUuid, Self;
    [T] Signal<T>, Self;
    [T] SignalWithin<T>, Self;
    [] Approve, Self;
    [S: Step] OnCommit<S>, Self;
}

/// What stands in a branch of `all`. Every call does; what is none has no type there, and the `all` around it says
/// nothing of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here, or `#[saga]` if it awaits steps itself; or await this inside of a `#[step]`, and that step here"
)]
pub trait OneBranch<A> {
    /// Returns the call itself.
    fn branch(self) -> A;
}

impl<A: Inert> OneBranch<A::Itself> for A
where
    A::Itself: Awaitable,
{
    fn branch(self) -> A::Itself {
        self.itself()
    }
}

/// What gives the branches of `all`. Every iterator of calls does.
pub trait ManyBranches<A> {
    /// Returns the calls.
    fn branches(self) -> Vec<A>;
}

impl<I> ManyBranches<<I::Item as Inert>::Itself> for I
where
    I: IntoIterator,
    I::Item: Inert,
    <I::Item as Inert>::Itself: Awaitable,
{
    fn branches(self) -> Vec<<I::Item as Inert>::Itself> {
        self.into_iter().map(Inert::itself).collect()
    }
}

/// A value that a body throws away, or has a `?` behind. A call is forgotten there: its own [`Unawaited::checked`] takes
/// precedence over that of [`Checked`], and does not compile.
#[derive(Debug)]
pub struct Unawaited<T>(pub T);

impl<A: Inert + Awaitable> Unawaited<A> {
    /// Returns what its `.await` would have given.
    pub fn checked(self) -> Result<A::Value, A::Failure>
    where
        A::Shown: NotAwaited,
    {
        unreachable!("nothing is `NotAwaited`")
    }
}

/// Of any other value there is nothing to say.
pub trait Checked<T> {
    /// Returns the value.
    fn checked(self) -> T;
}

impl<T> Checked<T> for Unawaited<T> {
    fn checked(self) -> T {
        self.0
    }
}

/// What a body keeps, or hands to a function: anything but a call. A call is not [`Unpin`], and so is nothing that
/// holds one; of what else a body has, only futures are not.
#[diagnostic::on_unimplemented(
    message = "`{T}` is kept here and not awaited, so nothing happens [SG0608]",
    label = "`.await` is missing [SG0608]",
    note = "why: a call only says what is to be done; it is done, and recorded, by its `.await`",
    note = "fix: `.await?` right behind the call (`.await` alone if it cannot fail, as `now().await`); or, for several at once, `all((a(…), b(…))).await?` and `all(items.into_iter().map(|item| step(item))).await?`"
)]
pub trait Keeps<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: Unpin + ?Sized> Keeps<T> for InBody {}

/// A value that a body keeps, or hands to a function.
#[derive(Debug)]
pub struct Kept<T>(pub T);

impl<T> Kept<T> {
    /// Returns the value, which holds no call.
    pub fn value(self) -> T
    where
        InBody: Keeps<T>,
    {
        self.0
    }
}

/// What a statement throws away. A failure is not thrown away so: its own [`Dropped::checked`] takes precedence over
/// that of [`Droppable`], and does not compile.
#[derive(Debug)]
pub struct Dropped<T>(pub T);

/// Implemented for nothing: a failure is handled, or left the saga by, or dropped by `let _ =`.
#[diagnostic::on_unimplemented(
    message = "a failure is dropped here: `{Self}` [SG0615]",
    label = "the saga goes on as if this had been done [SG0615]",
    note = "why: what comes next would be done on top of what did not happen: a charge without a reservation, or after a denial",
    note = "fix: `?` right behind the `.await`, and nothing after that; or `let _ =` before all of it, if the saga is to go on either way"
)]
pub trait Ignorable {}

impl<T, E> Dropped<Result<T, E>> {
    /// Returns the value.
    pub fn checked(self) -> Result<T, E>
    where
        E: Ignorable,
    {
        self.0
    }
}

/// Of any other value there is nothing to say.
pub trait Droppable<T> {
    /// Returns the value.
    fn checked(self) -> T;
}

impl<T> Droppable<T> for Dropped<T> {
    fn checked(self) -> T {
        self.0
    }
}

/// What the crate itself gives to await, each by its name: what these are is read from their names.
pub mod own {
    use super::{AllEach, AllOf, Approve, FreshUuid, Now, OnCommit, Signal, SignalWithin, Sleep, Step};

    /// What that name stands for.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is called here by a name that means something else in a saga [SG0614]",
        label = "`sleep`, `now`, `uuid`, `signal`, `approve`, `on_commit` and `all` are saga's own [SG0614]",
        note = "why: whether a call can be undone, and whether it may fail, is read from these names",
        note = "fix: call it by its path, as in `steps::approve(…)`; or give the function another name, as in `approve_order`"
    )]
    pub trait Is<Name> {}

    macro_rules! own {
        ($($(#[$doc:meta])* $name:ident: $([$($generics:tt)*] $call:ty),+;)+) => {$(
            $(#[$doc])*
            #[derive(Debug)]
            #[allow(non_camel_case_types)]
            pub enum $name {}
            $(
                #[diagnostic::do_not_recommend]
                impl<$($generics)*> Is<$name> for $call {}
            )+
        )+};
    }

    own! {
        /// `sleep`.
        sleep: [] Sleep;
        /// `now`.
        now: [] Now;
        /// `uuid`.
        uuid: [] FreshUuid;
        /// `signal`.
        signal: [T] Signal<T>, [T] SignalWithin<T>;
        /// `approve`.
        approve: [] Approve;
        /// `on_commit`.
        on_commit: [S: Step] OnCommit<S>;
        /// `all`, of a tuple.
        all: [B] AllOf<B>;
        /// `all`, of an iterator.
        each: [A] AllEach<A>;
    }
}

/// Returns a call by one of the names of [`own`].
pub fn own_call<Name, A>(call: A) -> A
where
    A: Inert,
    A::Shown: own::Is<Name>,
{
    call
}

/// Calls by one of the names of [`own`].
pub fn own_calls<Name, A>(calls: Vec<A>) -> Vec<A>
where
    A: Inert,
    A::Shown: own::Is<Name>,
{
    calls
}

/// What a body goes through. A hash map or set is not gone through: its own [`Walked::steady`] takes precedence over that
/// of [`Steady`], and does not compile.
#[derive(Debug)]
pub struct Walked<T>(pub T);

/// Implemented for nothing: the order of a hash map or set is another in each process.
#[diagnostic::on_unimplemented(
    message = "the order of this `{T}` is another in each process [SG0706]",
    label = "a body that runs again would come by them in another order [SG0706]",
    note = "why: after a crash the body runs again over its records, and has to come by the same in the same order",
    note = "fix: a `BTreeMap` or a `BTreeSet` in its place; or sort first: `let mut items: Vec<_> = map.into_iter().collect(); items.sort();`"
)]
pub trait GoesThrough<T> {}

/// Of anything else there is nothing to say.
pub trait Steady<T> {
    /// Returns the value.
    fn steady(self) -> T;
}

impl<T> Steady<T> for Walked<T> {
    fn steady(self) -> T {
        self.0
    }
}

macro_rules! unsteady {
    ($([$($generics:tt)*] $walked:ty, $of:ty;)+) => {$(
        impl<$($generics)*> Walked<$walked> {
            /// Returns the value.
            pub fn steady(self) -> $walked
            where
                InBody: GoesThrough<$of>,
            {
                self.0
            }
        }
    )+};
}

unsteady! {
    [K, V, S] HashMap<K, V, S>, HashMap<K, V>;
    ['a, K, V, S] &'a HashMap<K, V, S>, HashMap<K, V>;
    ['a, K, V, S] &'a mut HashMap<K, V, S>, HashMap<K, V>;
    ['a, K, V] hash_map::Iter<'a, K, V>, HashMap<K, V>;
    ['a, K, V] hash_map::IterMut<'a, K, V>, HashMap<K, V>;
    ['a, K, V] hash_map::Keys<'a, K, V>, HashMap<K, V>;
    ['a, K, V] hash_map::Values<'a, K, V>, HashMap<K, V>;
    ['a, K, V] hash_map::ValuesMut<'a, K, V>, HashMap<K, V>;
    ['a, K, V] hash_map::Drain<'a, K, V>, HashMap<K, V>;
    [K, V] hash_map::IntoIter<K, V>, HashMap<K, V>;
    [K, V] hash_map::IntoKeys<K, V>, HashMap<K, V>;
    [K, V] hash_map::IntoValues<K, V>, HashMap<K, V>;
    [K, S] HashSet<K, S>, HashSet<K>;
    ['a, K, S] &'a HashSet<K, S>, HashSet<K>;
    ['a, K] hash_set::Iter<'a, K>, HashSet<K>;
    ['a, K] hash_set::Drain<'a, K>, HashSet<K>;
    [K] hash_set::IntoIter<K>, HashSet<K>;
    ['a, K, S] hash_set::Union<'a, K, S>, HashSet<K>;
    ['a, K, S] hash_set::Intersection<'a, K, S>, HashSet<K>;
    ['a, K, S] hash_set::Difference<'a, K, S>, HashSet<K>;
    ['a, K, S] hash_set::SymmetricDifference<'a, K, S>, HashSet<K>;
}
