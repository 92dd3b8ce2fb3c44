//! What a worker runs for a saga: attempts, probes and readonly steps, each as a job that is begun at most once at a
//! time.

use std::any::Any;
use std::future::{Future, poll_fn, ready};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use saga_core::machine::{Answer, BodyEnd, Ending, Event, Work};
use saga_core::record::{AttemptError, Failure};
use saga_core::{Name, Payload, Reason, Role, SagaId, SitePath, State, Timestamp};

use crate::drive::attempt::{self, ReadResult};
use crate::drive::bulkhead::{Line, Slot, Slots};
use crate::drive::engine::Engine;
use crate::replay::erased::AnyStep;
use crate::value::panics::{Quiet, message_of};
use crate::value::step_context::{LazyKey, StepContext};
use crate::value::stopping::Stopping;

/// Something to run.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    Attempt {
        site: SitePath,
        role: Role,
        attempt: u32,
    },
    Probe {
        site: SitePath,
    },
    Read {
        site: SitePath,
        step: Name,
        input: Payload,
    },
    /// A compensation that is queued for room.
    Line {
        site: SitePath,
    },
}

impl Job {
    /// Returns the job that the machine wants; `None` for a mere wait.
    pub(crate) fn of(work: Work<'_>) -> Option<Job> {
        match work {
            Work::Attempt { site, role, attempt } => Some(Job::Attempt { site: site.clone(), role, attempt }),
            Work::Probe { site } => Some(Job::Probe { site: site.clone() }),
            Work::WakeAt { .. } => None,
        }
    }

    /// Returns true if it is an attempt of a step, and not of a compensation.
    pub(crate) fn is_step(&self) -> bool {
        matches!(self, Job::Attempt { role: Role::Do, .. })
    }

    /// Returns the end of a job that panicked where nothing catches that, as in a destructor.
    fn panicked(&self, panic: Box<dyn Any + Send>) -> End {
        match self {
            Job::Attempt { site, role, attempt } => {
                let ending =
                    Ending::InDoubt { trouble: AttemptError::Panicked { message: message_of(panic) } };
                End::attempt(site.clone(), *role, *attempt, ending)
            }
            Job::Probe { site } => End::probe(site.clone(), Answer::Pending(Some(message_of(panic)))),
            Job::Read { site, step, input } => {
                let result = Ok(Err(Failure::Panicked { message: message_of(panic) }));
                End::read(site.clone(), step.clone(), input.clone(), (result, 1))
            }
            // Nothing of a user's runs for it.
            Job::Line { .. } => resume_unwind(panic),
        }
    }

    fn identity(&self) -> (u8, &SitePath, Role, u32) {
        match self {
            Job::Attempt { site, role, attempt } => (0, site, *role, *attempt),
            Job::Probe { site } => (1, site, Role::Do, 0),
            Job::Read { site, .. } => (2, site, Role::Do, 0),
            Job::Line { site } => (3, site, Role::Undo, 0),
        }
    }
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Job {}

impl Hash for Job {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.identity().hash(hasher);
    }
}

/// How a job ended.
enum End {
    /// Something for the machine to decide on.
    Event(Event),
    /// A wait for room is over.
    Slot(SitePath, Slot),
}

impl End {
    fn attempt(site: SitePath, role: Role, attempt: u32, ending: Ending) -> Self {
        End::Event(Event::AttemptEnded { site, role, attempt, ending })
    }

    fn probe(site: SitePath, answer: Answer) -> Self {
        End::Event(Event::ProbeEnded { site, answer })
    }

    fn read(site: SitePath, step: Name, input: Payload, (result, attempts): (ReadResult, u32)) -> Self {
        End::Event(match result {
            Ok(result) => Event::Read { site, step, input, result, attempts },
            Err((reason, detail)) => Event::BodyEnded(BodyEnd::Blocked(reason, Some(site), detail)),
        })
    }
}

/// Something that runs for a saga.
type Running = Pin<Box<dyn Future<Output = End> + Send>>;

