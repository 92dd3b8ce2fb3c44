//! The typed state of a saga: the source of the generated `…State` enums. Derived from the machine's state, never
//! recorded.

mod json;

use saga_core::graph::Graph;
use saga_core::state::{ChildStatus, Direction, SiteState, State, Status, StepState};
use saga_core::{Blocker, Cause, DecodeError, Payload, Phase, Reason, Rollback, SitePath, Timestamp};
use serde::{Serialize, Serializer};

use crate::author::look_error::LookError;
use crate::author::saga::Saga;
use crate::author::step::Step;
use crate::value::encoding::Encoding;
use crate::value::recorded::{Recorded, Shown};
use crate::value::text::text_of;

/// The typed state of a saga: an enum with a variant for each site and each end. Written by `#[saga]`. As JSON it shows
/// no secrets.
pub trait SagaState: Serialize + Sized + Send + 'static {
    /// Returns the typed state.
    ///
    /// # Errors
    /// [`LookError::Undecodable`] if a recorded value is not of its type, or is at a site that this build does not
    /// have.
    fn of(view: &StateView) -> Result<Self, LookError>;
}

/// The state of something awaited. As JSON it shows no secrets.
pub trait AtSite: Serialize + Sized {
    /// Returns the state at `site` according to the journal.
    ///
    /// # Errors
    /// [`LookError::Undecodable`].
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError>;
}

/// The untyped state of a saga. As JSON: its phase, sites and blockers.
#[derive(Debug, Clone)]
pub struct StateView {
    state: State,
    encoding: Encoding,
    /// The site of the child saga that the view is about; `None` for the whole saga.
    child: Option<SitePath>,
}

impl SagaState for StateView {
    fn of(view: &StateView) -> Result<Self, LookError> {
        Ok(view.clone())
    }
}

/// The state of a saga as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// At the place of this index, at this site with the turns of its loops.
    At(usize, SitePath),
    /// Recorded, and not yet at any site.
    Scheduled,
    /// Rolling back, for this cause.
    RollingBack(Cause),
    /// Completed; possibly being undone.
    Completed,
    /// Rolled back.
    RolledBack(Cause, Rollback),
    /// Dead-lettered, with its blockers.
    DeadLettered(Vec<Blocker>),
    /// Closed by an operator.
    Abandoned,
}

fn undecodable(what: &str, why: impl Into<String>) -> LookError {
    LookError::Undecodable { what: what.to_owned(), why: why.into() }
}

/// Decodes a recorded value; the error names it.
pub(crate) fn decoded<T: Recorded>(
    encoding: &Encoding,
    what: &str,
    payload: &Payload,
) -> Result<T, LookError> {
    encoding.decode(payload).map_err(|error: DecodeError| undecodable(what, text_of(&error)))
}

impl StateView {
    pub(crate) fn new(state: State, encoding: Encoding) -> Self {
        Self { state, encoding, child: None }
    }

    /// Returns the machine's state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the state of the saga as a whole; `graph` has the places of its body.
    ///
    /// # Errors
    /// [`LookError::Undecodable`] if it is at any other place.
    pub fn standing(&self, graph: &Graph) -> Result<Standing, LookError> {
        let sites: Vec<_> = graph.await_points.iter().map(|place| (place.name, place.occurrence)).collect();
        let sites = &sites[..];
        if let Some(child) = &self.child {
            return self.standing_of_child(child, sites);
        }
        if self.state.phase() == Phase::DeadLettered {
            return Ok(Standing::DeadLettered(self.state.blockers().cloned().collect()));
        }
        match self.state.direction() {
            Direction::Back(cause) => Ok(Standing::RollingBack(cause.clone())),
            Direction::Undo { .. } | Direction::Completed { .. } => Ok(Standing::Completed),
            Direction::RolledBack(cause) => Ok(Standing::RolledBack(cause.clone(), self.state.rollback())),
            Direction::Abandoned(_) => Ok(Standing::Abandoned),
            Direction::Forward => self.current(sites),
        }
    }

