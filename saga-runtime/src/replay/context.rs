//! The body of a saga while it runs: what it reaches, and what the journal says of that. It runs over the recorded
//! outcomes first, within one poll, and then waits for new ones. It never touches the world.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use saga_core::graph::Graph;
use saga_core::machine::{BodyEnd, Reach};
use saga_core::state::SiteState;
use saga_core::{DecodeError, Name, Payload, Reason, SitePath};

use crate::replay::board::{SharedBoard, lock};
use crate::replay::exit::Exit;
use crate::replay::registry::{AnyWitness, Registry};
use crate::value::encoding::Encoding;
use crate::value::recorded::Recorded;
use crate::value::text::text_of;

/// What a body is given to await by. Handed to it by the runtime; there is nothing to do with it by hand but what
/// `#[saga]` does.
#[derive(Clone)]
pub struct SagaContext(Arc<Within>);

/// What a saga, or a branch of it, is given. One allocation: each await takes a hold of it.
#[derive(Clone)]
struct Within {
    mode: Mode,
    /// The sites in here begin with this and a slash; empty at the top.
    prefix: String,
    input: Payload,
    course: Arc<Course>,
}

/// How far a body has come in its automaton.
pub(crate) struct Course {
    graph: Option<&'static Graph>,
    /// The number of the place where it is; [`START`] before the first.
    at: AtomicUsize,
    /// The turns that each of its loops has begun, by the number of the loop.
    turns: Mutex<Vec<u32>>,
}

const START: usize = usize::MAX;

impl Course {
    fn of(graph: Option<&'static Graph>) -> Arc<Self> {
        Arc::new(Self { graph, at: AtomicUsize::new(START), turns: Mutex::new(Vec::new()) })
    }

    fn turns(&self) -> MutexGuard<'_, Vec<u32>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the loop of that number.
    pub(crate) fn enter(&self, number: usize) {
        let mut turns = self.turns();
        if turns.len() <= number {
            turns.resize(number + 1, 0);
        }
        turns[number] = 0;
    }

    /// Begins the next turn of the loop of that number.
    pub(crate) fn next_turn(&self, number: usize) {
        let mut turns = self.turns();
        turns[number] = turns[number].saturating_add(1);
    }

    /// Returns the present turns of those loops, from 0.
    pub(crate) fn turns_of(&self, loops: &[usize]) -> Vec<u32> {
        let turns = self.turns();
        loops.iter().map(|number| turns[*number].saturating_sub(1)).collect()
    }
}

/// What a body has registered, to be done once it is over.
pub(crate) type Registrations = Vec<(Option<usize>, fn(&mut Registry))>;

#[derive(Clone)]
enum Mode {
    Registering(Arc<Mutex<Registrations>>),
    Driving(SharedBoard),
}

impl std::fmt::Debug for SagaContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SagaContext({:?})", self.0.prefix)
    }
}

impl SagaContext {
    pub(crate) fn driving(board: SharedBoard, input: Payload, graph: Option<&'static Graph>) -> Self {
        let (mode, course) = (Mode::Driving(board), Course::of(graph));
        Self(Arc::new(Within { mode, prefix: String::new(), input, course }))
    }

    pub(crate) fn registering(found: Arc<Mutex<Registrations>>) -> Self {
        let (mode, course) = (Mode::Registering(found), Course::of(None));
        Self(Arc::new(Within { mode, prefix: String::new(), input: Payload::null(), course }))
    }

    /// Moves the body to the place of that number. If its automaton has no such move, macro and machine disagree, and
    /// the machine has not judged what comes next: nothing is done.
    pub(crate) fn move_to(&self, place: usize) {
        let Some(graph) = self.0.course.graph else { return };
        let from = self.0.course.at.swap(place, Ordering::Relaxed);
        if graph.leads(graph.await_points.get(from), place) {
            return;
        }
        if let Mode::Driving(board) = &self.0.mode {
            let detail =
                format!("the code of {} goes to its place {place}, where its automaton does not", graph.saga);
            lock(board).end.get_or_insert(BodyEnd::Blocked(Reason::Diverged, self.site(), detail));
        }
    }

