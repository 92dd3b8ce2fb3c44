//! The outside world: services that keep books of what was really done, recognize repeats by key, and fail on demand.
//! It survives every crash. It records every forbidden call as a wrong.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use saga_core::state::Status;
use saga_core::store::Store;
use saga_core::{Role, SagaId, SitePath, State};
use saga_runtime::{AnyHandle, Failure, Probe, StepContext};
use tokio::sync::watch;

use super::faults::{Fault, Script};

/// The outside world; clones share it.
#[derive(Clone, Default)]
pub struct World(Arc<Inner>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World{:?}", self.told())
    }
}

#[derive(Default)]
struct Inner {
    books: Mutex<Books>,
    news: watch::Sender<u64>,
    store: OnceLock<Arc<dyn Store>>,
}

/// One effect that landed: in the books once, however often it was requested.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The saga that made it.
    pub saga: SagaId,
    /// The site of the step.
    pub site: SitePath,
    /// The side of the step.
    pub role: Role,
    /// `"hold flight"`: the step's name and the item.
    pub label: String,
    /// The service's id of the effect.
    pub id: String,
    /// Of a compensation: the index of the effect that it undid; `None` if there was none.
    pub undoes: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) script: Script,
    pub(crate) effects: Vec<Effect>,
    by_id: HashMap<String, usize>,
    undone: HashMap<usize, usize>,
    /// Ids that may not land any more: a probe denied them, or they were undone by key.
    barred: HashSet<String>,
    /// Ids in flight.
    in_the_air: HashSet<String>,
    calls: HashMap<String, u32>,
    keys: HashMap<String, HashSet<String>>,
    opened: HashSet<String>,
    wrongs: Vec<String>,
    pub(crate) faithless: bool,
}

/// How a service recognizes a repeated call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// By its key.
    ByKey,
    /// By its nature: a repeat has no further effect.
    ByNature,
    /// Not at all: every call is another effect.
    NotAtAll,
}

impl World {
    /// Returns a world without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the fates of the next calls of `label`; later calls succeed.
    pub fn script(&self, label: &str, faults: impl IntoIterator<Item = Fault>) -> &Self {
        self.books().script.add(label, faults);
        self
    }

    /// Sets the fate of all later calls of `label`.
    pub fn always(&self, label: &str, fault: Fault) -> &Self {
        self.books().script.set(label, fault);
        self
    }

    /// Makes probes break their promise: effects that they denied may land later.
    pub fn break_probes(&self) -> &Self {
        self.books().faithless = true;
        self
    }

    /// Lets the present and future hanging calls of `label` continue.
    pub fn open(&self, label: &str) {
        self.books().opened.insert(label.to_owned());
        self.tell();
    }

    /// Compares every later call with the journals in this store: none may begin before it is recorded.
    pub fn watch(&self, store: Arc<dyn Store>) {
        self.0.store.set(store).ok();
    }

    /// Waits until `label` has been called `times` times, landed or not.
    pub async fn called(&self, label: &str, times: u32) {
        let mut news = self.0.news.subscribe();
        while self.calls(label) < times {
            news.changed().await.expect("the world stands");
        }
    }

    /// Returns how often `label` was called, landed or not.
    pub fn calls(&self, label: &str) -> u32 {
        self.books().calls.get(label).copied().unwrap_or(0)
    }

    /// Returns the number of keys under which `label` was called.
    pub fn keys(&self, label: &str) -> usize {
        self.books().keys.get(label).map_or(0, HashSet::len)
    }

    /// Returns how often `label` really landed.
    pub fn landed(&self, label: &str) -> usize {
        self.books().effects.iter().filter(|e| e.label == label).count()
    }

    /// Returns the labels of the effects, in the order of landing.
    pub fn told(&self) -> Vec<String> {
        self.books().effects.iter().map(|e| e.label.clone()).collect()
    }

    /// Returns the labels of effects that are not undone.
    pub fn stands(&self) -> Vec<String> {
        let books = self.books();
        let standing = books.standing();
        standing.map(|(_, e)| e.label.clone()).collect()
    }

    /// Checks that nothing is wrong, and that the books say what the saga's journal says.
    ///
    /// # Panics
    /// If they do not.
    pub async fn agrees(&self, handle: &AnyHandle) {
        let wrongs = self.audit(handle).await;
        assert!(wrongs.is_empty(), "the world disagrees:\n  {}", wrongs.join("\n  "));
    }

    /// Returns what [`agrees`](Self::agrees) would report.
    pub async fn audit(&self, handle: &AnyHandle) -> Vec<String> {
        let state = handle.look().await.unwrap();
        let books = self.books();
        let mut wrongs = books.wrongs.clone();
        wrongs.extend(super::audit::differences(&books, &state));
        wrongs
    }

