//! What a journal amounts to: the state of one saga, always the fold of its records (`fold`) and nothing more. Here
//! are its types and what can be read off it; what happens next is decided in `machine`.

use std::collections::{HashMap, VecDeque};

use crate::record::{Call, Cause, Failure, Lost, Next, Trouble, Verdict};
use crate::{By, IdempotencyKey, Kind, Name, Payload, Reason, Role, SagaId, Seq, Site, Timestamp};

/// The state of one saga.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) id: SagaId,
    pub(crate) head: Option<Head>,
    pub(crate) next_seq: Seq,
    pub(crate) last_at: Timestamp,
    pub(crate) direction: Direction,
    pub(crate) stop: Option<Cause>,
    pub(crate) no_return: Option<Site>,
    pub(crate) overdue: bool,
    pub(crate) parked_at: Option<Timestamp>,
    pub(crate) halts: Vec<Halt>,
    pub(crate) sites: HashMap<Site, SiteState>,
    /// Sites in the order of their first record.
    pub(crate) order: Vec<Site>,
    /// Sites at which something is not settled.
    pub(crate) open: Vec<Site>,
    pub(crate) signals: Signals,
    /// Records that are more than another try at the same thing: what resets the count of deaths.
    pub(crate) progress: u64,
}

/// How a saga began.
#[derive(Debug, Clone)]
pub struct Head {
    /// The recorded name of its type.
    pub saga: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// What it was called with.
    pub input: Payload,
    /// When.
    pub at: Timestamp,
    /// Its deadline, put off by the time it was parked.
    pub deadline: Option<Timestamp>,
}

/// Where a saga is going.
#[derive(Debug, Clone)]
pub enum Direction {
    /// To its end.
    Forward,
    /// Back, for good.
    Back(Cause),
    /// It completed, and is being undone.
    Undo {
        /// Who asked.
        by: By,
        /// What is being undone.
        sites: Vec<Site>,
        /// What it had given.
        output: Payload,
    },
    /// It completed, and gave this.
    Completed {
        /// The output.
        output: Payload,
    },
    /// All that it did is undone or listed.
    RolledBack(Cause),
    /// An operator closed it.
    Abandoned(By),
}

/// The phase of a saga, as stores list it and screens show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Recorded, not yet begun.
    Scheduled,
    /// A step is running.
    Running,
    /// Nothing runs until a time, a signal or an approval.
    Waiting,
    /// Going back.
    RollingBack,
    /// It needs a person.
    DeadLettered,
    /// Done.
    Completed,
    /// Undone.
    RolledBack,
    /// Closed as it was.
    Abandoned,
}

impl Phase {
    /// The phase's recorded name.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Scheduled => "scheduled",
            Phase::Running => "running",
            Phase::Waiting => "waiting",
            Phase::RollingBack => "rolling_back",
            Phase::DeadLettered => "dead_lettered",
            Phase::Completed => "completed",
            Phase::RolledBack => "rolled_back",
            Phase::Abandoned => "abandoned",
        }
    }

    /// The phase of that recorded name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }

    /// Every phase, in the order of a life.
    pub const ALL: [Phase; 8] = [
        Phase::Scheduled,
        Phase::Running,
        Phase::Waiting,
        Phase::RollingBack,
        Phase::DeadLettered,
        Phase::Completed,
        Phase::RolledBack,
        Phase::Abandoned,
    ];

    /// Whether nothing will happen any more unless somebody asks for it.
    pub fn is_ended(self) -> bool {
        matches!(self, Phase::Completed | Phase::RolledBack | Phase::Abandoned)
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the body cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The reason.
    pub reason: Reason,
    /// What was observed.
    pub detail: String,
    /// Where, if it was somewhere.
    pub site: Option<Site>,
}

/// What stands at a site.
#[derive(Debug, Clone)]
pub enum SiteState {
    /// A step that has an intent.
    Step(Box<StepState>),
    /// A readonly step's outcome.
    Read {
        /// Which step.
        step: Name,
        /// With what.
        input: Payload,
        /// What it gave.
        result: Result<Payload, Failure>,
    },
    /// A recorded time or id.
    Value {
        /// `now` or `uuid`.
        what: Name,
        /// What it is.
        value: Payload,
    },
    /// A sleep.
    Timer(Timed<()>),
    /// A wait for a signal; ended by one, or by none.
    Wait {
        /// The signal's name.
        name: Name,
        /// How it stands.
        timed: Timed<Option<Payload>>,
    },
    /// A question.
    Ask {
        /// What is asked.
        prompt: String,
        /// How it stands.
        timed: Timed<Verdict>,
    },
    /// A child saga.
    Child {
        /// The recorded name of its type.
        saga: Name,
        /// The version of its code when it began.
        version: u32,
        /// With what.
        input: Payload,
        /// How it stands.
        status: ChildStatus,
    },
}