/// A job that has begun.
pub(crate) struct Begun {
    /// There until it has ended.
    job: Option<Job>,
    running: Quiet<Running>,
    span: tracing::Span,
    /// Free for others when it has ended.
    slot: Option<Slot>,
}

impl Begun {
    fn new(job: Job, running: Running, span: tracing::Span) -> Self {
        Self { job: Some(job), running: Quiet::new(running), span, slot: None }
    }

    /// Returns the wait of a compensation for its slot.
    pub(crate) fn standing(line: Line) -> Self {
        let job = Job::Line { site: line.site.clone() };
        let site = line.site.clone();
        let running = line.slot().map(move |slot| End::Slot(site, slot));
        Self::new(job, Box::pin(running), tracing::Span::none())
    }

    /// Has this slot until it has ended.
    pub(crate) fn having(self, slot: Option<Slot>) -> Self {
        Self { slot, ..self }
    }
}

impl Future for Begun {
    type Output = LocalEnd;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LocalEnd> {
        let this = self.get_mut();
        let polled = {
            let _entered = this.span.enter();
            let running = this.running.get().as_mut();
            catch_unwind(AssertUnwindSafe(|| running.poll(cx)))
        };
        let polled = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(end)) => Ok(end),
            Err(panic) => Err(panic),
        };
        let job = this.job.take().expect("it ends once");
        this.slot = None;
        let end = polled.unwrap_or_else(|panic| job.panicked(panic));
        Poll::Ready(LocalEnd { job, end })
    }
}

/// What runs for one saga: nearly always one thing, for which there is a place of its own.
#[derive(Default)]
pub(crate) struct Local {
    one: Option<Begun>,
    more: Option<Box<FuturesUnordered<Begun>>>,
}

impl Local {
    pub(crate) fn push(&mut self, begun: Begun) {
        match &mut self.one {
            None => self.one = Some(begun),
            Some(_) => self.more.get_or_insert_default().push(begun),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.one.is_none() && self.more.as_ref().is_none_or(|more| more.is_empty())
    }

    /// Returns what ends next; `None` if nothing runs.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<LocalEnd>> {
        if let Some(one) = &mut self.one
            && let Poll::Ready(end) = Pin::new(one).poll(cx)
        {
            self.one = None;
            return Poll::Ready(Some(end));
        }
        match &mut self.more {
            Some(more) if !more.is_empty() => more.poll_next_unpin(cx),
            _ if self.one.is_none() => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }

    pub(crate) async fn next(&mut self) -> Option<LocalEnd> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Returns the output of `work`. Jobs that end meanwhile are added to `ended`.
    pub(crate) async fn beside<T>(&mut self, work: impl Future<Output = T>, ended: &mut Vec<LocalEnd>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(end) = self.next(), if !self.is_empty() => ended.push(end),
            }
        }
    }
}

/// The end of a job.
pub(crate) struct LocalEnd {
    pub(crate) job: Job,
    end: End,
}

impl LocalEnd {
    /// Returns the event for the machine.
    pub(crate) fn into_event(self, slots: &mut Slots) -> Event {
        match self.end {
            End::Event(event) => event,
            End::Slot(site, slot) => {
                slots.give(site.clone(), slot);
                Event::Admitted { site }
            }
        }
    }
}

/// Begins a job.
pub(crate) fn begin(engine: &Arc<Engine>, state: &State, job: &Job, stopping: Arc<Stopping>) -> Begun {
    let begin = Begin { engine, state, stopping };
    match job {
        Job::Attempt { site, role, attempt } => begin.attempt(job, site, *role, *attempt),
        Job::Probe { site } => begin.probe(job, site),
        Job::Read { site, step, input } => begin.read(job, site, step, input),
        Job::Line { .. } => unreachable!("a queued compensation is never a job to begin"),
    }
}

struct Begin<'a> {
    engine: &'a Arc<Engine>,
    state: &'a State,
    stopping: Arc<Stopping>,
}