    fn standing_of_child(&self, child: &SitePath, sites: &[(&str, u32)]) -> Result<Standing, LookError> {
        let Some(SiteState::Child { status, .. }) = self.state.site(child) else {
            return Ok(Standing::Scheduled);
        };
        let cause = |error: &Payload| Cause::Failed {
            error: error.clone(),
            message: error.shown(),
            site: Some(child.clone()),
        };
        match status {
            ChildStatus::Running => self.current(sites),
            ChildStatus::Undoing { error } => Ok(Standing::RollingBack(cause(error))),
            ChildStatus::Ended(Ok(_)) => Ok(Standing::Completed),
            ChildStatus::Dropped => match self.state.direction() {
                Direction::Back(cause) | Direction::RolledBack(cause) => {
                    Ok(Standing::RollingBack(cause.clone()))
                }
                _ => self.current(sites),
            },
            ChildStatus::Ended(Err(error)) => Ok(Standing::RolledBack(cause(error), self.state.rollback())),
        }
    }

    /// Returns the site of the last open effect or wait, or else the last site reached. Recorded values do not count as
    /// sites.
    fn current(&self, sites: &[(&str, u32)]) -> Result<Standing, LookError> {
        let mut reached: Vec<&SitePath> =
            self.state.sites().filter(|(_, s)| is_place(s)).map(|(s, _)| s).collect();
        reached.extend(self.state.open_sites().map(|(site, _)| site));
        let Some(top) = reached.into_iter().rev().find_map(|site| self.place_in(self.child.as_ref(), site))
        else {
            return Ok(Standing::Scheduled);
        };
        let segment = last_segment(&top);
        let name = segment.split('[').next().unwrap_or_default();
        let known = |(label, occurrence): &(&str, u32)| match name.strip_prefix(label) {
            Some("") => *occurrence == 1,
            Some(rest) => rest.strip_prefix('#') == Some(&*occurrence.to_string()),
            None => false,
        };
        match sites.iter().position(known) {
            Some(number) => Ok(Standing::At(number, top)),
            None => Err(undecodable("the state", format!("this build has no site {top}"))),
        }
    }

    /// Returns the place of `site` inside `outer` (a child or a branch), without a branch; `None` if it is not inside.
    fn place_in(&self, outer: Option<&SitePath>, site: &SitePath) -> Option<SitePath> {
        let Some(outer) = outer else {
            return Some(SitePath::from(without_branch(site.segments().next()?)));
        };
        let inside = site.as_str().strip_prefix(outer.as_str())?.strip_prefix('/')?;
        let next = without_branch(inside.split('/').next()?);
        Some(SitePath::from(format!("{outer}/{next}")))
    }

    /// Returns the state of what is awaited at `site`.
    ///
    /// # Errors
    /// [`LookError::Undecodable`].
    pub fn at<A: AtSite>(&self, site: &SitePath) -> Result<A, LookError> {
        A::at(self, site)
    }

    /// Returns the state of a branch of the `all` at `site`.
    fn branch<A: AtSite>(&self, site: &SitePath, branch: usize) -> Result<A, LookError> {
        let branch = SitePath::from(format!("{site}.{branch}"));
        let first = self.state.sites().find_map(|(site, _)| self.place_in(Some(&branch), site));
        A::at(self, &first.unwrap_or(branch))
    }

    /// Returns the number of recorded branches of the `all` at `site`.
    fn branches(&self, site: &SitePath) -> usize {
        let begun = self.state.sites().filter_map(|(recorded, _)| {
            let branch = recorded.as_str().strip_prefix(site.as_str())?.strip_prefix('.')?;
            branch.split('/').next()?.parse::<usize>().ok()
        });
        begun.max().map_or(0, |last| last + 1)
    }

    fn decode<T: Recorded>(&self, what: &str, payload: &Payload) -> Result<T, LookError> {
        decoded(&self.encoding, what, payload)
    }