    /// Acts as an operator that reads the world's books: resolves doubt according to them, redrives what failed, and
    /// repeats this until the saga has ended.
    pub async fn mend(&self, handle: &AnyHandle) {
        for _ in 0..20 {
            let mut watch = handle.watch();
            let letter = loop {
                let phase = handle.phase().await.unwrap();
                if phase.is_ended() {
                    return;
                }
                if let Some(letter) = handle.dead_letter().await.unwrap() {
                    break letter;
                }
                watch.next().await.unwrap();
            };
            // An operator never states that something did not happen while it still may.
            self.clear_air().await;
            let state = handle.look().await.unwrap();
            for stop in &letter.seen().blockers {
                let doubt = stop.site.as_ref().and_then(|s| Some((s, state.step(s)?)));
                match doubt.filter(|(_, step)| stop.role == Role::Do && step.doing.doubt) {
                    Some((site, _)) => match self.id_at(handle.id(), site) {
                        Some(id) => handle.resolve_happened(site.clone(), &id, super::ann()).await.unwrap(),
                        None => handle.resolve_not_happened(site.clone(), super::ann()).await.unwrap(),
                    },
                    None => handle.redrive(super::ann()).await.unwrap(),
                }
            }
        }
        panic!("an operator mended 20 times, and the saga is still a dead letter");
    }

    /// Waits until everything in flight has landed.
    pub async fn clear_air(&self) {
        let mut news = self.0.news.subscribe();
        while !self.books().in_the_air.is_empty() {
            news.changed().await.expect("the world stands");
        }
    }

    /// Returns the service's id of the effect of the step at `site`, if it landed.
    fn id_at(&self, saga: &SagaId, site: &SitePath) -> Option<String> {
        let books = self.books();
        let at = |e: &&Effect| e.saga == *saga && e.site == *site && e.role == Role::Do;
        books.effects.iter().find(at).map(|e| e.id.clone())
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.0.news.send_modify(|n| *n += 1);
    }

    /// Calls a service, as a step does. Returns the id of the effect.
    pub(crate) async fn call(&self, cx: &StepContext, label: &str, call: Call) -> Result<String, Failure> {
        self.check_recorded(cx, label).await;
        let (id, fault) = {
            let mut books = self.books();
            let calls = books.calls.entry(label.to_owned()).or_default();
            *calls += 1;
            let id = match call.known {
                Known::ByKey => cx.key().to_string(),
                Known::ByNature => format!("{}/{} {}", cx.saga(), cx.site(), cx.role()),
                Known::NotAtAll => format!("{}/{} {} #{calls}", cx.saga(), cx.site(), cx.role()),
            };
            books.keys.entry(label.to_owned()).or_default().insert(cx.key().to_string());
            (id, books.script.draw(label))
        };
        self.tell();
        let (saga, site, label) = (cx.saga().clone(), cx.site().clone(), label.to_owned());
        let effect = Effect { saga, site, role: cx.role(), label, id, undoes: None };
        self.act(effect, call, fault).await
    }

    /// Reads from a service, which changes nothing.
    pub(crate) async fn look(&self, label: &str) -> Result<String, Failure> {
        let (calls, fault) = {
            let mut books = self.books();
            let calls = books.calls.entry(label.to_owned()).or_default();
            *calls += 1;
            (*calls, books.script.draw(label))
        };
        self.tell();
        match fault {
            Fault::None => Ok(format!("{label} {calls}")),
            Fault::Transient | Fault::DoubtLanded | Fault::DoubtLost => {
                Err(Failure::transient(format!("{label}: busy")))
            }
            Fault::Permanent => Err(Failure::permanent(format!("{label}: refused"))),
            Fault::Panic | Fault::PanicLanded => panic!("{label} panicked"),
            Fault::TimeoutLanded | Fault::TimeoutLost | Fault::LandsLate(_) => std::future::pending().await,
            Fault::Hang => {
                self.opened(label).await;
                Ok(format!("{label} {calls}"))
            }
        }
    }

    async fn opened(&self, label: &str) {
        let mut news = self.0.news.subscribe();
        while !self.books().opened.contains(label) {
            news.changed().await.expect("the world stands");
        }
    }

