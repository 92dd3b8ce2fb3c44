//! Building a runtime: its settings, and the check that everything is there.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use saga_core::store::{Store, StoreError, WorkerId};
use saga_core::{Codec, KeyNamespace};
use tokio::sync::{Notify, watch};

use super::Runtime;
use crate::author::saga::{Saga, SagaCall};
use crate::author::step::Step;
use crate::drive::bulkhead::{Bulkheads, CompensationsMax};
use crate::drive::committer::{CommitterParts, committer};
use crate::drive::engine::Engine;
use crate::drive::live::{Created, Live};
use crate::drive::port::Ports;
use crate::drive::replies::Replies;
use crate::drive::session::SessionSaga;
use crate::drive::settings::Settings;
use crate::drive::shutdown::Shutdown;
use crate::drive::trouble::Troubles;
use crate::drive::watchers::{LOOK_EVERY, LOOK_EVERY_ALONE, Watchers};
use crate::drive::worker;
use crate::macros::misplaced::Started;
use crate::operate::handle::Handle;
use crate::operate::run_error::RunError;
use crate::operate::running::Running;
use crate::replay::registry::{Registry, SESSION, StartError};
use crate::value::clock::{Clock, Rng, SystemClock, SystemRng};
use crate::value::encoding::Encoding;
use crate::value::interference::Interference;
use crate::value::resources::Resources;
use crate::value::surroundings::Surroundings;

/// How often a store is asked whether its worker has left.
const JOIN_EVERY: Duration = Duration::from_millis(100);

