//! A runtime: built from a store, resources and sagas; it runs sagas until it is shut down.

mod builder;

pub use builder::Builder;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use saga_core::record::Terms;
use saga_core::store::{IntoStore, Page, Purge, Query, Status, StoreError};
use saga_core::{Entry, Payload, Record, SagaId, State, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::author::look_error::LookError;
use crate::author::saga::{Saga, SagaCall};
use crate::drive::committer::CommitError;
use crate::drive::driver::{Driver, Origin};
use crate::drive::engine::{Coming, Engine};
use crate::drive::finished::Finished;
use crate::drive::live::Channel;
use crate::drive::mailbox::Mailbox;
use crate::drive::worker;
use crate::operate::handle::{AnyHandle, Handle};
use crate::operate::run_error::RunError;
use crate::operate::running::Running;
use crate::value::encoding::Encoding;

/// A call of a saga with its type erased, so that the code that begins one is compiled once.
pub(crate) struct Call {
    pub(crate) saga: &'static str,
    pub(crate) version: u32,
    pub(crate) deadline: Option<Duration>,
    /// Or why it cannot be recorded.
    pub(crate) input: Result<Payload, String>,
    /// The terms of a session.
    pub(crate) session: Option<Terms>,
    pub(crate) means_same: MeansSame,
}

/// Whether a recorded input means the same as that of a call.
pub(crate) type MeansSame = fn(&Encoding, &Payload, &Payload) -> bool;

/// Runs sagas on a store. Cheap to clone. When the last clone is dropped without [`shutdown`](Runtime::shutdown), all
/// that runs is dropped at once, as if the process had died.
///
/// ```
/// # use saga_runtime::*;
/// # #[derive(serde::Serialize, serde::Deserialize)] pub struct Greet { name: String }
/// # pub enum greet {}
/// # impl Step for greet {
/// #     const NAME: &'static str = "greet";
/// #     type Input = Greet; type Output = String; type Error = Failure;
/// #     type Undo = undo::Readonly; type Effort = effort::Fallible; type Repeat = repeat::Idempotent;
/// #     async fn run(_cx: &StepContext, input: Greet) -> Result<String, Failure> { Ok(input.name) }
/// # }
/// # pub enum welcome {}
/// # impl Saga for welcome {
/// #     const NAME: &'static str = "welcome";
/// #     type Input = String; type Output = String; type Error = Failure; type State = StateView;
/// #     async fn body(cx: SagaContext) -> Exit<String, Failure> {
/// #         let first = Witness::new();
/// #         if cx.registers(&[&first]) { return cx.registered().await; }
/// #         let name: String = cx.input().await;
/// #         match first.at(&cx, 1, &[], StepCall::<greet>::new(Greet { name })).await {
/// #             Ok(greeting) => Exit::Done(greeting),
/// #             Err(failure) => Exit::Failed(failure.into()),
/// #         }
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = Runtime::builder(saga_core::MemoryStore::new()).saga::<welcome>().start().await?;
/// let call = SagaCall::<welcome>::new("Ada".to_owned());
/// let outcome = runtime.run("first", call).await?.outcome().await?;
/// assert_eq!(outcome.completed(), Some("Ada".to_owned()));
/// runtime.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime {
    running: Arc<Running>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("registry", &self.engine().registry).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Begins to build a runtime on `store`, or on a share of one.
    pub fn builder(store: impl IntoStore) -> Builder {
        Builder::new(store.into_store())
    }

    /// Runs a saga under that id, and returns once its start is durable. If a saga of that id was started with the same
    /// input before, returns the handle of that one, running or ended.
    ///
    /// **Cancel safety**: if the future is dropped, the saga may or may not have been started. Call it again.
    ///
    /// # Errors
    /// [`RunError::IdConflict`] if the id belongs to a saga of another type or input. While the store is merely
    /// unavailable, this waits.
    pub async fn run<S: Saga, I>(&self, id: I, call: SagaCall<S>) -> Result<Handle<S>, RunError>
    where
        I: TryInto<SagaId>,
        RunError: From<I::Error>,
    {
        let call = Call {
            saga: S::NAME,
            version: S::VERSION,
            deadline: S::DEADLINE,
            input: self.engine().around.encoding.encode_input(call.input()),
            session: None,
            means_same: Encoding::means_same::<S::Input>,
        };
        self.begin(id.try_into()?, call).await.map(Handle::new)
    }

    /// Begins a saga. As a `dyn Future` it is compiled here, with all that drives a saga, and not in each program that
    /// runs one.
    pub(crate) fn begin(&self, id: SagaId, call: Call) -> BoxFuture<'_, Result<AnyHandle, RunError>> {
        Box::pin(self.begun(id, call))
    }

    async fn begun(&self, id: SagaId, call: Call) -> Result<AnyHandle, RunError> {
        let engine = self.engine();
        let code =
            engine.registry.find_claimed(call.saga).ok_or(RunError::NotRegistered { saga: call.saga })?;
        let input = call.input.map_err(|why| RunError::Unrecordable { why })?;
        if engine.is_draining() {
            return Err(RunError::ShuttingDown);
        }
        let now = self.time_of_creation(&id).await;
        let deadline = call.deadline.map(|d| now.after(d));
        let (saga, version, key_namespace) = (call.saga.into(), call.version, engine.key_namespace.clone());
        let session = call.session;
        let record = Record::Scheduled { saga, version, input, deadline, key_namespace, session };
        let entry = Entry { seq: 0, at: now, record };
        let mut state = State::new(id.clone());
        state.apply(&entry).map_err(|e| RunError::Unrecordable { why: e.to_string() })?;
        let Some(coming) = Coming::unless_draining(engine) else { return Err(RunError::ShuttingDown) };
        if engine.live.len() >= engine.settings.running_max {
            return self.schedule(&id, state, entry, call.means_same).await;
        }
        let mailbox = Arc::new(Mailbox::default());
        let (done, finished) = watch::channel(None);
        let channel = Channel { mailbox: mailbox.clone(), finished };
        if let Err(there) = engine.live.enter(&id, channel.clone()) {
            return self.same(&id, &entry, Some(there), call.means_same).await;
        }
        drop(coming);
        let (created, is_created) = oneshot::channel();
        let driver = Driver::new(
            engine.clone(),
            code.clone(),
            state,
            Origin::New(Box::new(entry.clone()), created),
            mailbox,
        );
        let task = {
            let (engine, id) = (engine.clone(), id.clone());
            async move {
                let finished = worker::driven(driver.drive()).await;
                worker::finish(&engine, &id, finished, &done);
            }
        };
        engine.live.set_abort(&id, tokio::spawn(task).abort_handle());
        if is_created.await.is_ok() {
            return Ok(AnyHandle::new(self.running.clone(), id, Some(channel)));
        }
        let finished = channel.finished.borrow().clone();
        match finished.as_deref() {
            Some(Finished::Lost(why)) => Err(why.clone().into()),
            _ => self.same(&id, &entry, None, call.means_same).await,
        }
    }

    /// Returns the current time, or the next one at which this worker has not tried to create that saga.
    async fn time_of_creation(&self, id: &SagaId) -> Timestamp {
        loop {
            let now = self.engine().clock.now();
            if self.engine().created.is_first(id, now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Records that the saga is to be run, because there is no room to run it now.
    async fn schedule(
        &self,
        id: &SagaId,
        state: State,
        entry: Entry,
        means_same: MeansSame,
    ) -> Result<AnyHandle, RunError> {
        let status = Status::of(&state, Some(self.engine().clock.now()), 0);
        let append = saga_core::store::Append {
            saga: id.clone(),
            epoch: None,
            entries: vec![entry.clone()],
            next: None,
            status: Some(status),
            taken: Vec::new(),
            release: true,
        };
        match self.engine().committer.commit(append, &Arc::default()).await {
            Ok(_) => Ok(AnyHandle::new(self.running.clone(), id.clone(), None)),
            Err(_) if self.engine().is_draining() => Err(RunError::ShuttingDown),
            Err(CommitError::Refused(_)) => self.same(id, &entry, None, means_same).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the handle of the saga that has the id already, if it was started by the same call.
    async fn same(
        &self,
        id: &SagaId,
        wanted: &Entry,
        channel: Option<Channel>,
        means_same: MeansSame,
    ) -> Result<AnyHandle, RunError> {
        let there = loop {
            if let Some(first) = self.engine().store.load(id, 0, 1).await?.into_iter().next() {
                break first;
            }
            // It is just being created, by another task of ours: until that is over, one way or the other.
            let mut watcher = self.engine().watchers.watch(id);
            let created = channel.as_ref().map(|c| (c.finished.borrow().is_none(), c.finished.has_changed()));
            match created {
                Some((true, Ok(_))) => watcher.news().await,
                _ if self.engine().store.summary(id).await?.is_some() => {}
                _ => {
                    let detail = format!("saga {id} was not started: the worker lost its lease; call again");
                    return Err(RunError::Store(StoreError::unavailable(detail)));
                }
            }
        };
        match (&there.record, &wanted.record) {
            (Record::Scheduled { saga: a, input: x, .. }, Record::Scheduled { saga: b, input: y, .. })
                if a == b && means_same(&self.engine().around.encoding, x, y) =>
            {
                Ok(AnyHandle::new(self.running.clone(), id.clone(), channel))
            }
            (Record::Scheduled { saga, input, .. }, _) => {
                Err(RunError::IdConflict { id: id.clone(), saga: saga.to_string(), input: input.shown() })
            }
            _ => {
                let detail = format!("the journal of saga {id} does not begin with `scheduled`");
                Err(RunError::Store(StoreError::corrupt(detail)))
            }
        }
    }

    /// Returns the handle of a saga of any type; `None` if there is none of that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, id: &SagaId) -> Result<Option<AnyHandle>, StoreError> {
        let channel = self.engine().live.get(id);
        if channel.is_none() && self.engine().store.summary(id).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(AnyHandle::new(self.running.clone(), id.clone(), channel)))
    }

    /// Returns the handle of a saga of the type `S`, with its outcome and state in their own types; `None` if there is no
    /// saga of that id.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[saga]
    /// # async fn order(cents: u32) -> Result<u32, Failure> { Ok(cents) }
    /// # saga::test::in_virtual_time(async {
    /// # let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
    /// # runtime.run("order-1", order(300)).await.unwrap();
    /// let id = SagaId::new("order-1").unwrap();
    /// let handle = runtime.find_as::<order>(&id).await.unwrap().expect("it was begun");
    /// assert_eq!(handle.outcome().await.unwrap().completed(), Some(300));
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`LookError::OtherType`] if the saga of that id is of another type.
    pub async fn find_as<S: Saga>(&self, id: &SagaId) -> Result<Option<Handle<S>>, LookError> {
        let Some(summary) = self.engine().store.summary(id).await? else { return Ok(None) };
        if *summary.status.saga != *S::NAME {
            let (saga, name) = (id.clone(), summary.status.saga);
            return Err(LookError::OtherType { saga, name, wanted: S::NAME });
        }
        let channel = self.engine().live.get(id);
        Ok(Some(Handle::new(AnyHandle::new(self.running.clone(), id.clone(), channel))))
    }

    /// Returns a page of sagas, oldest first.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[saga]
    /// # async fn nothing() -> Result<(), Failure> { Ok(()) }
    /// # saga::test::in_virtual_time(async {
    /// # let runtime = Runtime::builder(MemoryStore::new()).saga::<nothing>().start().await.unwrap();
    /// use saga::{Phase, store::Query};
    /// let dead_letters = Query { phases: vec![Phase::DeadLettered], ..Query::default() };
    /// assert!(runtime.sagas(&dead_letters).await.unwrap().sagas.is_empty());
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sagas(&self, query: &Query) -> Result<Page, StoreError> {
        self.engine().store.query(query).await
    }

    /// Deletes the journals of sagas that ended before a time, and returns their number. Spares dead letters, and sagas
    /// that could still be undone unless [`Purge`] says otherwise. The id of a deleted saga may be used again, and then
    /// repeats its idempotency keys.
    ///
    /// ```
    /// # use saga::prelude::*;
    /// # #[saga]
    /// # async fn nothing() -> Result<(), Failure> { Ok(()) }
    /// # saga::test::in_virtual_time(async {
    /// # let runtime = Runtime::builder(MemoryStore::new()).saga::<nothing>().start().await.unwrap();
    /// use saga::store::Purge;
    /// let month_ago = Timestamp(runtime.now().0 - 30 * 86_400_000);
    /// assert_eq!(runtime.purge(month_ago).await.unwrap(), 0);
    /// let all = Purge { ended_before: month_ago, undoable_too: true };
    /// assert_eq!(runtime.purge(all).await.unwrap(), 0);
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn purge(&self, which: impl Into<Purge>) -> Result<u64, StoreError> {
        self.engine().store.purge(which.into(), self.engine().clock.now()).await
    }

    /// Returns what is wrong with the store, in one line; `None` while all is well. That is its error while it fails
    /// and the sagas wait for it. It is also what a working store reports about itself
    /// ([`Store::trouble`](saga_core::store::Store::trouble)): damaged sagas, by name, a log that cannot be emptied, a
    /// file that is gone.
    pub fn store_trouble(&self) -> Option<String> {
        self.engine().troubles.told(&*self.engine().store)
    }

    /// Returns what waits for a codec with a [transient](saga_core::CodecError::transient) error, in one line; `None`
    /// while all is well.
    pub fn codec_trouble(&self) -> Option<String> {
        self.engine().around.outages.told()
    }

    /// Returns which saga waits although it is due, because its last processes died, and until when: the one that has
    /// waited longest. `None` if there is none. See [`Builder::quarantine_delay`].
    pub fn held_back(&self) -> Option<String> {
        self.engine().troubles.held_back()
    }

    /// Returns the time by the runtime's clock.
    pub fn now(&self) -> Timestamp {
        self.engine().clock.now()
    }

    /// Returns how many sagas this worker drives at the moment, without those that are released.
    pub fn running(&self) -> usize {
        self.engine().live.len()
    }

    /// The time that [`shutdown_within`](Self::shutdown_within) takes at most beyond its own, to release what it has
    /// dropped.
    pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

    /// Shuts down in good order: nothing new begins, attempts in flight have the time that is left of their timeout,
    /// their outcomes are recorded, and every saga is released for the next worker.
    ///
    /// That takes up to the longest timeout of a step, 60 s by default. Where the platform kills sooner, call
    /// [`shutdown_within`](Self::shutdown_within).
    pub async fn shutdown(&self) {
        self.engine().drain();
        worker::all_released(self.engine()).await;
        self.leave().await;
    }

    /// Shuts down as [`shutdown`](Self::shutdown), but gives attempts in flight only `time`: then they are dropped, and
    /// their sagas released.
    ///
    /// Returns how many sagas had an attempt in flight then. Those attempts are in doubt, and the next worker settles
    /// them as after a crash: by the probe, by another attempt under the same key, or by a person. The release does not
    /// count as a death of the saga.
    ///
    /// It takes at most [`SHUTDOWN_GRACE`](Self::SHUTDOWN_GRACE) longer than `time`, also while the store does not answer.
    /// Sagas that could not be released by then are logged and counted in; the next worker resumes them when the lease is over, and each counts
    /// a death. A step that blocks its thread cannot be dropped. Work that a step has handed to `spawn_blocking` or to a
    /// task of its own goes on.
    pub async fn shutdown_within(&self, time: Duration) -> usize {
        self.engine().drain();
        let mut released = std::pin::pin!(worker::all_released(self.engine()));
        let in_time = tokio::time::timeout(time, &mut released).await.is_ok();
        if !in_time {
            self.engine().interrupt();
        }
        let leaves = async {
            if !in_time {
                released.await;
            }
            self.leave().await;
        };
        match tokio::time::timeout(Self::SHUTDOWN_GRACE, leaves).await {
            Ok(()) => self.engine().shutdown.has_interrupted([]),
            Err(_) => self.give_up(),
        }
    }

    /// Drops what could not be released because the store does not answer; returns how many sagas that are, and those
    /// that were released with an attempt in flight.
    fn give_up(&self) -> usize {
        let left = self.engine().live.sagas();
        tracing::warn!(sagas = ?left, "the store did not answer in time: these are left to the next worker as they are");
        self.running.end();
        self.engine().shutdown.has_interrupted(left)
    }

    async fn leave(&self) {
        if let Err(error) = self.engine().store.leave(self.engine().worker()).await {
            tracing::warn!(%error, "the store could not be left in good order");
        }
    }

    /// Drops everything that runs at once, as a crash would. Waits in this process end with `ShutDown`.
    #[cfg(feature = "test")]
    pub(crate) fn kill(&self) {
        self.running.end();
        self.engine().drain();
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.running.engine
    }
}
