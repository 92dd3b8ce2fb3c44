//! The world outside: services that act on the books, fail as a program says, and look at the journal before they do
//! anything. Outlives every process of the simulation.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saga_core::state::Status;
use saga_core::store::Store;
use saga_core::{Cause, Entry, Kind, MemoryStore, Record, Role, SagaId, State};
use saga_runtime::{Clock as _, Failure, Probe, StepContext};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

pub(crate) use crate::books::{Books, Effect, Undoes};
use crate::clock::SharedClock;
use crate::crowd::Crowd;
use crate::gate::Gate;
use crate::mutant::Mutant;
use crate::program::Fate;
use crate::rule::Rule;

/// The world; clones are the same.
#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    books: Mutex<Books>,
    /// The journals as they really are.
    truth: Arc<MemoryStore>,
    /// The clock of all workers and services.
    clock: Arc<SharedClock>,
}

/// A process as the world sees it.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) world: World,
    pub(crate) gate: Arc<Gate>,
    crowd: Crowd,
}

/// How the service knows a call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// By its key.
    ByKey,
    /// By its key, under which it keeps its refusals too: a repeat gets the first answer.
    Kept,
    /// By what it does: doing it twice is doing it once.
    ByNature,
    /// Not at all: every call is another effect.
    NotAtAll,
    /// It has no effect.
    Reads,
}

/// The output of every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// The service's id of the effect.
    pub(crate) id: String,
    /// The number of the effect, which programs branch on.
    pub(crate) number: u64,
    /// Filler, which makes the output too large to be recorded if the fate says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) ballast: String,
}

/// A call of a service.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) step: &'static str,
    pub(crate) known: Known,
    pub(crate) undoes: Option<Undoes>,
    pub(crate) fates: Vec<Fate>,
}

/// A call on its way.
struct Flight {
    effect: Effect,
    key: String,
    known: Known,
    undoes: Option<Undoes>,
}

/// So long a call takes to the service, and its answer back.
const WAY: Duration = Duration::from_millis(3);
/// More than the runtimes of the simulation record.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 20_000;

impl World {
    pub(crate) fn new(truth: Arc<MemoryStore>, mutant: Option<Mutant>) -> Self {
        let books = Mutex::new(Books::new(mutant));
        World(Arc::new(Inner { books, truth, clock: Arc::new(SharedClock::new()) }))
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn truth(&self) -> &Arc<MemoryStore> {
        &self.0.truth
    }

    pub(crate) fn clock(&self) -> &Arc<SharedClock> {
        &self.0.clock
    }

    pub(crate) async fn journal(&self, saga: &SagaId) -> Vec<Entry> {
        self.0.truth.load(saga, 0, usize::MAX).await.unwrap_or_default()
    }

    fn has_mutant(&self, mutant: Mutant) -> bool {
        self.books().mutant == Some(mutant)
    }

    fn take_off(&self, key: &str) -> InTheAir {
        self.books().take_off(key);
        InTheAir { world: self.clone(), key: key.to_owned() }
    }
}

/// That a call is on its way; dropped, it has arrived, or never will.
struct InTheAir {
    world: World,
    key: String,
}

impl Drop for InTheAir {
    fn drop(&mut self) {
        self.world.books().touch_down(&self.key);
    }
}

impl Seat {
    pub(crate) fn new(world: World, gate: Arc<Gate>, compensations_max: usize) -> Self {
        Self { world, gate, crowd: Crowd::of_at_most(compensations_max) }
    }

    /// Makes a call with an effect.
    pub(crate) async fn act(&self, cx: &StepContext, call: Call) -> Result<Receipt, Failure> {
        let _among_others =
            (cx.role() == Role::Undo).then(|| self.crowd.joined(&mut self.world.books(), call.step));
        self.check_begun(cx).await;
        let world = &self.world;
        let mut key = cx.key().to_string();
        if world.has_mutant(Mutant::KeyForEachAttempt) {
            key = format!("{key} {}", cx.attempt());
        }
        let air = world.take_off(&key);
        let fate = world.books().fate(cx.saga(), cx.site(), role_number(cx.role()), &call.fates);
        let id = match call.known {
            Known::ByNature => format!("{}/{} {}", cx.saga(), cx.site(), cx.role()),
            Known::NotAtAll => format!("{}/{} {}", cx.saga(), cx.site(), cx.attempt()),
            Known::ByKey | Known::Kept | Known::Reads => key.clone(),
        };
        let (saga, site, role) = (cx.saga().clone(), cx.site().clone(), cx.role());
        let effect = Effect { saga, site, role, step: call.step, id };
        let flight = Flight { effect, key, known: call.known, undoes: call.undoes };
        self.gate.pass().await;
        let result = self.fly(flight, fate, air).await;
        self.gate.pass().await;
        match result {
            Err(failure)
                if role == Role::Undo
                    && failure.class() != saga_runtime::Class::InDoubt
                    && world.has_mutant(Mutant::DropsUndoErrors) =>
            {
                drop(failure);
                Ok(Receipt { id: String::new(), number: 0, ballast: String::new() })
            }
            result => result,
        }
    }