/// Builds a [`Runtime`].
///
/// ```
/// use std::time::Duration;
/// use saga::prelude::*;
///
/// struct Bank {
///     url: String,
/// }
///
/// #[step(irreversible)]
/// async fn charge(bank: &Bank, key: &IdempotencyKey, cents: u32) -> Result<u32, Failure> {
///     println!("POST {} {cents} {key}", bank.url);
///     Ok(cents)
/// }
///
/// #[saga]
/// async fn order(cents: u32) -> Result<u32, Failure> {
///     Ok(charge(cents).await?)
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new())
///     .resource(Bank { url: "https://bank.example".to_owned() })
///     .saga::<order>()
///     .lease(Duration::from_secs(20))
///     .start()
///     .await
///     .unwrap();
/// # assert!(runtime.run("a", order(5)).await.unwrap().outcome().await.unwrap().is_completed());
/// # });
/// ```
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    resources: Resources,
    pub(crate) encoding: Encoding,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) rng: Arc<dyn Rng>,
    settings: Settings,
    key_namespace: Option<String>,
    compensations_max: CompensationsMax,
    pub(crate) look_every: Duration,
    wait_for_worker: Duration,
    /// The ports of sessions.
    ports: Arc<Ports>,
    pub(crate) interference: Option<Arc<dyn Interference>>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl Builder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let look_every = if store.takes_many_workers() { LOOK_EVERY } else { LOOK_EVERY_ALONE };
        Self {
            store,
            registry: Registry::default(),
            resources: Resources::new(),
            encoding: Encoding::default(),
            clock: None,
            rng: Arc::new(SystemRng::new()),
            settings: Settings::default(),
            key_namespace: None,
            compensations_max: CompensationsMax::default(),
            look_every,
            wait_for_worker: Duration::ZERO,
            ports: Arc::default(),
            interference: None,
        }
    }

    /// Adds a resource that steps take by reference, by its type.
    pub fn resource<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        self.resources = self.resources.with(resource);
        self
    }

    /// Adds a shared resource, or one that steps know by a trait: `shared_resource::<dyn Bank>(Arc::new(Sandbox))`.
    pub fn shared_resource<T: ?Sized + Send + Sync + 'static>(mut self, resource: Arc<T>) -> Self {
        self.resources = self.resources.with_shared(resource);
        self
    }

    /// Adds a saga, with the steps at its sites and what they name.
    pub fn saga<S: Saga>(mut self) -> Self {
        self.registry.saga::<S>();
        self
    }

    /// Adds a step that no saga names, with what it names itself. [Sessions](Runtime::session) call it; or sagas of older
    /// versions owe it, as the compensation of a step that they have done.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[saga]
    /// # async fn trip() -> Result<(), Failure> { Ok(()) }
    /// /// What undid a booking before version 3; sagas that began before may still owe it.
    /// #[step(retriable, idempotent)]
    /// async fn cancel_booking(id: u64) -> Result<(), Failure> {
    ///     Ok(())
    /// }
    /// # let store = MemoryStore::new();
    /// let builder = Runtime::builder(store).saga::<trip>().step::<cancel_booking>();
    /// ```
    pub fn step<S: Step>(mut self) -> Self {
        self.registry.step::<S>();
        self.knows_sessions();
        self
    }

    /// Registers sessions, with the steps that are known by now.
    pub(crate) fn knows_sessions(&mut self) {
        let session = SessionSaga::new(self.ports.clone(), self.registry.steps());
        self.registry.set_session(Arc::new(session));
    }

    /// Seals recorded values with this codec from now on; records of another one need [`read_codec`](Self::read_codec).
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.encoding.codecs.set_writer(Arc::new(codec));
        self
    }

    /// Reads records that this codec sealed.
    pub fn read_codec(mut self, codec: impl Codec) -> Self {
        self.encoding.codecs.add_reader(Arc::new(codec));
        self
    }

    /// Warns above `warn` bytes of one recorded value and does not record more than `max`: 256 KiB and 2 MiB by
    /// default.
    pub fn payload_bytes(mut self, warn: usize, max: usize) -> Self {
        (self.encoding.bytes_warn, self.encoding.bytes_max) = (warn, max);
        self
    }

    /// Drives at most so many sagas at a time (10,000 by default); the others wait in the store.
    ///
    /// A saga counts while it is driven, also while its compensation is queued
    /// ([`compensations_max`](Self::compensations_max)). If more sagas than this fail together, those that would go
    /// forward wait in the store until the queue is shorter. That bounds the memory of a worker; where it is not
    /// wanted, set this to more than can fail at once. Sagas that wait for longer than [`linger`](Self::linger), for a
    /// timer, a signal or a person, do not count.
    pub fn running_max(mut self, sagas: usize) -> Self {
        self.settings.running_max = sagas.max(1);
        self
    }

    /// Runs at most so many compensations of one step at a time, over all sagas of this worker
    /// ([`COMPENSATIONS_MAX`](crate::defaults::COMPENSATIONS_MAX) by default), at least one. Sagas that fail together
    /// then do not overload the service that they call to undo their effects. The others are queued in the order of
    /// requests. A queued compensation has no journal record, and its timeout and its retries have not started. Steps
    /// that go forward, and compensations of other steps, do not wait for it. Its saga stays in memory, and counts
    /// towards [`running_max`](Self::running_max): as many rollbacks as that keep other sagas in the store.
    pub fn compensations_max(mut self, at_a_time: usize) -> Self {
        self.compensations_max.of_each = at_a_time;
        self
    }

    /// Sets the same for the compensation `S` alone, because its service takes more than others, or less.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[step(retriable, idempotent)]
    /// # async fn cancel_booking(id: u64) -> Result<(), Failure> { Ok(()) }
    /// # #[saga]
    /// # async fn trip() -> Result<(), Failure> { Ok(()) }
    /// # let store = MemoryStore::new();
    /// let builder = Runtime::builder(store)
    ///     .saga::<trip>()
    ///     .compensations_max(64)
    ///     .compensations_max_of::<cancel_booking>(4);
    /// ```
    pub fn compensations_max_of<S: Step>(mut self, at_a_time: usize) -> Self {
        self.compensations_max.of.insert(S::NAME, at_a_time);
        self
    }

    /// Keeps a saga in memory that waits no longer than this (1 s by default). Others are released, and claimed from
    /// the store again. A saga with a long journal stays after each event for 0.3 ms for each record, at most for this
    /// time.
    pub fn linger(mut self, wait: Duration) -> Self {
        self.settings.linger = wait;
        self
    }

    /// Sets how long the worker's claim on its sagas lasts without a sign of life (30 s by default).
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.max(Duration::from_millis(10));
        self
    }

    /// Sets the number of deaths charged to a saga for which it is dead-lettered as `PoisonPill` (5 by default, at least 3;
    /// with 3 nothing is held back).
    ///
    /// A death is charged when a process dies while it drives the saga; progress takes all of them back. After two, a
    /// saga runs only while no other such saga runs; in a process that lives, up to eight with two or three run
    /// together. A death while no other saga at all ran is charged twice: of five, one that runs entirely alone is
    /// dead-lettered after three.
    pub fn poison_pill_deaths(mut self, deaths: u32) -> Self {
        self.settings.poison_pill_deaths = deaths.max(3);
        self
    }

    /// Sets the time for which a process must live before it runs a saga to which three deaths are charged, if other sagas
    /// run (10 s by default); twice as long for four, and so on, up to 64 times. A loop of kills that is faster than this
    /// convicts no saga. [`Runtime::held_back`] says which saga waits for that. One that has waited for 64 times that
    /// time, because no process lived for so long, runs once, and a death is then not charged to it.
    pub fn quarantine_delay(mut self, delay: Duration) -> Self {
        self.settings.quarantine_delay = delay;
        self
    }

    /// Lets [`start`](Self::start) wait for so long until the worker that holds the store has left; not at all by
    /// default. In a rolling deployment the new process starts before the old one has ended.
    pub fn wait_for_worker(mut self, time: Duration) -> Self {
        self.wait_for_worker = time;
        self
    }

    /// Puts the idempotency keys of this store's sagas into a namespace: `key_namespace("orders-prod")`. Two systems
    /// with the same ids of sagas and one account with a service, such as staging and production, otherwise give it the
    /// same keys, and one is answered what the other did.
    ///
    /// The first start records it in the store, and it never changes from then on. A saga keeps what it began with:
    /// sagas that are in the store by then keep their keys without a namespace. 1 to 64 letters and digits of ASCII and
    /// `-_.:/`.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[saga]
    /// # async fn trip() -> Result<(), Failure> { Ok(()) }
    /// # let store = MemoryStore::new();
    /// let builder = Runtime::builder(store).saga::<trip>().key_namespace("orders-prod");
    /// ```
    pub fn key_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.key_namespace = Some(namespace.into());
        self
    }

    /// Sets the worker's name, for people.
    pub fn worker_name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the source of random numbers.
    pub fn rng(mut self, rng: Arc<dyn Rng>) -> Self {
        self.rng = rng;
        self
    }

    /// Never called: it is [`Runtime::run`], and does not compile before [`start`](Self::start).
    #[doc(hidden)]
    pub fn run<S: Saga, I>(
        &self,
        _id: I,
        _call: SagaCall<S>,
    ) -> std::future::Ready<Result<Handle<S>, RunError>>
    where
        for<'a> Self: Started,
    {
        std::future::ready(Err(RunError::ShuttingDown))
    }

    /// Joins the store; waits for the worker that holds it.
    async fn join(&self, clock: &dyn Clock) -> Result<WorkerId, StoreError> {
        let until = clock.now().after(self.wait_for_worker);
        loop {
            match self.store.join(&self.settings.name, self.settings.lease, clock.now()).await {
                Err(StoreError::Held { holder }) if clock.now() < until => {
                    tracing::debug!(%holder, "waiting for the worker that holds the store");
                    tokio::time::sleep(JOIN_EVERY).await;
                }
                joined => return joined,
            }
        }
    }

    /// Returns the key namespace that was given.
    fn given_key_namespace(&self) -> Result<Option<KeyNamespace>, StartError> {
        Ok(self.key_namespace.as_deref().map(KeyNamespace::new).transpose()?)
    }

    /// Checks that the store's keys are in the namespace that was given, or in none yet. Records nothing.
    pub(crate) async fn check_key_namespace(&self) -> Result<(), StartError> {
        let given = self.given_key_namespace()?;
        same_key_namespace(self.store.key_namespace(None).await?, given).map(drop)
    }

    /// Checks that everything is there, joins the store, and begins to work: unfinished sagas are resumed at once. Must
    /// be called within a tokio runtime with time.
    ///
    /// # Errors
    /// [`StartError`] names the step and the type of a resource that is missing, or says why the store cannot be
    /// joined. A store with keys in another namespace than [`key_namespace`](Self::key_namespace) is refused.
    pub async fn start(self) -> Result<Runtime, StartError> {
        self.begin().await
    }

    /// Starts. As a `dyn Future` it is compiled here, with all that the runtime runs, and not in each program that
    /// starts one.
    fn begin(self) -> BoxFuture<'static, Result<Runtime, StartError>> {
        Box::pin(self.started())
    }

    async fn started(mut self) -> Result<Runtime, StartError> {
        if self.registry.find_saga(SESSION).is_some() {
            // Those of sagas as well.
            self.knows_sessions();
        }
        self.registry.check(&self.resources)?;
        let bulkheads = Bulkheads::new(&self.registry, &self.compensations_max);
        let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
        let given = self.given_key_namespace()?;
        let joined = self.join(&*clock).await?;
        let recorded = self.store.key_namespace(given.as_ref()).await.map_err(StartError::from);
        let key_namespace = match recorded.and_then(|recorded| same_key_namespace(recorded, given)) {
            Ok(key_namespace) => key_namespace,
            Err(refused) => {
                // A worker that does not start holds nothing, and its lease ends by itself.
                self.store.leave(joined).await.ok();
                return Err(refused);
            }
        };
        let worker = Arc::new(AtomicU64::new(joined.0));
        let (trouble, troubled) = watch::channel(None);
        let lease_lost = Arc::new(Notify::new());
        let (draining, drains) = watch::channel(false);
        let (committer, commits) = committer(CommitterParts {
            store: self.store.clone(),
            clock: clock.clone(),
            rng: self.rng.clone(),
            worker: worker.clone(),
            trouble,
            draining: drains,
            lease_lost: lease_lost.clone(),
        });
        let around = Surroundings::new(self.encoding, clock.clone(), self.interference);
        let started = Mutex::new(clock.now());
        let engine = Arc::new(Engine {
            store: self.store,
            registry: self.registry,
            resources: Arc::new(self.resources),
            around,
            clock,
            rng: self.rng,
            committer,
            worker,
            live: Live::default(),
            watchers: Arc::new(Watchers::looking_every(self.look_every)),
            replies: Replies::default(),
            created: Created::default(),
            settings: self.settings,
            shutdown: Shutdown::telling(draining),
            key_namespace,
            bulkheads,
            started,
            never_stopping: Arc::default(),
            ports: self.ports,
            troubles: Troubles::with_commits(troubled),
            lease_lost,
        });
        let tasks = vec![
            tokio::spawn(commits).abort_handle(),
            tokio::spawn(worker::work(engine.clone())).abort_handle(),
        ];
        Ok(Runtime { running: Arc::new(Running { engine, tasks }) })
    }
}

/// Returns the key namespace of the store, unless it has another than was given.
fn same_key_namespace(
    recorded: Option<KeyNamespace>,
    given: Option<KeyNamespace>,
) -> Result<Option<KeyNamespace>, StartError> {
    match recorded {
        Some(recorded) if given.as_ref() != Some(&recorded) => {
            Err(StartError::KeyNamespace { recorded, given })
        }
        recorded => Ok(recorded),
    }
}
