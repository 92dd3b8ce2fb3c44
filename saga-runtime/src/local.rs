//! What a worker runs for a saga: attempts, probes and readonly steps, each as a job that is begun at most once at a
//! time.

use std::future::{Future, ready};
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use saga_core::machine::{Answer, Ending, Event, Work};
use saga_core::{Name, Payload, Reason, Role, SagaId, Site, State};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::attempt::ReadResult;
use crate::context::{LazyKey, StepContext};
use crate::engine::Engine;

/// Something to run.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    Attempt { site: Site, role: Role, attempt: u32 },
    Probe { site: Site },
    Read { site: Site, step: Name, input: Payload },
}

impl Job {
    /// The job that the machine wants; `None` for a mere wait.
    pub(crate) fn of(work: Work<'_>) -> Option<Job> {
        match work {
            Work::Attempt { site, role, attempt } => Some(Job::Attempt { site: site.clone(), role, attempt }),
            Work::Probe { site } => Some(Job::Probe { site: site.clone() }),
            Work::WakeAt { .. } => None,
        }
    }

    fn identity(&self) -> (u8, &Site, Role, u32) {
        match self {
            Job::Attempt { site, role, attempt } => (0, site, *role, *attempt),
            Job::Probe { site } => (1, site, Role::Do, 0),
            Job::Read { site, .. } => (2, site, Role::Do, 0),
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
pub(crate) enum LocalEnd {
    Attempt(Job, Ending),
    Probe(Job, Answer),
    Read(Job, ReadResult, u32),
}

impl LocalEnd {
    pub(crate) fn job(&self) -> Job {
        match self {
            LocalEnd::Attempt(job, _) | LocalEnd::Probe(job, _) | LocalEnd::Read(job, ..) => job.clone(),
        }
    }

    /// What the machine is told.
    pub(crate) fn into_event(self) -> Option<Event> {
        match self {
            LocalEnd::Attempt(Job::Attempt { site, role, attempt }, ending) => {
                Some(Event::AttemptEnded { site, role, attempt, ending })
            }
            LocalEnd::Probe(Job::Probe { site }, answer) => Some(Event::ProbeEnded { site, answer }),
            LocalEnd::Read(Job::Read { site, step, input }, Ok(result), attempts) => {
                Some(Event::Read { site, step, input, result, attempts })
            }
            LocalEnd::Read(Job::Read { site, .. }, Err((reason, detail)), _) => {
                Some(Event::BodyEnded(saga_core::machine::BodyEnd::Halted(reason, Some(site), detail)))
            }
            _ => None,
        }
    }
}

type Running = Pin<Box<dyn Future<Output = LocalEnd> + Send>>;

/// Begins a job.
pub(crate) fn begin(
    engine: &Arc<Engine>,
    state: &State,
    job: &Job,
    stopping: watch::Receiver<bool>,
) -> Running {
    let begin = Begin { engine, state, stopping };
    match job {
        Job::Attempt { site, role, attempt } => begin.attempt(job, site, *role, *attempt),
        Job::Probe { site } => begin.probe(job, site),
        Job::Read { site, step, input } => begin.read(job, site, step, input),
    }
}

struct Begin<'a> {
    engine: &'a Arc<Engine>,
    state: &'a State,
    stopping: watch::Receiver<bool>,
}

impl Begin<'_> {
    fn context(&self, site: &Site, role: Role, attempt: u32) -> StepContext {
        let generation = self.state.step(site).and_then(|s| s.effect(role)).map_or(0, |e| e.generation);
        StepContext {
            saga: self.state.id().clone(),
            site: site.clone(),
            role,
            attempt,
            key: LazyKey::of(generation),
            resources: self.engine.resources.clone(),
            // Nothing stops a compensation.
            stopping: match role {
                Role::Do => self.stopping.clone(),
                Role::Undo => self.engine.never_stopping.clone(),
            },
        }
    }

    fn attempt(&self, job: &Job, site: &Site, role: Role, attempt: u32) -> Running {
        let job = job.clone();
        let call = self.state.step(site).and_then(|s| match (role, &s.undo) {
            (Role::Do, _) => Some((&s.step, &s.input)),
            (Role::Undo, Some(Ok(call))) => Some((&call.step, &call.input)),
            (Role::Undo, _) => None,
        });
        let code = call.and_then(|(step, input)| Some((self.engine.registry.find_step(step)?, input)));
        let Some((step, input)) = code else {
            let step = call.map_or("the compensation", |(step, _)| step.as_ref());
            let detail = format!("this build does not know {step}");
            return Box::pin(ready(LocalEnd::Attempt(job, Ending::Undecodable { detail })));
        };
        let context = self.context(site, role, attempt);
        let running = step.attempt(context, input.clone(), self.engine.surroundings());
        let told = async move {
            tracing::debug!("attempt begins");
            let ending = running.await;
            tracing::debug!(?ending, "attempt ended");
            LocalEnd::Attempt(job, ending)
        };
        Box::pin(told.instrument(span(self.state.id(), site, role, attempt)))
    }

    fn probe(&self, job: &Job, site: &Site) -> Running {
        let job = job.clone();
        let step = self.state.step(site);
        let code = step.and_then(|s| Some((self.engine.registry.find_step(&s.step)?, &s.input)));
        let Some((step, input)) = code else {
            let trouble = Some("this build does not know the step".to_owned());
            return Box::pin(ready(LocalEnd::Probe(job, Answer::Pending(trouble))));
        };
        let running = step.probe(self.context(site, Role::Do, 1), input.clone(), self.engine.surroundings());
        let span = tracing::info_span!("probe", saga = %self.state.id(), site = %site);
        Box::pin(async move { LocalEnd::Probe(job, running.await) }.instrument(span))
    }

    fn read(&self, job: &Job, site: &Site, step: &Name, input: &Payload) -> Running {
        let job = job.clone();
        let Some(code) = self.engine.registry.find_step(step) else {
            let unknown = (Reason::Diverged, format!("step {step} is not registered"));
            return Box::pin(ready(LocalEnd::Read(job, Err(unknown), 0)));
        };
        let dice = self.engine.dice.clone();
        let draw = Box::new(move || dice.draw());
        let context = self.context(site, Role::Do, 1);
        let running = code.read(context, input.clone(), self.engine.surroundings(), draw);
        let told = async move {
            let (result, attempts) = running.await;
            LocalEnd::Read(job, result, attempts)
        };
        Box::pin(told.instrument(span(self.state.id(), site, Role::Do, 1)))
    }
}

fn span(saga: &SagaId, site: &Site, role: Role, attempt: u32) -> tracing::Span {
    tracing::info_span!("attempt", saga = %saga, site = %site, role = %role, attempt)
}
