//! One case: a fresh world, one saga, disturbances, and the final state. Also the judgement whether the saga's report
//! agrees with the world.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use saga_core::machine::Delivery;
use saga_core::{
    By, DeadLetter, Entry, Payload, Phase, Record, Residue, Role, Rollback, SagaId, SitePath, State, Undone,
};

use super::case::{Case, Disturbance};
use super::report::{CaseReport, Ending, Stands};
use super::world::World;
use crate::author::saga::{Saga, SagaCall};
use crate::operate::handle::{AnyHandle, Handle};
use crate::operate::outcome::Outcome;
use crate::operate::runtime::Builder;
use crate::test::fault::Faults;
use crate::test::{TestRuntime, in_virtual_time};
use crate::value::samples::Samples;

const A_DAY: Duration = Duration::from_secs(86_400);

/// Judges the output and the world of a saga that completed.
pub(super) type Check<S, W> =
    Arc<dyn Fn(&<S as Saga>::Output, &<W as World>::Seen) -> bool + Send + Sync + 'static>;

/// Judges the world of a saga with all effects undone except for the reported residue.
pub(super) type Leaves<W> = Arc<dyn Fn(&[Residue], &<W as World>::Seen) -> bool + Send + Sync + 'static>;

/// The settings of all cases.
pub(super) struct Stage<S: Saga, W: World> {
    pub(super) input: Payload,
    pub(super) make: Arc<dyn Fn() -> W + Send + Sync>,
    pub(super) signals: Vec<(String, Payload)>,
    pub(super) samples: Samples,
    pub(super) patience: Duration,
    pub(super) completes: Option<Check<S, W>>,
    pub(super) leaves: Option<Leaves<W>>,
    pub(super) saga: PhantomData<fn() -> S>,
}

/// What the saga did in a run, for planning the next.
pub(super) struct Trace {
    pub(super) writes: u64,
    pub(super) state: State,
    pub(super) journal: Vec<Entry>,
}

/// The result of one run.
pub(super) struct Ran<W: World> {
    pub(super) report: CaseReport,
    pub(super) trace: Trace,
    pub(super) seen: W::Seen,
    /// The residue still to be judged; `None` if there is none.
    pub(super) remains: Option<Remains<W>>,
}

/// A world that is not as before, of a saga that has undone all its effects and reports residue.
pub(super) struct Remains<W: World> {
    how: String,
    before: String,
    pub(super) residue: Vec<Residue>,
    pub(super) seen: W::Seen,
}

/// The expectations for a run.
pub(super) struct Expected<'a, W: World> {
    /// The world after the undisturbed run; `None` for that run itself.
    pub(super) after: Option<&'a W::Seen>,
    /// The required ending; `None` if any right ending will do.
    pub(super) ending: Option<Ending>,
}

/// How a run ended, with its result.
enum End<T> {
    Completed { output: T, undone: Undone },
    RolledBack { rollback: Rollback },
    DeadLettered(Box<DeadLetter>),
    NotEnded(String),
}

impl<S: Saga, W: World> Stage<S, W> {
    /// Adds to the builder what the saga and its world need.
    pub(super) fn build(world: &W, builder: Builder) -> Builder {
        // The worker is alone with its store: in a year of virtual time it need not poll every half second.
        let mut builder = builder.lease(A_DAY);
        builder.look_every = A_DAY;
        world.resources(builder).saga::<S>()
    }

    /// Runs one case.
    ///
    /// # Panics
    /// If the runtime cannot be started, or the world panics.
    pub(super) fn run(&self, case: &Case, expected: &Expected<'_, W>) -> Ran<W> {
        in_virtual_time(async {
            let world = Arc::new((self.make)());
            let before = world.look();
            let faults = Arc::new(Faults::new(case.faults(), self.samples.clone()));
            let build = {
                let (world, faults) = (world.clone(), faults.clone());
                move |builder: Builder| {
                    let mut builder = Self::build(&world, builder);
                    builder.interference = Some(faults.clone());
                    builder
                }
            };
            let started = TestRuntime::start(build).await;
            let mut test = started.unwrap_or_else(|error| panic!("the runtime does not start: {error}"));
            let (end, crashed) = self.to_the_end(&mut test, case, &faults).await;
            let seen = world.look();
            let trace = self.trace(&test).await;
            let came = faults.all_came() && crashed == case.crash().is_some();
            let mut report =
                CaseReport::new(case.clone(), end.ending(), stands(&seen, &before, expected.after));
            report.left = end.left(&trace.state);
            report.wrong = self.wrong(&report, &end, &seen, &before, expected);
            let is_undone = matches!(report.ending, Ending::RolledBack | Ending::Undone);
            let mut remains = is_undone.then(|| Remains::of(report.ending, &trace.state, &before, &*world));
            if let End::DeadLettered(_) = end {
                faults.end();
                remains = Some(self.send_on(&test, &*world, &before, expected, &mut report).await);
            }
            report.came = came;
            Ran { report, trace, seen, remains: remains.flatten() }
        })
    }

