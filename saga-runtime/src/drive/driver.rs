//! Drives one saga, from the moment a worker holds it until it ends, is released or is lost. Takes events to the
//! machine, makes its records durable, and only then does what they imply.

mod claim;
mod deliver;
mod flight;
mod idle;
mod meanwhile;
mod news;
mod outage;
mod outbox;
mod stay;

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use foldhash::fast::RandomState;
use saga_core::machine::{BodyEnd, Event, Facts, Reach, Refusal, Room};
use saga_core::store::{Append, AppendError, DeliveryId, Waiting};
use saga_core::{Blocker, Entry, Epoch, Name, Phase, Record, SitePath, State, Timestamp};
use tokio::sync::oneshot;

use crate::drive::ack_slot::AckSlot;
use crate::drive::committer::{Ack, CommitError};
use crate::drive::engine::Engine;
use crate::drive::finished::Finished;
use crate::drive::jobs::Job;
use crate::drive::mailbox::Mailbox;
use crate::drive::suspicion::Suspicion;
use crate::replay::board::{Board, SharedBoard, lock};
use crate::replay::erased::AnySaga;
use crate::value::panics::{Quiet, message_of};
use crate::value::stopping::Stopping;
use claim::Claim;
use flight::Flight;
use idle::Idle;
use news::News;
use outage::Outage;
use outbox::Outbox;
use stay::Stay;

/// What is said of a saga that the store lists as dead-lettered while its journal can be read, and goes on.
pub(crate) const LISTED: &str =
    "a build that could not read the journal listed it as dead-lettered; redrive it";

/// A saga that is driven.
pub(crate) struct Driver {
    engine: Arc<Engine>,
    saga: Arc<dyn AnySaga>,
    board: SharedBoard,
    body: Option<Quiet<Pin<Box<dyn Future<Output = BodyEnd> + Send>>>>,
    /// Whether the body has yet to run over the journal.
    replays: bool,
    claim: Claim,
    outbox: Outbox,
    flight: Flight,
    scratch: Scratch,
    mailbox: Arc<Mailbox>,
    seen: HashSet<DeliveryId, RandomState>,
    stopping: Arc<Stopping>,
    stops: bool,
    ack: Arc<AckSlot<Ack>>,
    /// The due time that has just been waited for.
    passed: Timestamp,
    /// Set while a codec keeps the body from running.
    outage: Option<Outage>,
    news: News,
    stay: Stay,
    /// The time of this turn: read once, when something has happened.
    now: Timestamp,
}

/// Empty, and kept for their room: what a step needs for a moment is not allocated for each.
#[derive(Default)]
struct Scratch {
    reached: Vec<Reach>,
    jobs: Vec<Job>,
}

/// The way in which a driver gets its saga.
pub(crate) enum Origin {
    /// The saga is new: its first record, and the sender that reports to the caller when it is durable.
    New(Box<Entry>, oneshot::Sender<()>),
    /// It was claimed.
    Claimed {
        /// Under this number.
        epoch: Epoch,
        /// The deaths that are charged to it, and what follows from them.
        suspicion: Suspicion,
        /// The phase that the store lists.
        phase: Phase,
        /// What waited for it: all that had been delivered at that time.
        deliveries: (Timestamp, Vec<Waiting>),
    },
}

impl Driver {
    pub(crate) fn new(
        engine: Arc<Engine>,
        saga: Arc<dyn AnySaga>,
        state: State,
        origin: Origin,
        mailbox: Arc<Mailbox>,
    ) -> Box<Self> {
        let (progress, now) = (state.progress(), engine.clock.now());
        let board = Board::new(state, engine.around.clone(), engine.rng.clone());
        let mut driver = Box::new(Driver {
            engine,
            saga,
            board: Arc::new(std::sync::Mutex::new(board)),
            body: None,
            replays: false,
            claim: Claim::new(progress, now),
            outbox: Outbox::default(),
            flight: Flight::default(),
            scratch: Scratch::default(),
            mailbox,
            seen: HashSet::default(),
            stopping: Arc::default(),
            stops: false,
            ack: Arc::default(),
            passed: Timestamp::default(),
            outage: None,
            news: News::default(),
            stay: Stay::default(),
            now,
        });
        match origin {
            Origin::New(entry, created) => {
                driver.outbox.entries.push(*entry);
                driver.outbox.created = Some(created);
            }
            Origin::Claimed { epoch, suspicion, phase, deliveries } => {
                driver.mailbox.driven_under(epoch);
                driver.claim.granted(epoch, suspicion, phase);
                driver.catch_up(suspicion.is_poison, deliveries);
            }
        }
        driver
    }

