//! The body of a session: it makes the calls that come to its port, and awaits their outcomes on the board. Nothing is
//! replayed: which calls were made is in the journal, and an index of that is built when the body begins.

use std::any::TypeId;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake, Waker};

use foldhash::fast::RandomState;
use saga_core::graph::Graph;
use saga_core::machine::{BodyEnd, Reach};
use saga_core::record::{Committed, Failure};
use saga_core::state::{SiteState, Status};
use saga_core::{Kind, Payload, Phase, Reason, Role, SagaId, SitePath};

use crate::drive::port::{Answer, Answered, Asked, At, Desk, Ports, Unanswered};
use crate::replay::board::{Board, SharedBoard, lock};
use crate::replay::erased::{AnySaga, AnyStep, Prints};
use crate::value::guard::guard;

/// Sessions, as a saga.
pub(crate) struct SessionSaga {
    ports: Arc<Ports>,
    steps: Arc<Steps>,
}

/// The steps that a runtime knows.
type Steps = HashMap<&'static str, &'static dyn AnyStep, RandomState>;

impl SessionSaga {
    pub(crate) fn new(
        ports: Arc<Ports>,
        steps: impl Iterator<Item = (&'static str, &'static dyn AnyStep)>,
    ) -> Self {
        Self { ports, steps: Arc::new(steps.collect()) }
    }
}

impl AnySaga for SessionSaga {
    fn type_key(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    fn version(&self) -> u32 {
        1
    }

    fn graph(&self) -> Option<&'static Graph> {
        None
    }

    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::value::recorded::Shapes {
        let recording = crate::value::recorded::Recording::<()>::new();
        crate::value::recorded::Shapes::of::<(), Committed, ()>(&recording)
    }

    fn body(&self, board: SharedBoard, _input: Payload) -> Pin<Box<dyn Future<Output = BodyEnd> + Send>> {
        let port = self.ports.of(lock(&board).state.id());
        let steps = self.steps.clone();
        port.desk().index = None;
        Box::pin(poll_fn(move |_| {
            let (mut board, mut desk) = (lock(&board), port.desk());
            turn(&mut board, &mut desk, &steps).map_or(Poll::Pending, Poll::Ready)
        }))
    }

    fn replays(&self) -> bool {
        false
    }

    fn look(&self, board: &mut Board) {
        let Some(port) = self.ports.get(board.state.id()) else { return };
        let mut desk = port.desk();
        desk.settle(board);
        if let Some(phase) = no_more_calls(board) {
            desk.commits = false;
            let Desk { new, waiting, late, told, .. } = &mut *desk;
            let waiting = std::mem::take(waiting).into_values().flatten();
            let asked = waiting.chain(new.drain(..)).chain(late.drain(..));
            told.extend(asked.map(|asked| (asked, Err(Unanswered::Ended(phase)))));
        }
    }

    fn is_durable(&self, saga: &SagaId) {
        if let Some(port) = self.ports.get(saga) {
            port.desk().is_durable();
        }
    }

    fn is_held(&self, saga: &SagaId) -> bool {
        self.ports.get(saga).is_some_and(|port| port.is_held())
    }
}

/// Returns the phase in which a session is that makes no more calls; `None` while it does.
fn no_more_calls(board: &Board) -> Option<Phase> {
    let state = &board.state;
    if state.body_may_run() {
        return None;
    }
    Some(match state.stop() {
        Some(_) => Phase::RollingBack,
        // It is about to be dead-lettered, once nothing runs any more.
        None if !state.body_blockers().is_empty() => Phase::DeadLettered,
        None => state.phase(),
    })
}

/// Makes the calls that have come, as far as it gets. Returns how the session ends, if it does.
fn turn(board: &mut Board, desk: &mut Desk, steps: &Steps) -> Option<BodyEnd> {
    if desk.index.is_none() {
        match Index::of(board, steps) {
            Ok(index) => desk.begin_with(index, board),
            Err((site, why)) => return Some(BodyEnd::Blocked(Reason::Undecodable, Some(site), why)),
        }
    }
    desk.settle(board);
    while let Some(asked) = desk.new.pop_front() {
        desk.make(board, asked);
    }
    if !desk.commits || !desk.waiting.is_empty() || board.state.open_sites().next().is_some() {
        return None;
    }
    let output = board.around.encoding.codecs.encode(&Committed::default());
    Some(match output {
        Ok(output) => BodyEnd::Returned(output),
        Err(error) => BodyEnd::Blocked(Reason::OutputLost, None, error.to_string()),
    })
}

