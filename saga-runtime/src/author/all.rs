//! Several at once: `all((a, b))` and `all(iter)`. Nothing more is begun after a failure; every branch that was begun
//! is awaited to its end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::author::awaitable::{Awaitable, Named, StepSet};
use crate::author::failure::{AllFailure, Branch};
use crate::author::woken::Woken;
use crate::replay::board::lock;
use crate::replay::context::{Place, SagaContext};
use crate::replay::registry::Registry;

/// Awaits all of a tuple's calls, or of an iterator's, at once.
///
/// They run side by side in one task, not on several threads: a step that blocks its thread holds up the others. Work
/// that blocks goes into `tokio::task::spawn_blocking`.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(readonly)]
/// async fn price_of(thing: String) -> Result<usize, Failure> {
///     Ok(thing.len())
/// }
///
/// #[saga]
/// async fn bill(things: Vec<String>) -> Result<usize, Failure> {
///     let (tea, cake) = all((price_of("tea".into()), price_of("cake".into()))).await?;
///     let others = all(things.iter().map(|t| price_of(t.clone()))).limit(4).await?;
///     Ok(tea + cake + others.iter().sum::<usize>())
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<bill>().start().await.unwrap();
/// # let handle = runtime.run("a", bill(vec!["jam".into()])).await.unwrap();
/// # assert_eq!(handle.outcome().await.unwrap().completed(), Some(10));
/// # });
/// ```
pub fn all<M, B: IntoAll<M>>(branches: B) -> B::All {
    branches.into_all()
}

/// What `all` takes: a tuple of up to eight calls, or an iterator of calls of one type.
pub trait IntoAll<M> {
    /// What it makes of it.
    type All;
    /// Combines the calls into one awaitable.
    fn into_all(self) -> Self::All;
}

/// Branches of different types; see [`all`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct AllOf<T>(T);

/// Branches of one type; see [`all`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct AllEach<A> {
    calls: Vec<A>,
    limit: usize,
}

impl<A> AllEach<A> {
    /// Runs at most so many calls at a time (at least one).
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: limit.max(1), ..self }
    }
}

impl<A> Named<AllEach<A>> {
    /// Runs at most so many calls at a time (at least one).
    pub fn limit(self, limit: usize) -> Self {
        self.map(|call| call.limit(limit))
    }
}

/// Marks tuples among what `all` takes.
#[derive(Debug)]
pub enum Tuple {}
/// Marks iterators among what `all` takes.
#[derive(Debug)]
pub enum Each {}

impl<I: IntoIterator> IntoAll<Each> for I
where
    I::Item: Awaitable,
{
    type All = AllEach<I::Item>;
    fn into_all(self) -> Self::All {
        AllEach { calls: self.into_iter().collect(), limit: usize::MAX }
    }
}

/// The place of one `all`: which of its branches are in the journal, and so are begun whatever happened since.
struct Fork {
    cx: SagaContext,
    segment: String,
}

impl Fork {
    fn new(place: Place) -> Self {
        let segment = place.site("all").to_string();
        Self { cx: place.cx, segment }
    }

    fn has_begun(&self, branch: usize) -> bool {
        let site = self.site(branch);
        self.cx.board().is_some_and(|board| lock(board).has_begun(&site))
    }

    fn site(&self, branch: usize) -> String {
        format!("{}.{branch}", self.segment)
    }

    fn place(&self, branch: usize) -> Place {
        Place::first(self.cx.branch(&self.site(branch)))
    }
}

/// One branch: not begun, under way, or ended.
enum Slot<'a, A: Awaitable> {
    Call(Option<A>),
    Running(Pin<Box<dyn Future<Output = A::Output> + Send + 'a>>),
    Ended(Branch<A::Value, A::Failure>),
}

impl<'a, A: Awaitable + 'a> Slot<'a, A> {
    fn new(call: A) -> Self {
        Slot::Call(Some(call))
    }

    fn is_running(&self) -> bool {
        matches!(self, Slot::Running(_))
    }

    fn has_failed(&self) -> bool {
        matches!(self, Slot::Ended(Branch::Failed(_)))
    }

    /// Begins it if it may, and polls it if it has begun. Whether it has failed.
    fn advance(&mut self, fork: &Fork, branch: usize, may_begin: bool, cx: &mut Context<'_>) -> bool {
        if let Slot::Call(call) = self {
            if !may_begin && !fork.has_begun(branch) {
                return false;
            }
            let Some(call) = call.take() else { return false };
            *self = Slot::Running(Box::pin(call.at(fork.place(branch))));
        }
        if let Slot::Running(running) = self {
            let Poll::Ready(output) = running.as_mut().poll(cx) else { return false };
            *self = Slot::Ended(match A::settle(output) {
                Ok(value) => Branch::Done(value),
                Err(failure) => Branch::Failed(failure),
            });
        }
        self.has_failed()
    }

    fn into_branch(self) -> Branch<A::Value, A::Failure> {
        match self {
            Slot::Ended(branch) => branch,
            Slot::Call(_) | Slot::Running(_) => Branch::NotStarted,
        }
    }
}