impl Begin<'_> {
    fn context(&self, site: &SitePath, role: Role, attempt: u32) -> StepContext {
        let generation = self.state.step(site).and_then(|s| s.effect(role)).map_or(0, |e| e.generation);
        StepContext {
            saga: self.state.id().clone(),
            site: site.clone(),
            role,
            attempt,
            key: LazyKey::of(self.state.key_namespace().cloned(), generation),
            resources: self.engine.resources.clone(),
            // Nothing stops a compensation.
            stopping: match role {
                Role::Do => self.stopping.clone(),
                Role::Undo => self.engine.never_stopping.clone(),
            },
        }
    }

    fn attempt(&self, job: &Job, site: &SitePath, role: Role, attempt: u32) -> Begun {
        let call = self.state.step(site).and_then(|s| match (role, &s.undo) {
            (Role::Do, _) => Some((&s.step, &s.input)),
            (Role::Undo, Some(Ok(call))) => Some((&call.step, &call.input)),
            (Role::Undo, _) => None,
        });
        let end = {
            let site = site.clone();
            move |ending| End::attempt(site, role, attempt, ending)
        };
        let code = call.and_then(|(step, input)| Some((self.engine.registry.find_step(step)?, input)));
        let Some((step, input)) = code else {
            let step = call.map_or("the compensation", |(step, _)| step.as_ref());
            let detail = format!("this build does not know {step}");
            return ended(job, end(Ending::Undecodable { detail }));
        };
        let context = self.context(site, role, attempt);
        let around = self.engine.around.clone();
        let running =
            attempt::attempt(step, context, input.clone(), around, self.key_until(site, role, step));
        Begun::new(job.clone(), Box::pin(running.map(end)), span(self.state.id(), site, role, attempt))
    }

    /// Returns until when the service remembers the key of what is in doubt; `None` if a repeat does no harm later.
    fn key_until(&self, site: &SitePath, role: Role, step: &dyn AnyStep) -> Option<Timestamp> {
        let effect = self.state.step(site).and_then(|s| s.effect(role)).filter(|effect| effect.doubt)?;
        step.policy().conclusive.map(|window| effect.keyed_since.after(window))
    }

    fn probe(&self, job: &Job, site: &SitePath) -> Begun {
        let end = {
            let site = site.clone();
            move |answer| End::probe(site, answer)
        };
        let step = self.state.step(site);
        let code = step.and_then(|s| Some((self.engine.registry.find_step(&s.step)?, &s.input)));
        let Some((step, input)) = code else {
            let trouble = Some("this build does not know the step".to_owned());
            return ended(job, end(Answer::Pending(trouble)));
        };
        let context = self.context(site, Role::Do, 1);
        let running = attempt::probe(step, context, input.clone(), self.engine.around.clone());
        let span = tracing::info_span!("probe", saga = %self.state.id(), site = %site);
        Begun::new(job.clone(), Box::pin(running.map(end)), span)
    }

    fn read(&self, job: &Job, site: &SitePath, step: &Name, input: &Payload) -> Begun {
        let end = {
            let (site, step, input) = (site.clone(), step.clone(), input.clone());
            move |read| End::read(site, step, input, read)
        };
        let Some(code) = self.engine.registry.find_step(step) else {
            let unknown = (Reason::Diverged, format!("step {step} is not registered"));
            return ended(job, end((Err(unknown), 0)));
        };
        let rng = self.engine.rng.clone();
        let draw = move || rng.draw();
        let context = self.context(site, Role::Do, 1);
        let running = attempt::read(code, context, input.clone(), self.engine.around.clone(), draw);
        Begun::new(job.clone(), Box::pin(running.map(end)), span(self.state.id(), site, Role::Do, 1))
    }
}

/// Returns a job that cannot begin, and so has ended.
fn ended(job: &Job, end: End) -> Begun {
    Begun::new(job.clone(), Box::pin(ready(end)), tracing::Span::none())
}

fn span(saga: &SagaId, site: &SitePath, role: Role, attempt: u32) -> tracing::Span {
    tracing::info_span!("attempt", saga = %saga, site = %site, role = %role, attempt)
}