impl Desk {
    /// Takes a fresh index. What a lost driver has reached and not recorded is reached again at its site.
    fn begin_with(&mut self, index: Index, board: &mut Board) {
        self.index = Some(index);
        let untold = std::mem::take(&mut self.told).into_iter().map(|(asked, _)| asked);
        let all: Vec<Asked> =
            std::mem::take(&mut self.waiting).into_values().flatten().chain(untold).collect();
        for mut asked in all.into_iter().rev() {
            match asked.at.as_ref().filter(|at| is_recorded(board, &asked, &at.site)) {
                Some(at) => {
                    // It may have ended by now.
                    guard(&self.woken).push(at.site.clone());
                    self.waiting.entry(at.site.clone()).or_default().push(asked);
                }
                None => {
                    // Another worker may have made another call there meanwhile.
                    let is_free = |at: &At| at.is_own && board.state.site(&at.site).is_none();
                    asked.at = asked.at.filter(is_free);
                    self.new.push_front(asked);
                }
            }
        }
    }

    /// Lets a call wait for what happens at `site`.
    fn wait(&mut self, board: &mut Board, site: &SitePath, asked: Option<Asked>) {
        self.waiting.entry(site.clone()).or_default().extend(asked);
        let waker = Waker::from(Arc::new(Waiter { site: site.clone(), woken: self.woken.clone() }));
        board.wait_at(site, &waker);
    }

    /// Answers the calls whose outcome is there.
    pub(crate) fn settle(&mut self, board: &mut Board) {
        let woken = std::mem::take(&mut *guard(&self.woken));
        for site in woken {
            if !self.waiting.contains_key(&site) {
                continue;
            }
            let Some(outcome) = outcome_at(board, &site) else {
                self.wait(board, &site, None);
                continue;
            };
            for mut asked in self.waiting.remove(&site).unwrap_or_default() {
                let is_own = asked.at.as_ref().is_some_and(|at| at.is_own);
                if is_own || self.index.as_ref().is_some_and(|index| index.is_same(&asked)) {
                    self.told.push((asked, outcome.clone().answer(site.clone())));
                } else {
                    // The earlier call was made with another input: what follows from its outcome is decided anew.
                    asked.at = None;
                    self.new.push_back(asked);
                }
            }
        }
    }

    /// Makes a call, or answers it from the journal.
    fn make(&mut self, board: &mut Board, mut asked: Asked) {
        let index = self.index.get_or_insert_default();
        let is_readonly = asked.step.policy().kind == Kind::Readonly;
        let is_repeat = !is_readonly && asked.again.is_none() && asked.at.is_none();
        let known = if is_repeat { index.standing(&asked, board) } else { None };
        if let Some(known) = known {
            let site = known.at.site.clone();
            let Some(outcome) = outcome_at(board, &site) else {
                asked.at = Some(At { is_own: false, ..known.at.clone() });
                return self.wait(board, &site, Some(asked));
            };
            let is_same = known.whole == asked.prints.whole;
            match outcome {
                Outcome::Done(_) | Outcome::Deferred | Outcome::FailedForGood(_) if is_same => {
                    return self.told.push((asked, outcome.answer(site)));
                }
                Outcome::Done(_) | Outcome::Deferred => {
                    let recorded = board.state.site(&site).map(SiteState::describe).unwrap_or_default();
                    let given = format!("step {}({})", asked.name, asked.input.shown());
                    return self.told.push((asked, Err(Unanswered::Conflict { site, recorded, given })));
                }
                Outcome::FailedForGood(_) | Outcome::Failed(_) | Outcome::Undone => {}
            }
        }
        let calls_max = board.state.session().map_or(u32::MAX, |terms| terms.calls_max);
        if index.calls >= calls_max && asked.at.is_none() {
            return self.told.push((asked, Err(Unanswered::OverBudget(calls_max))));
        }
        let at = asked.at.take().unwrap_or_else(|| index.next(asked.name));
        match reach(board, &asked, &at.site) {
            Ok(reach) => {
                index.note(&asked, &at, board);
                board.reached.push(reach);
                let site = at.site.clone();
                asked.at = Some(at);
                self.wait(board, &site, Some(asked));
            }
            Err(why) => self.told.push((asked, Err(Unanswered::Unrecordable(why)))),
        }
    }
}