    async fn fly(&self, flight: Flight, fate: Fate, air: InTheAir) -> Result<Receipt, Failure> {
        let said = |what: &str| format!("{} {what}", flight.effect.site);
        let refused = |failure: Failure| match self.world.has_mutant(Mutant::TakesDoubtForFailure) {
            true => Failure::transient(failure.to_string()),
            false => failure,
        };
        if !matches!(fate, Fate::Late(_)) {
            sleep(WAY).await;
        }
        match fate {
            Fate::Well => {}
            Fate::Slow(ms) => sleep(Duration::from_millis(ms)).await,
            Fate::Transient => return Err(Failure::transient(said("is busy"))),
            Fate::Permanent => return self.refuse(&flight),
            Fate::DoubtLost => return Err(Failure::in_doubt(said("gave no clear answer"))),
            Fate::DoubtLanded => {
                let doubt = Failure::in_doubt(said("gave no clear answer"));
                return self.land(flight).and(Err(refused(doubt)));
            }
            Fate::TimeoutLost => return pending().await,
            Fate::TimeoutLanded => {
                drop(self.land(flight));
                drop(air);
                return pending().await;
            }
            Fate::Panic => panic!("sim: a step panics"),
            Fate::PanicLanded => {
                drop(self.land(flight));
                panic!("sim: a step panics after it has landed")
            }
            Fate::Late(ms) => {
                let seat = self.clone();
                // The request is out: the caller's death does not call it back.
                tokio::spawn(async move {
                    sleep(Duration::from_millis(ms)).await;
                    drop(seat.land(flight));
                    drop(air);
                });
                return pending().await;
            }
            Fate::Huge => {
                let receipt = self.land(flight)?;
                return Ok(Receipt { ballast: "x".repeat(PAYLOAD_BYTES_MAX), ..receipt });
            }
        }
        let receipt = self.land(flight)?;
        sleep(WAY).await;
        Ok(receipt)
    }

    /// Refuses a call for good, unless the service answered otherwise before. Every refusal says of itself that it is
    /// conclusive; it is so only of a service that keeps its answers.
    fn refuse(&self, flight: &Flight) -> Result<Receipt, Failure> {
        let refusal = Failure::permanent(format!("{} is refused", flight.effect.site)).conclusive();
        let mut books = self.world.books();
        if flight.known != Known::Kept || books.mutant == Some(Mutant::ForgetsAnswers) {
            return Err(refusal);
        }
        if let Some(at) = books.find(&flight.effect.id) {
            let id = flight.effect.id.clone();
            return Ok(Receipt { id, number: at as u64, ballast: String::new() });
        }
        books.bar(&flight.key);
        Err(refusal)
    }

    fn land(&self, flight: Flight) -> Result<Receipt, Failure> {
        let mut books = self.world.books();
        let id = flight.effect.id.clone();
        let at = books.land(flight.effect, &flight.key, flight.undoes.as_ref())?;
        Ok(Receipt { id, number: at as u64, ballast: String::new() })
    }

    /// Makes a call without an effect.
    pub(crate) async fn look(&self, cx: &StepContext, fates: &[Fate]) -> Result<Receipt, Failure> {
        self.check_not_late(cx).await;
        self.gate.pass().await;
        let fate = self.world.books().fate(cx.saga(), cx.site(), 2, fates);
        self.wait_out(fate).await?;
        let number = self.world.books().effects.len() as u64;
        Ok(Receipt { id: String::new(), number, ballast: String::new() })
    }

    /// Notes it as a wrong if this readonly step begins after the deadline. (Its next attempts are its own.)
    async fn check_not_late(&self, cx: &StepContext) {
        let journal = self.world.journal(cx.saga()).await;
        let Ok(state) = State::of(cx.saga().clone(), &journal) else { return };
        // It may begin before what allows it is durable: a redrive, or the end of an irreversible step.
        let may_know_more = state.dead_lettered_at().is_some()
            || state
                .open_effects()
                .any(|(site, ..)| state.step(site).is_some_and(|step| step.kind == Kind::Irreversible));
        if cx.attempt() == 1 && !may_know_more && state.is_late(self.world.clock().now()) {
            let what = format!("{} {}: it is begun after the deadline", cx.saga(), cx.site());
            self.world.books().wrong(Rule::InTime, what);
        }
    }

