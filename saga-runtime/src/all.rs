//! Several at once: `all((a, b))` and `all(iter)`. Nothing more is begun after a failure; every branch that was begun
//! is awaited to its end.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::awaitable::{Awaitable, StepSet};
use crate::body::{Place, SagaContext, lock};
use crate::failure::{AllFailure, Branch};
use crate::registry::Registry;

/// Awaits all of a tuple's calls, or of an iterator's, at once.
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
    /// Makes it.
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
    /// At most so many at a time (at least one).
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: limit.max(1), ..self }
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
    begun: HashSet<usize>,
}

impl Fork {
    fn new(place: Place) -> Self {
        let segment = place.site("all").to_string();
        let mut begun = HashSet::new();
        if let Some(board) = place.cx.board() {
            for (site, _) in lock(board).state.sites() {
                let branch = site.as_str().strip_prefix(&segment).and_then(|rest| rest.strip_prefix('.'));
                let number: Option<usize> = branch.and_then(|b| b.split('/').next()?.parse().ok());
                begun.extend(number);
            }
        }
        Self { cx: place.cx, segment, begun }
    }

    fn place(&self, branch: usize) -> Place {
        Place::first(self.cx.branch(&format!("{}.{branch}", self.segment)))
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
            if !may_begin && !fork.begun.contains(&branch) {
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

#[diagnostic::do_not_recommend]
impl<A: Awaitable> Awaitable for AllEach<A> {
    type Steps = A::Steps;
    type Output = Result<Vec<A::Value>, AllFailure<Vec<Branch<A::Value, A::Failure>>>>;
    type Value = Vec<A::Value>;
    type Failure = AllFailure<Vec<Branch<A::Value, A::Failure>>>;

    async fn at(self, place: Place) -> Self::Output {
        let fork = Fork::new(place);
        let limit = self.limit;
        let mut slots: Vec<Slot<'_, A>> = self.calls.into_iter().map(Slot::new).collect();
        let mut failed = false;
        poll_fn(|cx| {
            // What is under way comes first: a branch that ends makes room, and one that fails stops the rest.
            let mut running = 0;
            for (branch, slot) in slots.iter_mut().enumerate() {
                if slot.is_running() || fork.begun.contains(&branch) {
                    slot.advance(&fork, branch, true, cx);
                }
                failed |= slot.has_failed();
                running += usize::from(slot.is_running());
            }
            for (branch, slot) in slots.iter_mut().enumerate() {
                if failed || running >= limit {
                    break;
                }
                if matches!(slot, Slot::Call(_)) {
                    slot.advance(&fork, branch, true, cx);
                    failed |= slot.has_failed();
                    running += usize::from(slot.is_running());
                }
            }
            if running > 0 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        let branches: Vec<_> = slots.into_iter().map(Slot::into_branch).collect();
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