    async fn to_the_end(
        &self,
        test: &mut TestRuntime,
        case: &Case,
        faults: &Faults,
    ) -> (End<S::Output>, bool) {
        if let Some((write, side)) = case.crash() {
            test.crash_at(write, side);
        }
        if let Some(write) = case.cancel_after() {
            test.cancel_at(write, id(), by("cancels it"));
        }
        let mut patience = std::pin::pin!(tokio::time::sleep(self.patience));
        let mut crashed = false;
        loop {
            tokio::select! {
                biased;
                () = test.crashed() => {}
                end = self.drive(test, case, faults) => return (end.unwrap_or_else(End::NotEnded), crashed),
                () = &mut patience => {
                    let days = self.patience.as_secs() / 86_400;
                    let why = format!("after {days} days {}", waits_at(&self.trace(test).await.state));
                    return (End::NotEnded(why), crashed);
                }
            }
            crashed = true;
            test.crash().await.unwrap_or_else(|error| panic!("the runtime does not start again: {error}"));
        }
    }

    /// Runs the saga to its end, with an operator that answers. The process may die at any moment.
    async fn drive(
        &self,
        test: &TestRuntime,
        case: &Case,
        faults: &Faults,
    ) -> Result<End<S::Output>, String> {
        let input = crate::value::recorded::decode::<S::Input>(&saga_core::Codecs::default(), &self.input)
            .map_err(|e| e.to_string())?;
        let handle = test.run(id(), SagaCall::<S>::new(input)).await.map_err(|e| e.to_string())?;
        let cancels = async {
            faults.cancel_wanted.notified().await;
            // A refusal as too late is an answer too.
            handle.cancel(by("cancels it")).await.ok();
            faults.cancel_known.notify_one();
            std::future::pending().await
        };
        tokio::select! {
            biased;
            end = self.settled(&handle, case) => end,
            () = cancels => unreachable!("it goes on for ever"),
            () = self.people(handle.any(), case) => unreachable!("they go on for ever"),
        }
    }

    async fn settled(&self, handle: &Handle<S>, case: &Case) -> Result<End<S::Output>, String> {
        let outcome = handle.outcome().await.map_err(|e| e.to_string())?;
        if outcome.is_completed() && case.has(&Disturbance::UndoneAfterwards) {
            // The undo is refused if it was requested before a crash.
            handle.undo(by("undoes it")).await.ok();
            at_rest(handle.any()).await?;
        }
        let outcome = handle.outcome().await.map_err(|e| e.to_string())?;
        Ok(match outcome {
            Outcome::Completed { output, undone } => End::Completed { output, undone },
            Outcome::RolledBack { rollback, .. } | Outcome::Abandoned { rollback, .. } => {
                End::RolledBack { rollback }
            }
            Outcome::DeadLettered(letter) => End::DeadLettered(Box::new(letter.into_seen())),
        })
    }

    /// Gives the saga what it waits for: approvals, and the signals.
    async fn people(&self, handle: &AnyHandle, case: &Case) {
        let mut records = handle.watch();
        while let Ok(Some(entry)) = records.next().await {
            // A question answered before a crash is refused the second time.
            match entry.record {
                Record::Asked { site, .. } if !case.has(&Disturbance::Unanswered(site.clone())) => {
                    let yes = !case.has(&Disturbance::Denied(site.clone()));
                    let by = by("answers it");
                    let answer = if yes { handle.approve(by) } else { handle.deny(by) };
                    answer.at(site).await.ok();
                }
                Record::Wait { site, name, .. } if !case.has(&Disturbance::NoSignal(site.clone())) => {
                    let signal = self.signals.iter().find(|(known, _)| *known == *name);
                    if let Some((name, payload)) = signal.cloned() {
                        handle.deliver(Delivery::Signal { id: site.to_string(), name, payload }).await.ok();
                    }
                }
                _ => {}
            }
        }
        std::future::pending().await
    }