    /// Lets a call that changes nothing have its fate.
    async fn wait_out(&self, fate: Fate) -> Result<(), Failure> {
        sleep(WAY).await;
        match fate {
            Fate::Well | Fate::Huge => {}
            Fate::Slow(ms) => sleep(Duration::from_millis(ms)).await,
            Fate::Transient => return Err(Failure::transient("busy")),
            Fate::Permanent => return Err(Failure::permanent("refused")),
            Fate::DoubtLanded | Fate::DoubtLost => return Err(Failure::in_doubt("no clear answer")),
            Fate::TimeoutLanded | Fate::TimeoutLost | Fate::Late(_) => return pending().await,
            Fate::Panic | Fate::PanicLanded => panic!("sim: a readonly step panics"),
        }
        self.gate.pass().await;
        Ok(())
    }

    /// Returns what a probe of a keyed call finds. What it says did not happen never will.
    pub(crate) async fn probe(
        &self,
        cx: &StepContext,
        key: &str,
        fates: &[Fate],
    ) -> Result<Probe<Receipt>, Failure> {
        self.gate.pass().await;
        let fate = self.world.books().fate(cx.saga(), cx.site(), 3, fates);
        self.wait_out(fate).await?;
        let mut books = self.world.books();
        if let Some(at) = books.find(key) {
            let receipt = Receipt { id: key.to_owned(), number: at as u64, ballast: String::new() };
            return Ok(Probe::Happened(receipt));
        }
        if books.mutant == Some(Mutant::ProbeLies) {
            return Ok(Probe::NotHappened);
        }
        if books.is_in_the_air(key) {
            return Ok(Probe::Pending);
        }
        books.bar(key);
        Ok(Probe::NotHappened)
    }

    /// Notes it as a wrong if this attempt is not durable.
    async fn check_begun(&self, cx: &StepContext) {
        let journal = self.world.journal(cx.saga()).await;
        let begins = |entry: &Entry| match &entry.record {
            Record::Intent { site, .. } => (site, Role::Do, 1) == (cx.site(), cx.role(), cx.attempt()),
            Record::UndoIntent { site, .. } => (site, Role::Undo, 1) == (cx.site(), cx.role(), cx.attempt()),
            Record::Started { site, role, attempt } => {
                (site, *role, *attempt) == (cx.site(), cx.role(), cx.attempt())
            }
            _ => false,
        };
        let what = |what: &str| {
            format!("{} {} {}, attempt {}: {what}", cx.saga(), cx.site(), cx.role(), cx.attempt())
        };
        if !journal.iter().any(begins) {
            return self.world.books().wrong(Rule::Intent, what("it begins, and that is not durable"));
        }
        let Ok(state) = State::of(cx.saga().clone(), &journal) else { return };
        let Some(step) = state.step(cx.site()) else { return };
        let Some(effect) = step.effect(cx.role()) else { return };
        // A worker that has lost the saga learns so only when it writes.
        if effect.attempt != cx.attempt() || effect.status != Status::Running {
            return;
        }
        let back = state.is_unwinding(cx.site());
        let mut books = self.world.books();
        if cx.role() == Role::Undo && !back && step.in_doubt.is_none() {
            books.wrong(Rule::OneWay, what("it is undone before the rollback is durable"));
        }
        if step.deferred && !state.is_committing() {
            books.wrong(Rule::Commit, what("it is deferred, and begins before the commit is durable"));
        }
        if cx.role() == Role::Do && back && !step.doing.doubt {
            books.wrong(Rule::OneWay, what("it is begun in a rollback"));
        }
        // A step beside it that fails in the same moment may stop the saga after this attempt was decided on.
        let stopped = state.stop().is_some_and(|cause| !matches!(cause, Cause::StepFailed { .. }));
        if cx.role() == Role::Do && stopped && step.kind == Kind::Irreversible {
            books.wrong(Rule::NoReturn, what("an irreversible step is begun after a stop"));
        }
        if cx.role() == Role::Do && state.is_late(self.world.clock().now()) {
            books.wrong(Rule::InTime, what("it is begun after the deadline"));
        }
        if *cx.key() != state.key(cx.site(), cx.role()) {
            books.wrong(Rule::Once, what("it has another key than the journal says"));
        }
    }
}

fn role_number(role: Role) -> u8 {
    match role {
        Role::Do => 0,
        Role::Undo => 1,
    }
}
