//! A worker: claims sagas, hands each to a driver, passes deliveries on, and keeps its lease. It works from the start
//! to the end of the process, so that a dead worker's sagas are recovered whenever it dies.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use saga_core::store::{
    Append, Claim, Claims, DeliveryId, QUARANTINE_DEATHS, Status, StoreError, Suspects, Wanted,
};
use saga_core::{Epoch, Phase, Reason, SagaId, Seq, State, Timestamp};
use tokio::sync::watch;

use crate::drive::committer::{CommitError, DRAIN_TRIES, pause};
use crate::drive::driver::{Driver, Origin};
use crate::drive::engine::{Coming, Engine, patiently};
use crate::drive::finished::Finished;
use crate::drive::live::Channel;
use crate::drive::mailbox::Mailbox;
use crate::value::journal::journal;
use crate::value::panics::message_of;
use crate::value::text::text_of;

mod close;
mod suspect;

use close::{claim_to_close, close};
use suspect::{judge, runs_together};

/// So many sagas are claimed at first, so that those go on soon; twice as many each time after, while there are more.
const CLAIM_MIN: usize = 32;
/// No more are claimed at a time.
const CLAIM_MAX: usize = 1024;

/// Works until the runtime shuts down.
pub(crate) async fn work(engine: Arc<Engine>) {
    let mut renewals = tokio::time::interval(engine.settings.lease / 3);
    renewals.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut failures, mut claim_max) = (0, CLAIM_MIN);
    while !engine.is_draining() {
        let found = look(&engine, claim_max).await;
        let next_wake = match found {
            Ok(found) => {
                failures = 0;
                engine.troubles.set_look(None);
                let there_are_more = found.claimed == claim_max;
                claim_max = if there_are_more { CLAIM_MAX.min(2 * claim_max) } else { CLAIM_MIN };
                found.next_wake
            }
            Err(StoreError::LeaseLost) => {
                rejoin(&engine).await;
                continue;
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "the store failed; looking for work again soon");
                engine.troubles.set_look(Some(error.to_string()));
                Some(engine.clock.now().after(pause(failures, engine.rng.draw())))
            }
        };
        engine.troubles.ask(&*engine.store);
        wait(&engine, next_wake, &mut renewals).await;
    }
    // What still runs has its time, which may be longer than the lease.
    loop {
        renewals.tick().await;
        if engine.live.len() == 0 {
            return;
        }
        renew(&engine).await;
    }
}

/// Drives a saga until its driver ends. Panics in users' code are caught further in: a panic here is a bug in the
/// driver. The saga counts as lost, and is claimed again.
pub(crate) async fn driven(drive: impl Future<Output = Finished>) -> Finished {
    match AssertUnwindSafe(drive).catch_unwind().await {
        Ok(finished) => finished,
        Err(panic) => {
            let why = format!("its driver panicked: {}", message_of(panic));
            tracing::error!(why, "a bug: please report it");
            Finished::Lost(CommitError::Lost(why))
        }
    }
}

/// What a look for work came to.
#[derive(Default)]
struct Found {
    claimed: usize,
    /// When the next saga comes due.
    next_wake: Option<Timestamp>,
}

