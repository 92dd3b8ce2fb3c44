//! What a worker runs for a saga: attempts, probes and readonly steps, each as a job that is begun at most once at a
//! time.

use std::future::{Future, ready};
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use saga_core::machine::{Answer, Ending, Event, Work};
use saga_core::record::{Failure, Lost};
use saga_core::{Name, Payload, Reason, Role, SagaId, Site, State};
use tokio::sync::watch;
use tracing::Instrument as _;

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
    Read(Job, Result<Result<Payload, Failure>, Lost>, u32),
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
            LocalEnd::Read(Job::Read { site, .. }, Err(lost), _) => {
                let end = saga_core::machine::BodyEnd::Halted(Reason::Undecodable, Some(site), lost.why);
                Some(Event::BodyEnded(end))
            }
            _ => None,
        }
    }
}

type Running = Pin<Box<dyn Future<Output = LocalEnd> + Send>>;

/// Begins a job.
pub(crate) fn begin(engine: &Arc<Engine>, state: &State, job: &Job, stopping: watch::Receiver<bool>) -> Running {
    let job = job.clone();
    let around = engine.surroundings();
    let context = |site: &Site, role: Role, attempt: u32| StepContext {
        saga: state.id().clone(),
        site: site.clone(),
        role,
        attempt,
        key: LazyKey::of(state.step(site).and_then(|s| s.effect(role)).map_or(0, |e| e.generation)),
        resources: engine.resources.clone(),
        // Nothing stops a compensation.
        stopping: if role == Role::Do { stopping.clone() } else { engine.never_stopping.clone() },
    };
    let find = |name: &str| engine.registry.find_step(name);
    match &job {
        Job::Attempt { site, role, attempt } => {
            let call = state.step(site).and_then(|s| match (role, &s.undo) {
                (Role::Do, _) => Some((s.step.clone(), s.input.clone())),
                (Role::Undo, Some(Ok(call))) => Some((call.step.clone(), call.input.clone())),
                (Role::Undo, _) => None,
            });
            let span = span(state.id(), site, *role, *attempt);
            match call.as_ref().and_then(|(step, input)| Some((find(step)?, input))) {
                Some((step, input)) => {
                    let running = step.attempt(context(site, *role, *attempt), input.clone(), around);
                    let told = async move {
                        tracing::debug!("attempt begins");
                        let ending = running.await;
                        tracing::debug!(?ending, "attempt ended");
                        LocalEnd::Attempt(job, ending)
                    };
                    Box::pin(told.instrument(span))
                }
                None => {
                    let step = call.map_or_else(|| "the compensation".to_owned(), |(step, _)| step.to_string());
                    let detail = format!("this build does not know {step}");
                    Box::pin(ready(LocalEnd::Attempt(job, Ending::Undecodable { detail })))
                }
            }
        }
        Job::Probe { site } => {
            let step = state.step(site);
            let span = tracing::info_span!("probe", saga = %state.id(), site = %site);
            match step.and_then(|s| Some((find(&s.step)?, &s.input))) {
                Some((step, input)) => {
                    let running = step.probe(context(site, Role::Do, 1), input.clone(), around);
                    Box::pin(async move { LocalEnd::Probe(job, running.await) }.instrument(span))
                }
                None => {
                    let trouble = Some("this build does not know the step".to_owned());
                    Box::pin(ready(LocalEnd::Probe(job, Answer::Pending(trouble))))
                }
            }
        }
        Job::Read { site, step, input } => {
            let span = span(state.id(), site, Role::Do, 1);
            match find(step) {
                Some(step) => {
                    let dice = engine.dice.clone();
                    let draw = Box::new(move || dice.draw());
                    let running = step.read(context(site, Role::Do, 1), input.clone(), around, draw);
                    let told = async move {
                        let (result, attempts) = running.await;
                        LocalEnd::Read(job, result, attempts)
                    };
                    Box::pin(told.instrument(span))
                }
                None => {
                    let lost = Lost { why: format!("step {step} is not registered") };
                    Box::pin(ready(LocalEnd::Read(job, Err(lost), 0)))
                }
            }
        }
    }
}

fn span(saga: &SagaId, site: &Site, role: Role, attempt: u32) -> tracing::Span {
    tracing::info_span!("attempt", saga = %saga, site = %site, role = %role, attempt)
}