/// Something that waits for a time, perhaps among other things.
#[derive(Debug, Clone)]
pub struct Timed<T> {
    /// How long, in milliseconds.
    pub wait_ms: Option<u64>,
    /// Until then.
    pub due: Option<Timestamp>,
    /// How it ended, if it has.
    pub ended: Option<T>,
    /// Whether a rollback ended it.
    pub dropped: bool,
}

impl<T> Timed<T> {
    pub(crate) fn is_open(&self) -> bool {
        self.ended.is_none() && !self.dropped
    }
}

/// How a child saga stands.
#[derive(Debug, Clone)]
pub enum ChildStatus {
    /// Its body runs.
    Running,
    /// It failed with this error, and is being undone.
    Undoing {
        /// The error.
        error: Payload,
    },
    /// It ended.
    Ended(Result<Payload, Payload>),
}

/// A step that has an intent.
#[derive(Debug, Clone)]
pub struct StepState {
    /// Which.
    pub step: Name,
    /// Its input, as an operator may have mended it.
    pub input: Payload,
    /// Whether it has.
    pub mended: bool,
    /// How it is undone.
    pub kind: Kind,
    /// The sequence number of its intent, by which undoing is ordered.
    pub seq: Seq,
    /// What settles it in doubt without an output.
    pub in_doubt: Option<Call>,
    /// The step itself.
    pub doing: Effect,
    /// What it gave, once it is done.
    pub output: Option<Result<Payload, Lost>>,
    /// How it failed, if it did not happen.
    pub failure: Option<Failure>,
    /// What undoes it.
    pub undo: Option<Result<Call, Lost>>,
    /// The compensation, once it has begun.
    pub undoing: Option<Effect>,
    /// Who declared the compensation not needed.
    pub waived: Option<By>,
}

/// One effect on the world: a step, or its compensation.
#[derive(Debug, Clone)]
pub struct Effect {
    /// How it stands.
    pub status: Status,
    /// The number of the last attempt begun, from 1; never reset.
    pub attempt: u32,
    /// Attempts that failed since the last redrive.
    pub failures: u32,
    /// Attempts made because an earlier one was in doubt, since the last redrive.
    pub reruns: u32,
    /// How often the probe was asked, since the last redrive.
    pub probes: u32,
    /// The generation of its idempotency key.
    pub generation: u32,
    /// Whether some attempt may have happened without our knowing.
    pub doubt: bool,
    /// When the first attempt since the last redrive began.
    pub since: Timestamp,
    /// How the last attempt went.
    pub last: Option<Trouble>,
}

/// How an effect stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// An attempt is on its way, or was when the process died.
    Running,
    /// Waiting for what comes next.
    Pending(Next),
    /// It happened.
    Done,
    /// It did not happen, and will not.
    Failed,
    /// A person is needed.
    Stuck(Reason, String),
}

impl Effect {
    pub(crate) fn begun(at: Timestamp) -> Self {
        Effect {
            status: Status::Running,
            attempt: 1,
            failures: 0,
            reruns: 0,
            probes: 0,
            generation: 0,
            doubt: false,
            since: at,
            last: None,
        }
    }

    /// Whether it is known to have happened, or not to.
    pub fn is_settled(&self) -> bool {
        matches!(self.status, Status::Done | Status::Failed)
    }

    /// Whether a person is needed.
    pub fn is_stuck(&self) -> bool {
        matches!(self.status, Status::Stuck(..))
    }
}

impl StepState {
    /// The effect of that role, if it has begun.
    pub fn effect(&self, role: Role) -> Option<&Effect> {
        match role {
            Role::Do => Some(&self.doing),
            Role::Undo => self.undoing.as_ref(),
        }
    }

    pub(crate) fn effect_mut(&mut self, role: Role) -> Option<&mut Effect> {
        match role {
            Role::Do => Some(&mut self.doing),
            Role::Undo => self.undoing.as_mut(),
        }
    }

