//! Steps that are deferred to the commit: they begin when the body has given its output, and a rollback drops them.

use std::future::Future;
use std::marker::PhantomData;

use saga_core::graph::What;

use crate::author::awaitable::{Awaitable, StepSet, reach_of_call};
use crate::author::callable::Callable;
use crate::author::error::Never;
use crate::author::step::{Step, StepCall, Undo, Unfailing, undo};
use crate::replay::context::{Place, Reached};
use crate::replay::registry::Registry;

/// Defers a step to the commit: it is recorded now, and begins once the body has given its output. If the saga rolls
/// back, the step is dropped: a mail that would have to be taken back is never sent.
///
/// Deferred steps are done one after the other, in the order in which they were deferred; those of a child saga wait
/// for the commit of its parent. From the commit on there is no way back: a cancel is too late. The step must therefore
/// be `retriable`, and one that nothing undoes. Its output is not read.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(compensate = release(output))]
/// async fn hold(_key: &IdempotencyKey, seat: u32) -> Result<u32, Failure> {
///     Ok(seat)
/// }
/// # #[step(retriable, idempotent)]
/// # async fn release(_seat: u32) -> Result<(), Failure> { Ok(()) }
/// # #[step(readonly)]
/// # async fn check_in(_seat: u32) -> Result<(), Failure> { Ok(()) }
///
/// #[step(irreversible, retriable)]
/// async fn send_mail(_key: &IdempotencyKey, text: String) -> Result<(), Failure> {
///     println!("{text}");
///     Ok(())
/// }
///
/// #[saga]
/// async fn book(seat: u32) -> Result<u32, StepFailure<Failure>> {
///     let held = hold(seat).await?;
///     on_commit(send_mail(format!("seat {held} is yours"))).await;
///     // If this fails, the seat is released, and no mail is sent.
///     check_in(held).await?;
///     Ok(held)
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<book>().start().await.unwrap();
/// # assert_eq!(runtime.run("a", book(4)).await.unwrap().outcome().await.unwrap().completed(), Some(4));
/// # });
/// ```
///
/// The word is that of database hooks, such as Django's `transaction.on_commit`; here what is deferred survives the
/// process.
pub fn on_commit<S: NeverFails + NothingUndoes>(call: StepCall<S>) -> OnCommit<S> {
    OnCommit(call)
}

/// A deferred step; see [`on_commit`].
#[must_use = "nothing is deferred until this is awaited in a saga"]
pub struct OnCommit<S: Step>(StepCall<S>);

impl<S: Step> std::fmt::Debug for OnCommit<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnCommit({})", S::NAME)
    }
}

/// A step that is retried until it succeeds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may fail, and is deferred to the commit [SG0622]",
    label = "it is not retriable [SG0622]",
    note = "why: from the commit on there is no way back, so what is done there must not fail",
    note = "fix: `retriable` on `{Self}`, which retries it until it succeeds; or await it in the body, before the saga commits"
)]
pub trait NeverFails: Step {}
#[diagnostic::do_not_recommend]
impl<S: Step> NeverFails for S where S::Effort: Unfailing {}

/// A step with an effect that nothing undoes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is deferred to the commit, and need not be [SG0623]",
    label = "it is readonly, or a compensation undoes it [SG0623]",
    note = "why: a commit does what cannot be taken back, and gives the body no output",
    note = "fix: await `{Self}` in the body: `{Self}(…).await`; a rollback undoes it"
)]
pub trait NothingUndoes: Step {}
#[diagnostic::do_not_recommend]
impl<S: Step> NothingUndoes for S where S::Undo: Lasting {}

/// An undo kind of a step whose effect lasts.
pub trait Lasting: Undo {}
impl Lasting for undo::Irreversible {}
impl Lasting for undo::Auxiliary {}

impl<S: Step> Awaitable for OnCommit<S> {
    type Steps = Deferred<S>;
    type Output = ();
    type Value = ();
    type Failure = Never;

    fn at(self, place: Place) -> impl Future<Output = ()> + Send {
        let site = place.site(S::NAME);
        let reach = reach_of_call(&self.0, &site, &place.cx, true);
        Reached::new(place.cx, site, reach, |_, _| None).without_waiting(())
    }

    fn settle(output: ()) -> Result<(), Never> {
        Ok(output)
    }
}

/// A step as it is deferred: the set of that step, and the item that an expansion asks.
#[derive(Debug)]
pub struct Deferred<C>(PhantomData<fn() -> C>);

impl<S: Step> StepSet for Deferred<S> {
    fn register(registry: &mut Registry) {
        registry.without_promises(Registry::step::<S>);
    }
}

// It does nothing before the saga commits: until then all can be undone.
#[diagnostic::do_not_recommend]
impl<C: Callable + 'static> Callable for Deferred<C> {
    const LABEL: &'static str = C::LABEL;
    const ORIGIN: &'static str = C::ORIGIN;
    const WHAT: What = What::Deferred(&C::WHAT);
    const REGISTER: fn(&mut Registry) = |registry| registry.without_promises(C::REGISTER);
    const FAILS: bool = false;
    type Undo = undo::Readonly;
    type At = C::At;
}