    async fn act(&self, effect: Effect, call: Call, fault: Fault) -> Result<String, Failure> {
        let said = |what: &str| format!("{} {what}", effect.label);
        match fault {
            Fault::None => self.books().land(effect, &call),
            Fault::Transient => Err(Failure::transient(said("is busy"))),
            Fault::Permanent => Err(Failure::permanent(said("is refused"))),
            Fault::DoubtLost => Err(Failure::in_doubt(said("gave no clear answer"))),
            Fault::DoubtLanded => {
                let doubt = Failure::in_doubt(said("gave no clear answer"));
                self.books().land(effect, &call).and(Err(doubt))
            }
            Fault::TimeoutLost => std::future::pending().await,
            Fault::TimeoutLanded => {
                self.books().land(effect, &call).ok();
                self.tell();
                std::future::pending().await
            }
            Fault::Panic => panic!("{}", said("panicked")),
            Fault::PanicLanded => {
                let message = said("panicked after it had landed");
                self.books().land(effect, &call).ok();
                panic!("{message}")
            }
            Fault::Hang => {
                self.opened(&effect.label).await;
                self.books().land(effect, &call)
            }
            Fault::LandsLate(after) => {
                self.books().in_the_air.insert(effect.id.clone());
                let world = self.clone();
                // The request was sent: the caller's death does not cancel it.
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    let mut books = world.books();
                    books.in_the_air.remove(&effect.id);
                    books.land(effect, &call).ok();
                    drop(books);
                    world.tell();
                });
                std::future::pending().await
            }
        }
    }

    /// Probes a keyed call. An effect that it denies never lands.
    pub(crate) fn probe(&self, key: &str) -> Probe<String> {
        let mut books = self.books();
        if books.by_id.contains_key(key) {
            return Probe::Happened(key.to_owned());
        }
        if books.in_the_air.contains(key) && !books.faithless {
            return Probe::Pending;
        }
        if !books.faithless {
            books.barred.insert(key.to_owned());
        }
        Probe::NotHappened
    }

    /// Records a wrong if this attempt is not durable, or must not be made any more.
    async fn check_recorded(&self, cx: &StepContext, label: &str) {
        let Some(store) = self.0.store.get() else { return };
        let journal = store.load(cx.saga(), 0, usize::MAX).await.unwrap();
        let state = State::of(cx.saga().clone(), &journal).unwrap();
        let wrong =
            |what: &str| self.books().wrongs.push(format!("{label}, attempt {}: {what}", cx.attempt()));
        let Some(step) = state.step(cx.site()) else { return wrong("no intent is durable") };
        match step.effect(cx.role()) {
            Some(e) if e.status == Status::Running && e.attempt == cx.attempt() => {}
            Some(e) => wrong(&format!("durable is attempt {}, {:?}", e.attempt, e.status)),
            None => wrong("no intent of the compensation is durable"),
        }
        let back = state.is_unwinding(cx.site());
        if cx.role() == Role::Undo && !back && step.in_doubt.is_none() {
            wrong("it is undone before the rollback is durable");
        }
        if cx.role() == Role::Do && back && !step.doing.doubt {
            wrong("it is begun in a rollback");
        }
        if cx.role() == Role::Do && state.stop().is_some() && step.kind == saga_core::Kind::Irreversible {
            wrong("an irreversible step is begun after a stop");
        }
        if *cx.key() != state.key(cx.site(), cx.role()) {
            wrong("it has another key than the journal says");
        }
    }
}

/// The effect of a call on the books.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) known: Known,
    pub(crate) undoes: Option<Undoes>,
}

/// What a compensation undoes.
#[derive(Debug, Clone)]
pub(crate) enum Undoes {
    /// The effect of this id, which must exist.
    This(String),
    /// The effect of this key if it exists; if not, it must never land.
    IfThere(String),
}

impl Books {
    /// Returns the effects that are not undone, in the order of landing, without those of compensations.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let all = self.effects.iter().enumerate();
        all.filter(|(at, e)| e.role == Role::Do && !self.undone.contains_key(at))
    }

    /// Returns the index of the compensation of the effect at that index.
    pub(crate) fn undone_at(&self, at: usize) -> Option<usize> {
        self.undone.get(&at).copied()
    }

    fn land(&mut self, mut effect: Effect, call: &Call) -> Result<String, Failure> {
        let id = effect.id.clone();
        if self.by_id.contains_key(&id) {
            return Ok(id);
        }
        if self.barred.contains(&id) {
            return Err(Failure::permanent(format!("{} was called off", effect.label)));
        }
        let at = self.effects.len();
        if let Some(undoes) = &call.undoes {
            let (Undoes::This(of) | Undoes::IfThere(of)) = undoes;
            effect.undoes = self.by_id.get(of).copied();
            match (effect.undoes, undoes) {
                (Some(of), _) => {
                    if let Some(before) = self.undone.insert(of, at) {
                        self.wrongs
                            .push(format!("{} came after {}", effect.label, self.effects[before].label));
                    }
                }
                (None, Undoes::IfThere(_)) => drop(self.barred.insert(of.clone())),
                (None, Undoes::This(_)) => {
                    self.wrongs.push(format!("{} undoes {of}, which never landed", effect.label));
                }
            }
        }
        self.by_id.insert(id.clone(), at);
        self.effects.push(effect);
        Ok(id)
    }
}