    /// Returns the output of the saga `S`.
    ///
    /// # Errors
    /// [`LookError::Undecodable`], also if it has none.
    // By its saga: a type that cannot be recorded is refused where the saga is defined, and not here as well.
    pub fn output<S: Saga>(&self) -> Result<S::Output, LookError> {
        let recorded = match (&self.child, self.state.direction()) {
            (None, Direction::Completed { output } | Direction::Undo { output, .. }) => Some(output),
            (Some(child), _) => match self.state.site(child) {
                Some(SiteState::Child { status: ChildStatus::Ended(Ok(output)), .. }) => Some(output),
                _ => None,
            },
            _ => None,
        };
        let recorded = recorded.ok_or_else(|| undecodable("the saga's output", "it has none"))?;
        self.decode("the saga's output", recorded)
    }

    /// Returns the error of the saga `S`; `None` if the rollback had another cause.
    ///
    /// # Errors
    /// [`LookError::Undecodable`].
    pub fn error<S: Saga>(&self, cause: &Cause) -> Result<Option<S::Error>, LookError> {
        match cause {
            Cause::Failed { error, .. } if !error.is_unrecordable() => {
                self.decode("the saga's error", error).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the end of the sleep, wait or question at `site`; `None` if it has no limit.
    pub fn until(&self, site: &SitePath) -> Option<Timestamp> {
        match self.state.site(site)? {
            SiteState::Timer(timed) => timed.due,
            SiteState::Wait { timed, .. } => timed.due,
            SiteState::Ask { timed, .. } => timed.due,
            _ => None,
        }
    }

    /// Returns the question at `site`; empty if there is none.
    pub fn prompt(&self, site: &SitePath) -> String {
        match self.state.site(site) {
            Some(SiteState::Ask { prompt, .. }) => prompt.clone(),
            _ => String::new(),
        }
    }

    /// Returns the name of the awaited signal at `site`; empty if there is none.
    pub fn signal(&self, site: &SitePath) -> String {
        match self.state.site(site) {
            Some(SiteState::Wait { name, .. }) => name.to_string(),
            _ => String::new(),
        }
    }

    /// Returns true if the sleep, wait or question at `site` has ended.
    fn is_over(&self, site: &SitePath) -> bool {
        match self.state.site(site) {
            Some(SiteState::Timer(timed)) => timed.ended.is_some(),
            Some(SiteState::Wait { timed, .. }) => timed.ended.is_some(),
            Some(SiteState::Ask { timed, .. }) => timed.ended.is_some(),
            _ => false,
        }
    }
}

fn shown<T: Recorded, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.write(to)
}

fn shown_if_any<T: Recorded, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Shown).serialize(to)
}

/// Returns true if the site counts as a place of the saga.
fn is_place(site: &SiteState) -> bool {
    !matches!(site, SiteState::Value { .. })
}

fn last_segment(site: &SitePath) -> &str {
    site.segments().last().unwrap_or_default()
}

/// Removes the number of the branch: `all#2[0].1` becomes `all#2[0]`.
fn without_branch(segment: &str) -> &str {
    match segment.rsplit_once('.') {
        Some((fork, branch)) if branch.bytes().all(|b| b.is_ascii_digit()) => fork,
        _ => segment,
    }
}

/// The state of a step.
#[derive(Serialize)]
#[serde(bound(serialize = ""))]
#[non_exhaustive]
pub struct AtStep<S: Step> {
    /// The site, with the turns of its loops.
    pub site: SitePath,
    /// The input; `None` if it is not recorded yet.
    #[serde(serialize_with = "shown_if_any")]
    pub input: Option<S::Input>,
    /// The progress of the step.
    pub progress: Progress<S::Output>,
}

impl<S: Step> std::fmt::Debug for AtStep<S>
where
    S::Input: std::fmt::Debug,
    S::Output: std::fmt::Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { site, input, progress } = self;
        f.debug_struct("AtStep")
            .field("site", site)
            .field("input", input)
            .field("progress", progress)
            .finish()
    }
}