    /// Returns true in registration: the body then hands over its witnesses and goes no further.
    pub fn registers(&self, witnesses: &[&dyn AnyWitness]) -> bool {
        let Mode::Registering(found) = &self.0.mode else { return false };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(witnesses.iter().map(|w| w.registration()));
        true
    }

    /// Ends a body that has registered: it is not polled again.
    pub async fn registered<T, E>(&self) -> Exit<T, E> {
        std::future::pending().await
    }

    /// Returns the saga's input.
    pub async fn input<T: Recorded>(&self) -> T {
        if let Mode::Driving(board) = &self.0.mode {
            let mut board = lock(board);
            match board.around.encoding.decode(&self.0.input) {
                Ok(input) => return input,
                Err(error) => {
                    let detail = format!("the saga's input: {}", text_of(&error));
                    board.end.get_or_insert(BodyEnd::Blocked(Reason::Undecodable, self.site(), detail));
                }
            }
        }
        std::future::pending().await
    }

    /// Returns the site of the child saga that this is the context of; `None` at the top.
    fn site(&self) -> Option<SitePath> {
        (!self.0.prefix.is_empty()).then(|| SitePath::from(self.0.prefix.as_str()))
    }

    /// Returns the number of the next turn of a loop. Past `bound` turns the saga is dead-lettered, and this does not
    /// return.
    pub async fn turn(&self, turns: &mut u32, bound: Option<u32>, what: &str) -> u32 {
        let turn = *turns;
        *turns = turns.saturating_add(1);
        if let Some(bound) = bound {
            self.hold_to(turn, bound, what).await;
        }
        turn
    }

    /// Returns how far the body has come.
    pub(crate) fn course(&self) -> &Course {
        &self.0.course
    }

    /// Returns if the turn, from 0, is within the bound.
    pub(crate) async fn hold_to(&self, turn: u32, bound: u32, what: &str) {
        if turn < bound {
            return;
        }
        if let Mode::Driving(board) = &self.0.mode {
            let detail = format!("{what} has made {bound} turns");
            lock(board).end.get_or_insert(BodyEnd::Blocked(Reason::BoundExceeded, self.site(), detail));
        }
        std::future::pending().await
    }

    /// Returns the board, while driving: registration never gets this far.
    pub(crate) fn board(&self) -> Option<&SharedBoard> {
        match &self.0.mode {
            Mode::Driving(board) => Some(board),
            Mode::Registering(_) => None,
        }
    }

    /// Returns the same context for a branch: its sites are inside `prefix`.
    pub(crate) fn branch(&self, prefix: &str) -> Self {
        Self(Arc::new(Within { prefix: prefix.to_owned(), ..Within::clone(&self.0) }))
    }

    /// Returns the context of a child saga: its sites are inside `prefix`.
    pub(crate) fn child(&self, prefix: &str, input: Option<Payload>, graph: Option<&'static Graph>) -> Self {
        let within = Within::clone(&self.0);
        let (input, course) = (input.unwrap_or(within.input), Course::of(graph));
        Self(Arc::new(Within { mode: within.mode, prefix: prefix.to_owned(), input, course }))
    }
}

/// Where in its body something is awaited.
#[derive(Debug)]
pub struct Place {
    pub(crate) cx: SagaContext,
    occurrence: u32,
    turns: Vec<u32>,
    name: Option<Name>,
}

impl Place {
    /// Returns a branch's own place: the first there.
    pub(crate) fn first(cx: SagaContext) -> Self {
        Self::in_turns(cx, 1, Vec::new())
    }

    /// Returns the place of the `occurrence`-th call of its name, in these turns of the loops around.
    pub(crate) fn in_turns(cx: SagaContext, occurrence: u32, turns: Vec<u32>) -> Self {
        Self { cx, occurrence, turns, name: None }
    }

    pub(crate) fn named(mut self, name: Name) -> Self {
        self.name.get_or_insert(name);
        self
    }

    /// Returns the site of what is called `label` at this place.
    pub(crate) fn site(&self, label: &str) -> SitePath {
        thread_local! {
            static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
        }
        TEXT.with_borrow_mut(|text| {
            text.clear();
            self.write(label, text);
            SitePath::from(text.as_str())
        })
    }