    async fn trace(&self, test: &TestRuntime) -> Trace {
        let journal = test.store().load(&id(), 0, usize::MAX).await.unwrap_or_default();
        let state = State::of(id(), &journal).unwrap_or_else(|_| State::new(id()));
        Trace { writes: test.writes(), state, journal }
    }

    /// Redrives a dead letter without further disturbances: if it ends, the world must agree.
    async fn send_on(
        &self,
        test: &TestRuntime,
        world: &W,
        before: &W::Seen,
        expected: &Expected<'_, W>,
        report: &mut CaseReport,
    ) -> Option<Remains<W>> {
        let handle = test.find(&id()).await.ok()??;
        handle.redrive(by("sends it on")).await.ok()?;
        let Ok(phase) = at_rest(&handle).await else {
            report.wrong.get_or_insert("sent on, it has not ended".to_owned());
            return None;
        };
        let ending = match phase {
            Phase::Completed => Ending::Completed,
            Phase::RolledBack => Ending::RolledBack,
            // It is dead-lettered again, which is reported.
            _ => return None,
        };
        let seen = world.look();
        let stands = stands(&seen, before, expected.after);
        let remains = match ending {
            Ending::Completed => None,
            _ => Remains::of(ending, &self.trace(test).await.state, before, world),
        };
        let right = match ending {
            Ending::Completed => stands.is_after() || self.completes.is_some(),
            _ => stands.is_before() || remains.is_some(),
        };
        if !right {
            let wrong =
                format!("sent on, it is {ending}, and the world is not as it was to be:\n  it is   {seen:?}");
            report.wrong.get_or_insert(wrong);
        }
        report.then = Some((ending, stands));
        remains.map(|remains| Remains { how: format!("sent on, {}", remains.how), ..remains })
    }

    /// Returns what is wrong with how it ended; `None` if nothing is.
    fn wrong(
        &self,
        report: &CaseReport,
        end: &End<S::Output>,
        seen: &W::Seen,
        before: &W::Seen,
        expected: &Expected<'_, W>,
    ) -> Option<String> {
        let ending = report.ending;
        let otherwise = |wanted: &str, than: &W::Seen| {
            let differs = format!("it is {ending}, and the world is not as {wanted}");
            Some(format!("{differs}:\n  it was  {than:?}\n  it is   {seen:?}"))
        };
        let wrong = match end {
            End::NotEnded(why) => Some(format!("it has not ended: {why}")),
            End::Completed { undone: Undone::None, output } => match (&self.completes, expected.after) {
                (Some(check), _) if check(output, seen) => None,
                (Some(_), Some(after)) => otherwise("it was to be", after),
                (None, Some(after)) if seen != after => otherwise("after an undisturbed run", after),
                _ => None,
            },
            End::Completed { .. } | End::RolledBack { .. } if seen != before && report.left.is_empty() => {
                otherwise("before", before)
            }
            End::DeadLettered(letter) if report.stands == Stands::Otherwise && !tells(letter) => {
                Some(format!("a dead letter that tells of nothing, and the world has changed:\n{letter}"))
            }
            _ => None,
        };
        let asked = expected.ending.filter(|wanted| *wanted != ending);
        wrong.or_else(|| asked.map(|wanted| format!("it is {ending}, and was to be {wanted}")))
    }
}

impl<W: World> Remains<W> {
    /// Returns `None` if nothing is left, or anything other than residue is.
    fn of(ending: Ending, state: &State, before: &W::Seen, world: &W) -> Option<Self> {
        let mut residue = state.residue();
        residue.sort_by_key(|one| one.site.to_string());
        let seen = world.look();
        let is_whole =
            !matches!(state.rollback(), Rollback::Partial { .. }) && state.undone() != Undone::Partial;
        let (how, before_text) = (format!("it is {ending}"), format!("{before:?}"));
        let is_some = is_whole && !residue.is_empty() && seen != *before;
        is_some.then_some(Self { how, before: before_text, residue, seen })
    }

    /// Returns the text of a difference.
    pub(super) fn otherwise(&self, than: &str) -> String {
        format!("{}, and {than}:\n  it was  {}\n  it is   {:?}", self.how, self.before, self.seen)
    }
}

impl<T> End<T> {
    fn ending(&self) -> Ending {
        match self {
            End::Completed { undone: Undone::None, .. } => Ending::Completed,
            End::Completed { .. } => Ending::Undone,
            End::RolledBack { .. } => Ending::RolledBack,
            End::DeadLettered(_) => Ending::DeadLettered,
            End::NotEnded(_) => Ending::NotEnded,
        }
    }