/// The branches of an iterator's `all`, each with the waker that it is polled with once it has begun.
struct Branches<'a, A: Awaitable> {
    fork: Fork,
    slots: Vec<(Slot<'a, A>, Option<Waker>)>,
    woken: Woken,
    limit: usize,
    /// All before this have begun.
    next: usize,
    running: usize,
    has_failed: bool,
}

impl<'a, A: Awaitable + 'a> Branches<'a, A> {
    fn new(fork: Fork, all: AllEach<A>) -> Self {
        let woken = Woken::default();
        let slots: Vec<_> = all.calls.into_iter().map(|call| (Slot::new(call), None)).collect();
        // What is in the journal has something to look at from the first.
        (0..slots.len()).filter(|branch| fork.has_begun(*branch)).for_each(|branch| woken.wake(branch));
        Self { fork, slots, woken, limit: all.limit, next: 0, running: 0, has_failed: false }
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.woken.polled_with(cx.waker());
        // What is under way comes first: a branch that ends makes room, and one that fails stops the rest.
        for branch in self.woken.take() {
            self.advance(branch);
        }
        while !self.has_failed && self.running < self.limit && self.next < self.slots.len() {
            if matches!(self.slots[self.next].0, Slot::Call(_)) {
                self.advance(self.next);
            }
            self.next += 1;
        }
        if self.running > 0 { Poll::Pending } else { Poll::Ready(()) }
    }

    fn advance(&mut self, branch: usize) {
        let (slot, waker) = &mut self.slots[branch];
        let waker = waker.get_or_insert_with(|| self.woken.waker(branch));
        let was_running = slot.is_running();
        self.has_failed |= slot.advance(&self.fork, branch, true, &mut Context::from_waker(waker));
        self.running = self.running + usize::from(slot.is_running()) - usize::from(was_running);
    }
}

#[diagnostic::do_not_recommend]
impl<A: Awaitable> Awaitable for AllEach<A> {
    type Steps = A::Steps;
    type Output = Result<Vec<A::Value>, AllFailure<Vec<Branch<A::Value, A::Failure>>>>;
    type Value = Vec<A::Value>;
    type Failure = AllFailure<Vec<Branch<A::Value, A::Failure>>>;

    async fn at(self, place: Place) -> Self::Output {
        let mut branches = Branches::new(Fork::new(place), self);
        poll_fn(|cx| branches.poll(cx)).await;
        let branches: Vec<_> = branches.slots.into_iter().map(|(slot, _)| slot.into_branch()).collect();
        if branches.iter().all(|b| matches!(b, Branch::Done(_))) {
            let done = branches.into_iter().filter_map(|b| match b {
                Branch::Done(value) => Some(value),
                _ => None,
            });
            return Ok(done.collect());
        }
        Err(AllFailure(branches))
    }

    fn settle(output: Self::Output) -> Result<Self::Value, Self::Failure> {
        output
    }
}

macro_rules! all_of_tuples {
    ($(($($a:ident $slot:ident $i:tt),+))+) => {$(
        impl<$($a: Awaitable),+> IntoAll<Tuple> for ($($a,)+) {
            type All = AllOf<Self>;
            fn into_all(self) -> Self::All {
                AllOf(self)
            }
        }

        impl<$($a: StepSet),+> StepSet for ($($a,)+) {
            fn register(registry: &mut Registry) {
                $($a::register(registry);)+
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($a: Awaitable),+> Awaitable for AllOf<($($a,)+)> {
            type Steps = ($($a::Steps,)+);
            type Output = Result<($($a::Value,)+), AllFailure<($(Branch<$a::Value, $a::Failure>,)+)>>;
            type Value = ($($a::Value,)+);
            type Failure = AllFailure<($(Branch<$a::Value, $a::Failure>,)+)>;

            async fn at(self, place: Place) -> Self::Output {
                let fork = Fork::new(place);
                $(let mut $slot = Slot::new(self.0.$i);)+
                poll_fn(|cx| {
                    // Failures of before count before anything new is begun.
                    let mut failed = false $(|| $slot.has_failed())+;
                    $(failed = $slot.advance(&fork, $i, !failed, cx) || failed;)+
                    let _ = failed;
                    if false $(|| $slot.is_running())+ { Poll::Pending } else { Poll::Ready(()) }
                })
                .await;
                match ($($slot.into_branch(),)+) {
                    ($(Branch::Done($slot),)+) => Ok(($($slot,)+)),
                    branches => Err(AllFailure(branches)),
                }
            }

            fn settle(output: Self::Output) -> Result<Self::Value, Self::Failure> {
                output
            }
        }
    )+};
}

all_of_tuples! {
    (A1 a 0)
    (A1 a 0, A2 b 1)
    (A1 a 0, A2 b 1, A3 c 2)
    (A1 a 0, A2 b 1, A3 c 2, A4 d 3)
    (A1 a 0, A2 b 1, A3 c 2, A4 d 3, A5 e 4)
    (A1 a 0, A2 b 1, A3 c 2, A4 d 3, A5 e 4, A6 f 5)
    (A1 a 0, A2 b 1, A3 c 2, A4 d 3, A5 e 4, A6 f 5, A7 g 6)
    (A1 a 0, A2 b 1, A3 c 2, A4 d 3, A5 e 4, A6 f 5, A7 g 6, A8 h 7)
}
