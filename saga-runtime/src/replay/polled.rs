//! The body that is being polled, for what `#[saga]` writes into it: an expansion asks for its context here and has no
//! variable for it, so that an editor offers a user's own names only. Bodies written by hand have a [`SagaContext`].

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;

use crate::replay::board::lock;
use crate::replay::context::{Place, SagaContext};
use crate::value::recorded::Recorded;

thread_local! {
    static POLLED: RefCell<Option<SagaContext>> = const { RefCell::new(None) };
}

/// Puts a context in force while its body is polled. A child's body is polled within its parent's, with its own context.
struct InForce<'a>(&'a mut Option<SagaContext>);

impl<'a> InForce<'a> {
    fn new(cx: &'a mut Option<SagaContext>) -> Self {
        POLLED.with_borrow_mut(|polled| mem::swap(polled, cx));
        Self(cx)
    }
}

impl Drop for InForce<'_> {
    fn drop(&mut self) {
        POLLED.with_borrow_mut(|polled| mem::swap(polled, self.0));
    }
}

/// Runs the body with its context in force whenever it is polled.
pub(crate) async fn with_context<F: Future>(cx: SagaContext, body: F) -> F::Output {
    let (mut body, mut cx) = (pin!(body), Some(cx));
    poll_fn(move |task| {
        let _in_force = InForce::new(&mut cx);
        body.as_mut().poll(task)
    })
    .await
}

fn polled() -> SagaContext {
    let polled = POLLED.with_borrow(Clone::clone);
    polled.expect("a saga's body is polled by the runtime only")
}

/// Returns true in the body of a saga that runs over its records, before it comes to what is not recorded yet. For
/// logging only: what a body does must not depend on it. Returns false outside of a body, and so in a step.
///
/// A crash may come after a line was logged, and before the record that follows it: then it is logged again. So are the
/// first lines of a saga that is run under its id a second time, as the body begins while the store is asked.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn remind(text: String) -> Result<(), Failure> {
///     sleep("2h").await;
///     if !saga::is_replaying() {
///         println!("two hours are over: {text}");
///     }
///     sleep("2h").await;
///     Ok(())
/// }
/// assert!(!saga::is_replaying());
/// ```
pub fn is_replaying() -> bool {
    let cx = POLLED.with_borrow(Clone::clone);
    cx.is_some_and(|cx| cx.board().is_some_and(|board| lock(board).is_replaying()))
}

/// Returns the saga's input.
pub async fn input<T: Recorded>() -> T {
    polled().input().await
}

/// Moves to the place of that number in the automaton: the `occurrence`-th call of its name in the text, from 1, in the
/// present turns of the loops of those numbers.
pub fn reached(place: usize, occurrence: u32, loops: &[usize]) -> Place {
    let cx = polled();
    cx.move_to(place);
    let turns = if loops.is_empty() { Vec::new() } else { cx.course().turns_of(loops) };
    Place::in_turns(cx, occurrence, turns)
}

/// Begins the loop of that number.
pub fn enter(number: usize) {
    polled().course().enter(number);
}

/// Begins the next turn of the loop of that number.
pub fn next_turn(number: usize) {
    polled().course().next_turn(number);
}

/// Returns if the loop of that number has made at most `bound` turns. Else the saga is dead-lettered, and this does not
/// return.
pub async fn within_bound(number: usize, bound: u32, what: &str) {
    let cx = polled();
    let turn = cx.course().turns_of(&[number])[0];
    cx.hold_to(turn, bound, what).await;
}