    /// Drives the saga until it is released, ends, or is lost.
    pub(crate) async fn drive(mut self: Box<Self>) -> Finished {
        loop {
            self.run_body();
            self.look_at_signals();
            self.idle();
            self.saga.look(&mut lock(&self.board));
            let rest = self.rest();
            if let Err(finished) = self.make_durable(&rest).await {
                return finished;
            }
            self.saga.is_durable(lock(&self.board).state.id());
            // Whatever ended meanwhile: nothing more may be written.
            if rest.release {
                return self.leave();
            }
            let Idle { mut jobs, wake, .. } = rest;
            let has_news = self.call_off(&mut jobs);
            jobs.drain(..).for_each(|job| self.begin(job));
            self.scratch.jobs = jobs;
            if has_news {
                continue;
            }
            if let Err(finished) = self.next(wake).await {
                return finished;
            }
        }
    }

    /// Drops what is in flight: the next worker finds it in doubt.
    fn interrupt(&mut self) {
        let in_flight = self.flight.has_attempts();
        if in_flight && !std::mem::replace(&mut self.claim.is_interrupted, true) {
            let saga = lock(&self.board).state.id().clone();
            self.engine.shutdown.has_interrupted([saga]);
        }
        self.flight.drop_all();
    }

    fn leave(&self) -> Finished {
        let mut board = lock(&self.board);
        let id = board.state.id().clone();
        let state = std::mem::replace(&mut board.state, State::new(id));
        let phase = state.phase();
        if phase == Phase::DeadLettered {
            // One that was dead-lettered before, and has refused an act, is not reported again.
            let is_news = state.dead_lettered_at().is_some_and(|at| at >= self.claim.since);
            for Blocker { site, role, reason, detail, .. } in state.blockers().filter(|_| is_news) {
                let site = site.as_ref().map_or("the body", SitePath::as_str);
                tracing::warn!(saga = %state.id(), site, %role, %reason, detail, "dead-lettered");
            }
            return Finished::Settled(Arc::new(state));
        }
        if phase.is_ended() {
            tracing::info!(saga = %state.id(), %phase, "ended");
            return Finished::Settled(Arc::new(state));
        }
        tracing::debug!(saga = %state.id(), %phase, "released");
        Finished::Released
    }

    /// Takes an event to the machine.
    fn take(&mut self, event: Event) {
        // Only a delivery can be refused, and those go another way.
        if let Err(refusal) = self.decide(event, self.now) {
            tracing::debug!(%refusal, "refused");
        }
    }

    fn decide(&mut self, event: Event, now: Timestamp) -> Result<(), Refusal> {
        let mut waiting = VecDeque::from(self.decide_one(event, now)?);
        while let Some((site, step)) = waiting.pop_front().filter(|_| !self.engine.is_draining()) {
            if self.flight.slots.request(&self.engine.bulkheads, &site, &step) {
                waiting.extend(self.decide_one(Event::Admitted { site }, now)?);
            }
        }
        self.flight.queue();
        Ok(())
    }

    /// Takes one event to the machine. Returns the compensations that wait for room because of it.
    fn decide_one(&mut self, event: Event, now: Timestamp) -> Result<Vec<(SitePath, Name)>, Refusal> {
        let random = self.engine.rng.draw();
        let facts = Facts { now, catalog: &self.engine.registry, room: Room::Limited, random };
        let mut board = lock(&self.board);
        let before = self.outbox.entries.len();
        crate::drive::observed::advance(&mut board.state, event, &facts, &mut self.outbox.entries)?;
        board.wake(&self.outbox.entries[before..]);
        self.news.take_in(&self.outbox.entries[before..]);
        let stops = board.state.stop().is_some() || board.state.is_rolling_back();
        if std::mem::replace(&mut self.stops, stops) != stops {
            self.stopping.ask(stops);
            // A stop that came to nothing has cut reads short: the body runs again, and asks for them again.
            self.body = self.body.take().filter(|_| stops);
        }
        for entry in &self.outbox.entries[before..] {
            if let Record::RollbackStarted { cause } = &entry.record {
                tracing::info!(saga = %board.state.id(), %cause, "rolls back");
            }
        }
        Ok(board.state.take_waiting_for_room())
    }

    /// Runs the body as far as it comes, over and over until it waits for something that has not happened.
    fn run_body(&mut self) {
        while !self.engine.is_draining() && !self.waits_for_a_codec() {
            let runs = {
                let mut board = lock(&self.board);
                let runs = board.state.body_may_run();
                if !runs && !matches!(board.state.direction(), saga_core::state::Direction::Forward) {
                    self.body = None;
                }
                if runs && self.body.is_none() {
                    board.restart();
                    self.replays = self.saga.replays() && board.state.next_seq() > 1;
                    // Only of a journal that was there before: what goes on in it is held against it move by move.
                    let departs = if self.replays { board.departs(self.saga.graph()) } else { None };
                    let input = board.state.head().map(|h| h.input.clone());
                    drop(board);
                    if let Some(end) = departs {
                        return self.take(Event::BodyEnded(end));
                    }
                    let input = input.unwrap_or_else(saga_core::Payload::null);
                    self.body = Some(Quiet::new(self.saga.body(self.board.clone(), input)));
                }
                runs
            };
            if !runs || !self.poll_body() {
                return;
            }
        }
    }