    /// Returns what the saga reports as left.
    fn left(&self, state: &State) -> Vec<String> {
        let mut told = match self {
            End::RolledBack { rollback: Rollback::Partial { left, .. } } => {
                left.iter().map(|l| format!("{} ({})", l.site, l.why)).collect()
            }
            End::DeadLettered(letter) => {
                let stops = letter.blockers.iter().map(|stop| match (&stop.site, stop.role) {
                    (Some(site), Role::Do) => format!("{}: {site}", stop.reason),
                    (Some(site), Role::Undo) => format!("{}: undo of {site}", stop.reason),
                    (None, _) => format!("{}: the body", stop.reason),
                });
                let done = letter.done.iter().map(|site| format!("{site} is done"));
                stops.chain(done).collect()
            }
            End::Completed { undone: Undone::Partial, .. } => vec!["undone in part".to_owned()],
            _ => Vec::new(),
        };
        told.extend(state.residue().iter().map(|r| format!("{} leaves {}", r.site, r.what)));
        told
    }
}

/// Returns true if a dead letter reports that something has happened, or may have.
fn tells(letter: &DeadLetter) -> bool {
    let doubt = letter.attempts.iter().any(|attempt| attempt.in_doubt || attempt.ended.is_none());
    doubt || !letter.done.is_empty() || !letter.owed.entries.is_empty()
}

/// Returns what an unfinished saga waits for.
fn waits_at(state: &State) -> String {
    let open: Vec<String> = state.open_sites().map(|(site, _)| site.to_string()).collect();
    format!("it is {} at {}", state.phase(), open.join(", "))
}

fn stands<T: PartialEq>(seen: &T, before: &T, after: Option<&T>) -> Stands {
    match (seen == before, after.is_none_or(|after| seen == after)) {
        (true, _) => Stands::AsBefore,
        (false, true) => Stands::AsAfter,
        (false, false) => Stands::Otherwise,
    }
}

/// Waits until the saga has ended, or is dead-lettered again.
async fn at_rest(handle: &AnyHandle) -> Result<Phase, String> {
    for _ in 0..100_000 {
        let phase = handle.phase().await.map_err(|e| e.to_string())?;
        if phase.is_settled() {
            return Ok(phase);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err("it does not come to rest".to_owned())
}

fn id() -> SagaId {
    SagaId::new("case").expect("the id is not empty")
}

fn by(why: &str) -> By {
    By::new("the matrix", why)
}

/// A point that can be disturbed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Point {
    /// A step with an effect, or a compensation.
    Effect(SitePath, Role),
    /// A readonly step.
    Read(SitePath),
    /// A question, and whether its end was unanswered.
    Question {
        /// The site of the question.
        site: SitePath,
        /// True if the wait may end without an answer.
        ends: bool,
    },
    /// A wait for a signal that may end without one.
    Signal(SitePath),
}

impl Trace {
    /// Returns the points that it passed, in order, each with its step.
    pub(super) fn points(&self) -> Vec<(Point, String)> {
        let mut points = Vec::new();
        for entry in &self.journal {
            let point = match &entry.record {
                Record::Intent { site, step, .. } => {
                    (Point::Effect(site.clone(), Role::Do), step.to_string())
                }
                // A deferred step begins so.
                Record::Started { site, role: Role::Do, attempt: 1 } => {
                    let step = self.state.step(site).map(|step| step.step.to_string());
                    (Point::Effect(site.clone(), Role::Do), step.unwrap_or_default())
                }
                Record::UndoIntent { site, in_doubt } => {
                    let step = self.state.step(site).and_then(|step| match in_doubt {
                        true => step.in_doubt.as_ref(),
                        false => step.undo.as_ref().and_then(|undo| undo.as_ref().ok()),
                    });
                    let step = step.map(|call| call.step.to_string()).unwrap_or_default();
                    (Point::Effect(site.clone(), Role::Undo), step)
                }
                Record::Read { site, step, .. } => (Point::Read(site.clone()), step.to_string()),
                Record::Asked { site, due, .. } => {
                    (Point::Question { site: site.clone(), ends: due.is_some() }, String::new())
                }
                Record::Wait { site, due: Some(_), .. } => (Point::Signal(site.clone()), String::new()),
                _ => continue,
            };
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }
}