/// Returns true if the journal has that call at `site`.
fn is_recorded(board: &Board, asked: &Asked, site: &SitePath) -> bool {
    let (name, input) = match board.state.site(site) {
        Some(SiteState::Step(step)) => (&step.step, &step.input),
        Some(SiteState::Read { step, input, .. }) => (step, input),
        _ => return false,
    };
    let prints = asked.step.prints(input, &board.around.encoding);
    **name == *asked.name && prints.is_ok_and(|prints| prints.whole == asked.prints.whole)
}

/// Returns what a call reaches at `site`.
fn reach(board: &Board, asked: &Asked, site: &SitePath) -> Result<Reach, String> {
    let (site, step, input) = (site.clone(), asked.name.into(), asked.input.clone());
    if asked.step.policy().kind == Kind::Readonly {
        return Ok(Reach::Read { site, step, input });
    }
    let key = board.state.key(&site, Role::Do);
    let in_doubt = asked.step.in_doubt(&input, &key, &board.around.encoding)?;
    if asked.deferred {
        return Ok(Reach::Defer { site, step, input, in_doubt });
    }
    Ok(Reach::Step { site, step, input, in_doubt, again: asked.again.clone() })
}

/// Notes that something has happened at a site.
struct Waiter {
    site: SitePath,
    woken: Arc<Mutex<Vec<SitePath>>>,
}

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        guard(&self.woken).push(self.site.clone());
    }
}

/// What became of a call.
#[derive(Clone)]
enum Outcome {
    Done(Payload),
    /// It waits for the commit.
    Deferred,
    /// It failed, and the same call would fail again.
    FailedForGood(Failure),
    /// It did not happen, and may yet.
    Failed(Failure),
    Undone,
}

impl Outcome {
    fn answer(self, site: SitePath) -> Answer {
        match self {
            Outcome::Done(output) => Ok(Answered::Output { site, output }),
            Outcome::Deferred => Ok(Answered::Deferred { site }),
            Outcome::FailedForGood(failure) | Outcome::Failed(failure) => {
                Err(Unanswered::Failed { site, failure })
            }
            Outcome::Undone => Err(Unanswered::Ended(Phase::RollingBack)),
        }
    }
}

/// Returns what became of the call at `site`; `None` while that is not known.
fn outcome_at(board: &Board, site: &SitePath) -> Option<Outcome> {
    let failed = |failure: &Failure| match failure {
        Failure::Failed { .. } => Outcome::FailedForGood(failure.clone()),
        Failure::Exhausted { .. }
        | Failure::TimedOut { .. }
        | Failure::Panicked { .. }
        | Failure::Interrupted => Outcome::Failed(failure.clone()),
    };
    match board.state.site(site)? {
        SiteState::Step(step) => match (&step.doing.status, &step.output, &step.failure) {
            // Perhaps settled by its call for the case of doubt: it has not happened, and the session goes on.
            (Status::Failed, _, Some(failure)) => Some(failed(failure)),
            (Status::Dropped, ..) => Some(Outcome::Undone),
            _ if step.is_undone() => Some(Outcome::Undone),
            _ if step.deferred => Some(Outcome::Deferred),
            (Status::Done, Some(Ok(output)), _) => Some(Outcome::Done(output.clone())),
            _ => None,
        },
        SiteState::Read { result: Ok(output), .. } => Some(Outcome::Done(output.clone())),
        SiteState::Read { result: Err(failure), .. } => Some(failed(failure)),
        SiteState::Value { .. }
        | SiteState::Timer(_)
        | SiteState::Wait { .. }
        | SiteState::Ask { .. }
        | SiteState::Child { .. } => None,
    }
}