    fn write(&self, label: &str, text: &mut String) {
        if !self.cx.0.prefix.is_empty() {
            text.push_str(&self.cx.0.prefix);
            text.push('/');
        }
        text.push_str(self.name.as_deref().unwrap_or(label));
        if self.occurrence > 1 && self.name.is_none() {
            text.push('#');
            write_number(text, self.occurrence);
        }
        for turn in &self.turns {
            text.push('[');
            write_number(text, *turn);
            text.push(']');
        }
    }
}

/// Appends a number: as formatting does, in a quarter of the time.
fn write_number(text: &mut String, number: u32) {
    if number >= 10 {
        write_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Something that is reached and then waited for. One type for all that give a `T`, and as little code for each as can
/// be: a body holds one of these for each of its awaits.
pub(crate) struct Reached<T> {
    at: Reaching,
    read: fn(&SiteState, &Encoding) -> Reading<T>,
}

/// What of it does not depend on what it gives.
struct Reaching {
    cx: SagaContext,
    site: SitePath,
    reach: Option<Result<Reach, String>>,
}

/// What a [`Reached`] makes of a site's state: not yet, a value, or why there is none.
pub(crate) type Reading<T> = Option<Result<T, NoValue>>;

impl<T> Reached<T> {
    /// Returns what is reached at `site`: `reach`, or why that cannot be recorded.
    pub(crate) fn new(
        cx: SagaContext,
        site: SitePath,
        reach: Result<Reach, String>,
        read: fn(&SiteState, &Encoding) -> Reading<T>,
    ) -> Self {
        Self { at: Reaching { cx, site, reach: Some(reach) }, read }
    }

    /// Returns what is read at a site that has been reached already.
    pub(crate) fn again(
        cx: SagaContext,
        site: SitePath,
        read: fn(&SiteState, &Encoding) -> Reading<T>,
    ) -> Self {
        Self { at: Reaching { cx, site, reach: None }, read }
    }

    /// Reaches it, and goes on with `value` although the journal does not have it yet.
    pub(crate) async fn without_waiting(self, value: T) -> T {
        let reached = match self.at.cx.board() {
            Some(board) => {
                let mut board = lock(board);
                if board.end.is_none()
                    && let Some(reach) = self.at.reach
                {
                    board.reach(&self.at.site, reach);
                }
                board.end.is_none()
            }
            None => false,
        };
        if reached { value } else { std::future::pending().await }
    }
}

/// Why there is no value at a site that has been settled.
pub(crate) enum NoValue {
    /// The journal does not fit this build.
    Blocked(Reason, String),
    /// It failed, with an error that could not be recorded: nothing that the body could be given.
    Failed(Payload, String),
    /// A signal came that is not of the type that is waited for.
    Refused(String),
}

impl From<DecodeError> for NoValue {
    fn from(error: DecodeError) -> Self {
        NoValue::Blocked(Reason::Undecodable, text_of(&error))
    }
}

impl<T> Future for Reached<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let mut value = None;
        this.at.look(task, &mut |state, encoding| {
            Some((this.read)(state, encoding)?.map(|read| value = Some(read)))
        });
        value.map_or(Poll::Pending, Poll::Ready)
    }
}

impl Reaching {
    /// Reaches it if that has not been done, and has `read` look at what the journal has of it.
    fn look(&mut self, task: &Context<'_>, read: &mut dyn FnMut(&SiteState, &Encoding) -> Reading<()>) {
        let Some(board) = self.cx.board() else { return };
        let board = &mut *lock(board);
        if board.end.is_none()
            && let Some(reach) = self.reach.take()
        {
            board.reach(&self.site, reach);
        }
        if board.end.is_some() {
            return;
        }
        match board.state.site(&self.site).and_then(|state| read(state, &board.around.encoding)) {
            Some(Ok(())) => {}
            Some(Err(NoValue::Blocked(reason, detail))) => board.halt(reason, self.site.clone(), detail),
            Some(Err(NoValue::Failed(error, message))) => {
                board.fail(error, format!("{}: {message}", self.site));
            }
            Some(Err(NoValue::Refused(why))) => {
                board.refused.push((self.site.clone(), why));
                board.wait_at(&self.site, task.waker());
            }
            None => board.wait_at(&self.site, task.waker()),
        }
    }
}
