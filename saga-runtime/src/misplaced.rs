//! What the compiler says of a call that stands where it does nothing: not awaited, or awaited outside of a saga. A
//! call is inert; what is implemented for it here can never be used, and says why.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::all::{AllEach, AllOf};
use crate::awaitable::{Awaitable, Named};
use crate::failure::ChildFailure;
use crate::saga::{Saga, SagaCall};
use crate::step::{Effort, Step, StepCall};
use crate::wait::{Approve, FreshUuid, Now, Signal, SignalWithin, Sleep};

/// Implemented for nothing: what stands in a saga's body has to be awaited there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called here and not awaited, so nothing happens [SG0608]",
    label = "`.await` is missing",
    note = "why: a call only says what is to be done; it is done, and recorded, by its `.await`",
    note = "fix: `.await` behind the call, before the `?` if there is one; or leave the call out"
)]
pub trait NotAwaited {}

/// Implemented for nothing: outside of a saga nothing is recorded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is awaited outside of a saga [SG0610]",
    label = "a step is awaited in a `#[saga]`",
    note = "why: what a step does is recorded in the journal of a saga, and here there is none",
    note = "fix: `#[saga]` on this function; or `{Self}::run(&resources, …).await`, if the step is to run alone, as in a test"
)]
pub trait StepInSaga {}

/// Implemented for nothing: a saga is begun by a runtime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is awaited outside of a saga [SG0610]",
    label = "a saga is begun by a runtime, or awaited in another",
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

/// A call: what does nothing before its `.await`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here; or await this inside of a `#[step]`, and that step here"
)]
pub trait Inert {
    /// What it is called in messages.
    type Shown;
    /// Its own type: known only of what is a call.
    type Itself;
    /// Itself.
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
}

/// What stands in a branch of `all`. Every call does; what is none has no type there, and the `all` around it says
/// nothing of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here; or await this inside of a `#[step]`, and that step here"
)]
pub trait OneBranch<A> {
    /// Itself.
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
    /// The calls.
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
    /// What its `.await` would have given.
    pub fn checked(self) -> Result<A::Value, A::Failure>
    where
        A::Shown: NotAwaited,
    {
        unreachable!("nothing is `NotAwaited`")
    }
}

/// Of any other value there is nothing to say.
pub trait Checked<T> {
    /// The value.
    fn checked(self) -> T;
}

impl<T> Checked<T> for Unawaited<T> {
    fn checked(self) -> T {
        self.0
    }
}