    /// Whether it is undone, by a compensation or by a person.
    pub fn is_undone(&self) -> bool {
        self.undoing.as_ref().is_some_and(|u| u.status == Status::Done)
    }

    /// Whether it happened and can be undone, and neither is that done nor waived.
    pub fn owes_undo(&self) -> bool {
        self.doing.status == Status::Done
            && self.kind == Kind::Compensated
            && !self.is_undone()
            && self.waived.is_none()
    }

    /// Whether it is not known if it happened.
    pub fn is_in_doubt(&self) -> bool {
        self.doing.doubt && !self.doing.is_settled()
    }

    /// Whether a rollback that has it in scope has nothing left to do here.
    pub(crate) fn is_unwound(&self) -> bool {
        match self.doing.status {
            Status::Failed => true,
            Status::Done => !self.owes_undo(),
            _ => self.waived.is_some(),
        }
    }

    fn is_open(&self) -> bool {
        let unsettled = !self.doing.is_settled() || self.undoing.as_ref().is_some_and(|u| !u.is_settled());
        unsettled && self.waived.is_none()
    }
}

impl SiteState {
    pub(crate) fn is_open(&self) -> bool {
        match self {
            SiteState::Step(step) => step.is_open(),
            SiteState::Read { .. } | SiteState::Value { .. } => false,
            SiteState::Timer(timed) => timed.is_open(),
            SiteState::Wait { timed, .. } => timed.is_open(),
            SiteState::Ask { timed, .. } => timed.is_open(),
            SiteState::Child { status, .. } => !matches!(status, ChildStatus::Ended(_)),
        }
    }

    /// The step here, if it is one with an intent.
    pub fn as_step(&self) -> Option<&StepState> {
        match self {
            SiteState::Step(step) => Some(step),
            _ => None,
        }
    }
}

/// Signals that came: those not yet waited for, and the ids of all.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    pub(crate) seen: std::collections::HashSet<String>,
    pub(crate) waiting: VecDeque<(String, Name, Payload)>,
}

impl State {
    /// The saga before its first record.
    pub fn new(id: SagaId) -> Self {
        State {
            id,
            head: None,
            next_seq: 0,
            last_at: Timestamp::default(),
            direction: Direction::Forward,
            stop: None,
            no_return: None,
            overdue: false,
            parked_at: None,
            halts: Vec::new(),
            sites: HashMap::new(),
            order: Vec::new(),
            open: Vec::new(),
            signals: Signals::default(),
            progress: 0,
        }
    }

    /// Its id.
    pub fn id(&self) -> &SagaId {
        &self.id
    }

    /// How it began; `None` before its first record.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The sequence number of its next record.
    pub fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// Where it is going.
    pub fn direction(&self) -> &Direction {
        &self.direction
    }

    /// Why it is about to stop, if it is.
    pub fn stop(&self) -> Option<&Cause> {
        self.stop.as_ref()
    }

    /// The irreversible step that it has done: past it there is no way back.
    pub fn no_return(&self) -> Option<&Site> {
        self.no_return.as_ref()
    }

    /// Whether its deadline passed when it was too late to roll back.
    pub fn is_overdue(&self) -> bool {
        self.overdue
    }

    /// Since when it is a dead letter.
    pub fn parked_at(&self) -> Option<Timestamp> {
        self.parked_at
    }

    /// Why its body cannot go on.
    pub fn halts(&self) -> &[Halt] {
        &self.halts
    }

    /// How much it has moved: grows with every record that is more than another try.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    /// What stands at `site`.
    pub fn site(&self, site: &Site) -> Option<&SiteState> {
        self.sites.get(site)
    }

    /// All sites, in the order in which they were reached.
    pub fn sites(&self) -> impl Iterator<Item = (&Site, &SiteState)> {
        self.order.iter().filter_map(|site| self.sites.get_key_value(site))
    }

    /// The sites at which something is not settled.
    pub fn open_sites(&self) -> impl Iterator<Item = (&Site, &SiteState)> {
        self.open.iter().filter_map(|site| self.sites.get_key_value(site))
    }

    /// The step at `site`, if one has an intent there.
    pub fn step(&self, site: &Site) -> Option<&StepState> {
        self.sites.get(site).and_then(SiteState::as_step)
    }