/// Claims what may be claimed, if not too much at once, and passes on what waits in the inbox.
async fn look(engine: &Arc<Engine>, claim_max: usize) -> Result<Found, StoreError> {
    let Some(_coming) = Coming::unless_draining(engine) else { return Ok(Found::default()) };
    take_up_held(engine).await?;
    while let Some(saga) = engine.live.take_closing() {
        let closed = claim_to_close(engine, &saga).await;
        closed.inspect_err(|_| engine.live.close_later(&saga))?;
    }
    let free = engine.settings.running_max.saturating_sub(engine.live.len());
    let mut found = Found::default();
    if free > 0 {
        let wanted = Wanted {
            sagas: engine.registry.saga_names(),
            limit: free.min(claim_max),
            suspects: suspect::wanted(engine),
            unreadable: engine.troubles.unreadable(),
            only: None,
        };
        let mut claims = claim(engine, &wanted).await?;
        if suspect::may_run(engine, &claims).await? {
            claims = claim(engine, &Wanted { suspects: Suspects::ONE, ..wanted }).await?;
        }
        let held_back = claims.left_out.and_then(|out| Some((suspect::held_back_until(engine, &out)?, out)));
        let next_wake = claims.next_wake.into_iter().chain(held_back.as_ref().map(|(at, _)| *at)).min();
        engine.troubles.set_held_back(held_back);
        found = Found { claimed: claims.claimed.len(), next_wake };
        for claim in claims.claimed {
            take_up(engine, claim);
        }
    }
    for waiting in engine.store.inbox(engine.worker()).await? {
        if let Some(channel) = engine.live.get(&waiting.saga) {
            // Its driver may have just ended: then the store keeps the delivery, and makes the saga claimable.
            channel.mailbox.put(waiting);
        }
    }
    Ok(found)
}

async fn claim(engine: &Engine, wanted: &Wanted) -> Result<Claims, StoreError> {
    let claims = engine.store.claim(engine.worker(), wanted, engine.clock.now()).await;
    // What it has claimed is not known.
    claims.inspect_err(|_| engine.live.doubt())
}

/// Drives the sagas that this worker holds and does not drive, if there may be any: the answer to a claim was lost, or
/// the driver was.
async fn take_up_held(engine: &Arc<Engine>) -> Result<(), StoreError> {
    if !engine.live.take_doubt() {
        return Ok(());
    }
    let held = engine.store.held(engine.worker()).await.inspect_err(|_| engine.live.doubt())?;
    for claim in held {
        match engine.live.get(&claim.saga) {
            None => take_up(engine, claim),
            Some(there) if there.mailbox.epoch() == Some(claim.epoch) => {}
            Some(there) => look_again_after(engine, there, claim.epoch),
        }
    }
    Ok(())
}

/// Returns once everything that this worker holds is released: what it drives, what is on its way to a driver, and
/// claims whose answer was lost. Gives up after [`DRAIN_TRIES`] failures of the store.
pub(crate) async fn all_released(engine: &Arc<Engine>) {
    let mut failures = 0;
    loop {
        while !engine.is_quiet() {
            tokio::select! {
                biased;
                () = engine.live.freed.notified() => {}
                () = engine.live.arrived.notified() => {}
                () = tokio::time::sleep(DRAIN_LOOK) => {}
            }
        }
        match take_up_held(engine).await {
            Ok(()) if engine.is_quiet() => return,
            // A driver that cannot release its saga is lost again.
            Ok(()) => failures += 1,
            Err(StoreError::LeaseLost) => return,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "what the worker still holds is not known");
                tokio::time::sleep(pause(1, engine.rng.draw())).await;
            }
        }
        if failures > DRAIN_TRIES {
            return;
        }
    }
}

/// Asks again for what is held when the driver of a saga has ended. The saga is held under `epoch`, but driven under an
/// earlier claim, which is about to end. A new saga may not know its claim yet; most often it is this one.
fn look_again_after(engine: &Arc<Engine>, there: Channel, epoch: Epoch) {
    let (engine, Channel { mailbox, mut finished }) = (engine.clone(), there);
    let coming = Coming::new(&engine);
    tokio::spawn(async move {
        let _coming = coming;
        while mailbox.epoch().is_none() && finished.borrow().is_none() && finished.has_changed().is_ok() {
            tokio::time::sleep(NEW_LOOK).await;
        }
        if mailbox.epoch() == Some(epoch) {
            return;
        }
        drop(finished.wait_for(Option::is_some).await);
        engine.live.doubt();
        engine.live.look.notify_one();
    });
}