    /// Polls the body once; whether another poll may bring more.
    fn poll_body(&mut self) -> bool {
        let Some(body) = &mut self.body else { return false };
        let outages = self.engine.around.encoding.codecs.outages();
        let mut cx = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| body.get().as_mut().poll(&mut cx)));
        if self.meets_an_outage(outages) {
            return false;
        }
        let mut board = lock(&self.board);
        let mut end = board.end.take();
        match polled {
            Ok(Poll::Ready(ended)) => end = end.or(Some(ended)),
            Ok(Poll::Pending) => {}
            Err(panic) => end = Some(board.panicked(message_of(panic))),
        }
        let replays = std::mem::take(&mut self.replays);
        let passed_by = if replays { board.passed_by(end.as_ref()) } else { None };
        let mut reached = std::mem::replace(&mut board.reached, std::mem::take(&mut self.scratch.reached));
        let refused = std::mem::take(&mut board.refused);
        drop(board);
        if passed_by.is_some() {
            end = passed_by;
        } else {
            let again = reached.iter().any(|r| matches!(r, Reach::Wait { .. } | Reach::ChildEnded { .. }));
            for reach in reached.drain(..) {
                match reach {
                    Reach::Read { site, step, input } if self.may_read() => {
                        self.begin(Job::Read { site, step, input });
                    }
                    reach => self.take(Event::Reached(reach)),
                }
            }
            self.scratch.reached = reached;
            let refuses = !refused.is_empty();
            end = refused.into_iter().fold(end, |end, (site, why)| end.or(self.refuse_signal(site, why)));
            if end.is_none() {
                return again || refuses;
            }
        }
        if let Some(end) = end {
            self.body = None;
            self.take(Event::BodyEnded(end));
        }
        false
    }

    /// Returns true if the body waits for a codec, and does not run yet.
    fn waits_for_a_codec(&self) -> bool {
        self.outage.as_ref().is_some_and(|outage| outage.until > self.now.max(self.passed))
    }

    /// Returns true if a codec had a transient error since there were `outages` of them: the body has run in vain. An error
    /// that another saga met in that moment counts as well, which costs one more run.
    fn meets_an_outage(&mut self, outages: u64) -> bool {
        let around = &self.engine.around;
        let Some(why) = around.encoding.codecs.outage_since(outages) else {
            self.outage = None;
            return false;
        };
        self.body = None;
        let mut board = lock(&self.board);
        board.restart();
        let (now, random) = (self.now.max(self.passed), self.engine.rng.draw());
        let begin = || around.outages.begin(board.state.id(), &why);
        self.outage = Some(Outage::after(self.outage.take(), (now, random), begin));
        true
    }

    /// Commits what has to be durable now, and answers the callers that wait for it.
    async fn make_durable(&mut self, rest: &Idle) -> Result<(), Finished> {
        let waits = self.news.is_lazy() && self.outbox.taken.is_empty() && self.claim.epoch.is_some();
        let (saga, deaths) = (lock(&self.board).state.id().clone(), self.claim.suspicion.deaths);
        if waits && !rest.release && self.claim.deaths_to_list(&self.engine) == self.claim.listed {
            return Ok(());
        }
        let append = self.append(rest);
        let commit = self.engine.committer.commit(append, &self.ack);
        match self.flight.beside(commit).await {
            Ok(epoch) => {
                if self.claim.epoch.replace(epoch).is_none() {
                    self.mailbox.driven_under(epoch);
                }
            }
            Err(CommitError::Refused(AppendError::Exists { .. })) => return Err(Finished::Exists),
            Err(error) => return Err(Finished::Lost(error)),
        }
        self.outbox.is_durable(&self.engine.replies);
        if deaths > 0 && self.claim.suspicion.deaths == 0 {
            self.engine.live.acquit(&saga);
        }
        self.engine.watchers.tell(&saga);
        Ok(())
    }

    /// Takes out all that is to be durable.
    fn append(&mut self, rest: &Idle) -> Append {
        let state = &lock(&self.board).state;
        let status = self.claim.status(state, rest, &self.engine);
        Append {
            saga: state.id().clone(),
            epoch: self.claim.epoch,
            next: Some(state.next_seq()),
            entries: self.news.committed(&mut self.outbox.entries),
            status,
            taken: std::mem::take(&mut self.outbox.taken),
            release: rest.release,
        }
    }

    fn begin(&mut self, job: Job) {
        if self.flight.runs(&job) || self.engine.is_draining() {
            return;
        }
        let stopping = self.stopping.clone();
        let begun = crate::drive::jobs::begin(&self.engine, &lock(&self.board).state, &job, stopping);
        self.flight.begin(job, begun);
    }
}