    pub(crate) fn step_mut(&mut self, site: &Site) -> Option<&mut StepState> {
        match self.sites.get_mut(site) {
            Some(SiteState::Step(step)) => Some(step),
            _ => None,
        }
    }

    /// All steps with an intent, in that order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (&Site, &StepState)> {
        self.order.iter().filter_map(|site| Some((site, self.step(site)?)))
    }

    /// The effects that are not settled.
    pub fn open_effects(&self) -> impl Iterator<Item = (&Site, Role, &Effect)> {
        self.open_sites().filter_map(|(site, s)| Some((site, s.as_step()?))).flat_map(|(site, step)| {
            let doing = (!step.doing.is_settled()).then_some((site, Role::Do, &step.doing));
            let undoing = step.undoing.as_ref().filter(|u| !u.is_settled());
            doing.into_iter().chain(undoing.map(|u| (site, Role::Undo, u)))
        })
    }

    /// The key under which an effect is known outside.
    pub fn key(&self, site: &Site, role: Role) -> IdempotencyKey {
        let generation = self.step(site).and_then(|s| s.effect(role)).map_or(0, |e| e.generation);
        IdempotencyKey::of(&self.id, site, role, generation)
    }

    /// Whether the body may run: forward, with no stop pending and nothing that keeps it from it.
    pub fn body_may_run(&self) -> bool {
        matches!(self.direction, Direction::Forward)
            && self.stop.is_none()
            && self.halts.is_empty()
            && self.parked_at.is_none()
    }

    /// Whether it is on its way back, in whole.
    pub fn is_rolling_back(&self) -> bool {
        matches!(self.direction, Direction::Back(_))
    }

    /// Whether an effect is on its way.
    pub fn is_running(&self) -> bool {
        self.open_effects().any(|(_, _, e)| e.status == Status::Running)
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        if self.parked_at.is_some() {
            return Phase::DeadLettered;
        }
        match &self.direction {
            Direction::Completed { .. } => Phase::Completed,
            Direction::RolledBack(_) => Phase::RolledBack,
            Direction::Abandoned(_) => Phase::Abandoned,
            Direction::Back(_) | Direction::Undo { .. } => Phase::RollingBack,
            Direction::Forward if self.next_seq <= 1 => Phase::Scheduled,
            Direction::Forward if self.open.is_empty() || self.is_running() => Phase::Running,
            Direction::Forward => Phase::Waiting,
        }
    }

    /// If it completed and could be undone as a whole: until when; `i64::MAX` if there is no limit.
    pub fn undoable_until(&self) -> Option<Timestamp> {
        if !matches!(self.direction, Direction::Completed { .. }) || self.no_return.is_some() {
            return None;
        }
        let owed = self.steps().filter(|(_, s)| s.owes_undo());
        let until = owed.map(|(_, s)| match &s.undo {
            Some(Ok(call)) => call.until.unwrap_or(Timestamp(i64::MAX)),
            _ => Timestamp(i64::MAX),
        });
        until.min()
    }

    /// Why it is a dead letter, or is about to be: a reason for each place that needs a person.
    pub fn reasons(&self) -> Vec<(Option<Site>, Role, Reason, String)> {
        let mut reasons: Vec<_> = self
            .open_effects()
            .filter_map(|(site, role, effect)| match &effect.status {
                Status::Stuck(reason, detail) => Some((Some(site.clone()), role, *reason, detail.clone())),
                _ => None,
            })
            .collect();
        let halts = self.halts.iter().map(|h| (h.site.clone(), Role::Do, h.reason, h.detail.clone()));
        reasons.extend(halts);
        reasons
    }

    /// Whether a rollback, an undo, or the undoing of a failed child is to unwind what happened at `site`.
    pub fn is_unwinding(&self, site: &Site) -> bool {
        match &self.direction {
            Direction::Back(_) => true,
            Direction::Undo { sites, .. } => sites.contains(site),
            Direction::Forward => self.children_undoing().any(|child| site.within(child.as_str())),
            _ => false,
        }
    }

    /// The children that failed and are being undone.
    pub fn children_undoing(&self) -> impl Iterator<Item = &Site> {
        self.open_sites().filter_map(|(site, s)| {
            matches!(s, SiteState::Child { status: ChildStatus::Undoing { .. }, .. }).then_some(site)
        })
    }
}