async fn wait(engine: &Arc<Engine>, next_wake: Option<Timestamp>, renewals: &mut tokio::time::Interval) {
    let due = async {
        match next_wake {
            Some(at) => tokio::time::sleep(at.since(engine.clock.now())).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = engine.shutdown.drained() => {}
        // Before what may be there at every look: the lease does not wait for a quiet moment.
        _ = renewals.tick() => renew(engine).await,
        () = engine.lease_lost.notified() => rejoin(engine).await,
        woken = engine.store.wait_for_work(engine.worker()) => {
            if let Err(error) = woken {
                tracing::debug!(%error, "the store cannot be waited for");
                tokio::time::sleep(pause(3, engine.rng.draw())).await;
            }
        }
        () = engine.live.freed.notified(), if engine.live.len() >= engine.settings.running_max => {}
        () = engine.live.look.notified() => {}
        () = due => {}
    }
}

async fn renew(engine: &Arc<Engine>) {
    match engine.store.renew(engine.worker(), engine.settings.lease, engine.clock.now()).await {
        Ok(()) => {}
        Err(StoreError::LeaseLost) => rejoin(engine).await,
        Err(error) => tracing::warn!(%error, "the lease could not be renewed; trying again before it ends"),
    }
}

/// Joins again after the lease is lost: drops everything that is driven at once, and begins anew under another number.
async fn rejoin(engine: &Arc<Engine>) {
    tracing::warn!(sagas = engine.live.len(), "the lease is lost; joining again");
    engine.live.abort_all();
    let mut failures = 0;
    while !engine.is_draining() {
        match engine.store.join(&engine.settings.name, engine.settings.lease, engine.clock.now()).await {
            Ok(worker) => {
                engine.begins_anew(worker);
                // What the committer found out meanwhile was about the old lease.
                let _known = engine.lease_lost.notified().now_or_never();
                return;
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "the store could not be joined");
                engine.troubles.set_look(Some(error.to_string()));
                tokio::time::sleep(pause(failures, engine.rng.draw())).await;
            }
        }
    }
}

/// Drives a claimed saga in a task of its own.
fn take_up(engine: &Arc<Engine>, claim: Claim) {
    let mailbox = Arc::new(Mailbox::default());
    let (done, finished) = watch::channel(None);
    let saga = claim.saga.clone();
    let channel = Channel { mailbox: mailbox.clone(), finished };
    if let Err(there) = engine.live.enter(&saga, channel) {
        // Its last driver has released it, and is just about to leave.
        let (engine, mut finished) = (engine.clone(), there.finished);
        let coming = Coming::new(&engine);
        tokio::spawn(async move {
            let _coming = coming;
            drop(finished.wait_for(Option::is_some).await);
            take_up(&engine, claim);
        });
        return;
    }
    let deaths = claim.status.deaths;
    let quarantined = deaths >= QUARANTINE_DEATHS;
    if quarantined {
        engine.live.quarantine(&saga, runs_together(engine, deaths));
    }
    let task = {
        let engine = engine.clone();
        async move {
            let saga = claim.saga.clone();
            let finished = driven(resume(&engine, claim, mailbox)).await;
            let lost = matches!(finished, Finished::Lost(_));
            finish(&engine, &saga, finished, &done);
            if quarantined {
                if lost {
                    // The next look may claim it again, and it may be lost again: the pause bounds that loop.
                    tokio::time::sleep(pause(3, engine.rng.draw())).await;
                }
                engine.live.leave_quarantine(&saga);
            }
        }
    };
    let abort = tokio::spawn(task).abort_handle();
    engine.live.set_abort(&saga, abort);
}

/// Tells all that wait for the saga that its driver has ended.
pub(crate) fn finish(
    engine: &Arc<Engine>,
    saga: &SagaId,
    finished: Finished,
    done: &watch::Sender<Option<Arc<Finished>>>,
) {
    if let Finished::Lost(why) = &finished {
        tracing::warn!(%saga, %why, "the saga is lost to this worker");
        engine.live.doubt();
        look_again_soon(engine);
    } else {
        engine.live.forget_judged(saga);
    }
    engine.live.remove(saga);
    done.send_replace(Some(Arc::new(finished)));
    engine.watchers.tell(saga);
}