/// What a session knows of the calls that it has made, so that each new one costs the same.
#[derive(Default)]
pub(crate) struct Index {
    calls: u32,
    /// The number of calls of each step.
    of_step: HashMap<String, u32, RandomState>,
    /// The calls of each identity, in the order in which they were made.
    known: HashMap<(String, [u8; 32]), Vec<Known>, RandomState>,
}

/// A call that was made.
struct Known {
    at: At,
    whole: [u8; 32],
}

impl Known {
    /// Returns true if its effect is there, or may yet be.
    fn stands(&self, board: &Board) -> bool {
        matches!(outcome_at(board, &self.at.site), None | Some(Outcome::Done(_) | Outcome::Deferred))
    }
}

/// Returns the number in a site such as `hold#3`.
fn occurrence_of(site: &SitePath) -> u32 {
    site.as_str().rsplit_once('#').and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
}

impl Index {
    /// Returns the index of what is in the journal.
    fn of(board: &Board, steps: &Steps) -> Result<Self, (SitePath, String)> {
        let mut index = Self::default();
        for (site, state) in board.state.sites() {
            let (name, input) = match state {
                SiteState::Step(step) => (&step.step, Some(&step.input)),
                SiteState::Read { step, .. } => (step, None),
                SiteState::Value { .. }
                | SiteState::Timer(_)
                | SiteState::Wait { .. }
                | SiteState::Ask { .. }
                | SiteState::Child { .. } => continue,
            };
            // Not a count: a read that was in flight when a process died has left no record.
            let occurrence = occurrence_of(site);
            let at = At { site: site.clone(), occurrence, is_own: true };
            // A step that this build does not know is not called by it.
            let step = steps.get(&**name);
            let prints = step.zip(input).map(|(step, input)| step.prints(input, &board.around.encoding));
            let prints = prints.transpose().map_err(|why| (site.clone(), why))?;
            index.enter(name, prints, &at);
        }
        Ok(index)
    }

    /// Returns the place of the next call of that step.
    fn next(&self, name: &str) -> At {
        let occurrence = self.of_step.get(name).map_or(1, |calls| calls + 1);
        let site = match occurrence {
            1 => SitePath::from(name),
            _ => SitePath::from(format!("{name}#{occurrence}").as_str()),
        };
        At { site, occurrence, is_own: true }
    }

    fn known(&self, asked: &Asked) -> &[Known] {
        self.known.get(&(asked.name.to_owned(), asked.prints.identity)).map_or(&[], Vec::as_slice)
    }

    /// Returns the last call of that identity with an effect that stands or may yet; the last one if none has.
    fn standing(&self, asked: &Asked, board: &Board) -> Option<&Known> {
        let known = self.known(asked);
        known.iter().rev().find(|known| known.stands(board)).or(known.last())
    }

    /// Returns true if the call that it waits for had the same input.
    fn is_same(&self, asked: &Asked) -> bool {
        let site = asked.at.as_ref().map(|at| &at.site);
        let awaited = self.known(asked).iter().rev().find(|known| Some(&known.at.site) == site);
        awaited.is_some_and(|known| known.whole == asked.prints.whole)
    }

    fn note(&mut self, asked: &Asked, at: &At, board: &Board) {
        let is_readonly = asked.step.policy().kind == Kind::Readonly;
        if let Some(known) = self.known.get_mut(&(asked.name.to_owned(), asked.prints.identity)) {
            // The new one takes the place of those that came to nothing.
            while known.pop_if(|last| !last.stands(board)).is_some() {}
        }
        self.enter(asked.name, Some(asked.prints).filter(|_| !is_readonly), at);
    }

    fn enter(&mut self, name: &str, prints: Option<Prints>, at: &At) {
        self.calls += 1;
        let of_step = self.of_step.entry(name.to_owned()).or_default();
        *of_step = at.occurrence.max(*of_step);
        if let Some(Prints { identity, whole }) = prints {
            self.known.entry((name.to_owned(), identity)).or_default().push(Known { at: at.clone(), whole });
        }
    }
}