/// The progress of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", bound(serialize = "O: Recorded"))]
#[non_exhaustive]
pub enum Progress<O> {
    /// Nothing is recorded: the step has not begun, or is readonly and has not ended.
    NotRecorded,
    /// It is deferred to the commit, and has not begun.
    Deferred,
    /// An attempt is in flight.
    Running {
        /// The attempt's number, from 1.
        attempt: u32,
    },
    /// It waits for a retry, or for its probe.
    Waiting {
        /// The number of the last attempt, from 1.
        attempt: u32,
    },
    /// It is done, with this output.
    Done(#[serde(serialize_with = "shown")] O),
    /// It did not happen, for this reason.
    Failed(String),
    /// It is blocked, for this reason.
    Blocked(Reason),
}

impl<S: Step> AtSite for AtStep<S> {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        let (input, progress) = match view.state.site(site) {
            Some(SiteState::Step(step)) => (Some(&step.input), progress(view, step)?),
            Some(SiteState::Read { input, result, .. }) => {
                let progress = match result {
                    Ok(output) => Progress::Done(view.decode(&format!("the output of {site}"), output)?),
                    Err(failure) => Progress::Failed(failure.to_string()),
                };
                (Some(input), progress)
            }
            // A readonly step has no record before it has ended.
            _ => (None, Progress::NotRecorded),
        };
        let input = input.map(|input| view.decode(&format!("the input of {site}"), input)).transpose()?;
        Ok(AtStep { site: site.clone(), input, progress })
    }
}

fn progress<O: Recorded>(view: &StateView, step: &StepState) -> Result<Progress<O>, LookError> {
    Ok(match (&step.doing.status, &step.output) {
        (Status::Deferred | Status::Dropped, _) => Progress::Deferred,
        (Status::Running, _) => Progress::Running { attempt: step.doing.attempt },
        (Status::Pending(_), _) => Progress::Waiting { attempt: step.doing.attempt },
        (Status::Done, Some(Ok(output))) => {
            Progress::Done(view.decode(&format!("the output of {}", step.step), output)?)
        }
        (Status::Done, _) => Progress::Blocked(Reason::OutputLost),
        (Status::Failed, _) => {
            Progress::Failed(step.failure.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        (Status::Blocked(blocker), _) => Progress::Blocked(blocker.reason),
    })
}

/// The state of a sleep in a branch of `all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AtSleep {
    /// The end of the sleep; `None` if it has not begun.
    pub until: Option<Timestamp>,
    /// True if the sleep has ended.
    pub is_over: bool,
}

/// The state of a wait for a signal in a branch of `all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AtSignal {
    /// The signal's name.
    pub name: String,
    /// The limit of the wait; `None` if there is none.
    pub until: Option<Timestamp>,
    /// True if the signal came, or the time ran out.
    pub is_over: bool,
}

/// The state of a question in a branch of `all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AtApproval {
    /// The question's text.
    pub prompt: String,
    /// The limit of the wait; `None` if there is none.
    pub until: Option<Timestamp>,
    /// True if it was answered, or the time ran out.
    pub is_over: bool,
}

/// A recorded time or id in a branch of `all`, which never waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtValue;

impl AtSite for AtSleep {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        Ok(Self { until: view.until(site), is_over: view.is_over(site) })
    }
}

impl AtSite for AtSignal {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        Ok(Self { name: view.signal(site), until: view.until(site), is_over: view.is_over(site) })
    }
}

impl AtSite for AtApproval {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        Ok(Self { prompt: view.prompt(site), until: view.until(site), is_over: view.is_over(site) })
    }
}

impl AtSite for AtValue {
    fn at(_: &StateView, _: &SitePath) -> Result<Self, LookError> {
        Ok(AtValue)
    }
}

impl<S: SagaState> AtSite for S {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        S::of(&StateView { child: Some(site.clone()), ..view.clone() })
    }
}

impl<A: AtSite> AtSite for Vec<A> {
    fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
        (0..view.branches(site)).map(|branch| view.branch(site, branch)).collect()
    }
}

macro_rules! at_site_of_tuples {
    ($(($($a:ident $i:tt),+))+) => {$(
        impl<$($a: AtSite),+> AtSite for ($($a,)+) {
            fn at(view: &StateView, site: &SitePath) -> Result<Self, LookError> {
                Ok(($(view.branch::<$a>(site, $i)?,)+))
            }
        }
    )+};
}

at_site_of_tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