/// Lets the worker look before the next renewal: what was lost may still be its own. Not at once, or a saga that is
/// lost again and again would keep it busy.
fn look_again_soon(engine: &Arc<Engine>) {
    let engine = Arc::downgrade(engine);
    tokio::spawn(async move {
        tokio::time::sleep(pause(4, u64::MAX)).await;
        if let Some(engine) = engine.upgrade() {
            engine.live.look.notify_one();
        }
    });
}

/// Resumes a claimed saga from its journal.
async fn resume(engine: &Arc<Engine>, claim: Claim, mailbox: Arc<Mailbox>) -> Finished {
    // Deliveries are read here as well as by the worker: what it was claimed for must not come too late for this driver.
    // None that comes later was delivered before this.
    let known_until = engine.clock.now();
    let (journal, deliveries) = tokio::join!(
        patiently(engine, || journal(&*engine.store, &claim.saga)),
        patiently(engine, || engine.store.undelivered(&claim.saga)),
    );
    let state = match journal {
        Ok(journal) => State::of(claim.saga.clone(), &journal).map_err(|e| text_of(&e)),
        Err(error @ StoreError::Corrupt { .. }) => Err(text_of(&error)),
        Err(error) => return Finished::Lost(CommitError::Store(error)),
    };
    let saga = engine.registry.find_claimed(&claim.status.saga).cloned();
    match (state, saga) {
        (Ok(state), Some(saga)) => {
            engine.troubles.is_readable(&claim.saga);
            let suspicion = match judge(engine, &claim, &state).await {
                Ok(suspicion) => suspicion,
                Err(finished) => return finished,
            };
            let deaths = suspicion.deaths;
            tracing::debug!(saga = %claim.saga, epoch = %claim.epoch, deaths, phase = %state.phase(), "resumed");
            let deliveries = match deliveries {
                Ok(deliveries) => (known_until, deliveries),
                Err(error) => return Finished::Lost(CommitError::Store(error)),
            };
            let origin =
                Origin::Claimed { epoch: claim.epoch, suspicion, phase: claim.status.phase, deliveries };
            Driver::new(engine.clone(), saga, state, origin, mailbox).drive().await
        }
        (Ok(state), None) => match deliveries {
            Ok(deliveries) => close(engine, claim, state, deliveries).await,
            Err(error) => Finished::Lost(CommitError::Store(error)),
        },
        (Err(why), _) => {
            // They stay, for a build that can read the journal; this one is not to claim it for them again and again.
            let seen = deliveries.map(|waiting| waiting.iter().map(|w| w.id).max().unwrap_or(DeliveryId(0)));
            engine.troubles.is_unreadable(&claim.saga, seen.unwrap_or(DeliveryId(u64::MAX)));
            release_unreadable(engine, claim, &why).await
        }
    }
}

async fn write_status(
    engine: &Engine,
    claim: &Claim,
    next: Option<Seq>,
    status: Status,
    release: bool,
) -> Result<(), Finished> {
    let append = Append {
        saga: claim.saga.clone(),
        epoch: Some(claim.epoch),
        entries: Vec::new(),
        next,
        status: Some(status),
        taken: Vec::new(),
        release,
    };
    match engine.committer.commit(append, &Arc::default()).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Finished::Lost(error)),
    }
}

/// Releases a saga with a journal that cannot be read, dead-lettered by its status alone: other sagas go on, and
/// nothing is written to the journal.
async fn release_unreadable(engine: &Engine, claim: Claim, why: &str) -> Finished {
    tracing::error!(saga = %claim.saga, why, "the journal cannot be read; the saga is dead-lettered");
    let status = Status {
        phase: Phase::DeadLettered,
        reasons: vec![Reason::Undecodable],
        wake_at: None,
        deaths: 0,
        ..claim.status.clone()
    };
    match write_status(engine, &claim, None, status, true).await {
        Ok(()) => Finished::Released,
        Err(finished) => finished,
    }
}

/// How long to wait between looks at whether a new saga is durable.
const NEW_LOOK: Duration = Duration::from_millis(50);
/// How long a shutdown waits between looks at what still runs.
const DRAIN_LOOK: Duration = Duration::from_millis(50);
