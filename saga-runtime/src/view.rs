//! Where a saga stands, typed: what the generated `…State` enums are made from.

use saga_core::state::{ChildStatus, Direction, SiteState, State, Status, StepState};
use saga_core::{Cause, DecodeError, Phase, Reason, Rollback, Site, Timestamp};
use serde::de::DeserializeOwned;

use crate::limits::Encoding;
use crate::step::Step;

/// A saga's state as a type of its own: an enum with a variant for each site and each end.
pub trait SagaState: Sized + Send + 'static {
    /// The state that a saga is in.
    ///
    /// # Errors
    /// [`DecodeError`] if a recorded value is not of its type.
    fn of(view: &StateView) -> Result<Self, DecodeError>;
}

/// Where a saga stands, untyped.
#[derive(Debug, Clone)]
pub struct StateView {
    state: State,
    encoding: Encoding,
}

impl SagaState for StateView {
    fn of(view: &StateView) -> Result<Self, DecodeError> {
        Ok(view.clone())
    }
}

/// How a saga stands as a whole; what a `…State` has besides its sites.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// At a site of its body.
    At(Site),
    /// Between two sites: recorded, and not at the first one yet.
    Scheduled,
    /// On its way back.
    RollingBack(Cause),
    /// It completed; perhaps it is being undone.
    Completed,
    /// It was rolled back.
    RolledBack(Cause, Rollback),
    /// It needs a person, for these reasons.
    DeadLettered(Vec<(Option<Site>, Reason)>),
    /// An operator closed it.
    Abandoned,
}

impl StateView {
    pub(crate) fn new(state: State, encoding: Encoding) -> Self {
        Self { state, encoding }
    }

    /// The machine's state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the saga stands as a whole.
    pub fn course(&self) -> Course {
        if self.state.phase() == Phase::DeadLettered {
            let reasons = self.state.reasons().into_iter().map(|(site, _, reason, _)| (site, reason));
            return Course::DeadLettered(reasons.collect());
        }
        match self.state.direction() {
            Direction::Back(cause) => Course::RollingBack(cause.clone()),
            Direction::Undo { .. } | Direction::Completed { .. } => Course::Completed,
            Direction::RolledBack(cause) => Course::RolledBack(cause.clone(), self.state.rollback()),
            Direction::Abandoned(_) => Course::Abandoned,
            Direction::Forward => match self.current() {
                Some(site) => Course::At(site),
                None => Course::Scheduled,
            },
        }
    }

    /// The innermost thing that is not settled, or else the last that was reached.
    fn current(&self) -> Option<Site> {
        let open = self.state.open_sites().map(|(site, _)| site).last();
        open.or_else(|| self.state.sites().map(|(site, _)| site).last()).cloned()
    }

    /// The name of the site's outermost segment, without turns and branch: `all#2[0].1/hold` is at `all#2`.
    pub fn top(site: &Site) -> &str {
        let first = site.segments().next().unwrap_or_default();
        let end = first.find(['[', '.']).unwrap_or(first.len());
        &first[..end]
    }

    /// The saga's output.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn output<T: DeserializeOwned>(&self) -> Result<Option<T>, DecodeError> {
        match self.state.direction() {
            Direction::Completed { output } | Direction::Undo { output, .. } => {
                self.encoding.decode(output).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// How the step at the site whose path begins with `site`'s outermost segment stands.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn step<S: Step>(&self, site: &Site) -> Result<AtStep<S::Input, S::Output>, DecodeError> {
        self.at_step(site.as_str())
    }

    fn at_step<I: DeserializeOwned, O: DeserializeOwned>(&self, site: &str) -> Result<AtStep<I, O>, DecodeError> {
        match self.state.site(&Site::from(site)) {
            Some(SiteState::Step(step)) => self.at_effect(step),
            Some(SiteState::Read { input, result, .. }) => Ok(AtStep {
                input: Some(self.encoding.decode(input)?),
                progress: match result {
                    Ok(output) => Progress::Done(self.encoding.decode(output)?),
                    Err(failure) => Progress::Failed(failure.to_string()),
                },
            }),
            // A readonly step leaves nothing before it has ended.
            _ => Ok(AtStep { input: None, progress: Progress::NotRecorded }),
        }
    }

    fn at_effect<I: DeserializeOwned, O: DeserializeOwned>(
        &self,
        step: &StepState,
    ) -> Result<AtStep<I, O>, DecodeError> {
        let progress = match (&step.doing.status, &step.output) {
            (Status::Running, _) => Progress::Running { attempt: step.doing.attempt },
            (Status::Pending(_), _) => Progress::Waiting { attempt: step.doing.attempt },
            (Status::Done, Some(Ok(output))) => Progress::Done(self.encoding.decode(output)?),
            (Status::Done, _) => Progress::Stuck(Reason::OutputLost),
            (Status::Failed, _) => {
                Progress::Failed(step.failure.as_ref().map(ToString::to_string).unwrap_or_default())
            }
            (Status::Stuck(reason, _), _) => Progress::Stuck(*reason),
        };
        Ok(AtStep { input: Some(self.encoding.decode(&step.input)?), progress })
    }

    /// Until when the sleep, wait or question at `site` lasts.
    pub fn until(&self, site: &Site) -> Option<Timestamp> {
        match self.state.site(site)? {
            SiteState::Timer(timed) => timed.due,
            SiteState::Wait { timed, .. } => timed.due,
            SiteState::Ask { timed, .. } => timed.due,
            _ => None,
        }
    }

    /// What is asked at `site`.
    pub fn prompt(&self, site: &Site) -> Option<&str> {
        match self.state.site(site)? {
            SiteState::Ask { prompt, .. } => Some(prompt),
            _ => None,
        }
    }

    /// Whether the child saga at `site` is still running.
    pub fn child_is_running(&self, site: &Site) -> bool {
        matches!(self.state.site(site), Some(SiteState::Child { status: ChildStatus::Running, .. }))
    }

    /// The step in branch `branch` of the `all` in which `site` stands.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn branch<S: Step>(
        &self,
        site: &Site,
        branch: usize,
    ) -> Result<AtStep<S::Input, S::Output>, DecodeError> {
        let first = site.segments().next().unwrap_or_default();
        let fork = first.rsplit_once('.').map_or(first, |(fork, _)| fork);
        self.at_step(&format!("{fork}.{branch}/{}", S::NAME))
    }
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq)]
pub struct AtStep<I, O> {
    /// What it was called with; `None` if that is not recorded yet.
    pub input: Option<I>,
    /// How far it is.
    pub progress: Progress<O>,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<O> {
    /// Nothing of it is recorded: not begun, or readonly and not ended.
    NotRecorded,
    /// An attempt is on its way.
    Running {
        /// Which.
        attempt: u32,
    },
    /// It waits for another attempt, or for its probe.
    Waiting {
        /// The last attempt.
        attempt: u32,
    },
    /// It gave this.
    Done(O),
    /// It did not happen.
    Failed(String),
    /// It needs a person.
    Stuck(Reason),
}
