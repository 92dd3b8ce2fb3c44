//! What a driver knows of its claim: under which number it writes, what the store lists of the saga, and which deaths of
//! earlier processes count.

use saga_core::store::Status;
use saga_core::{Epoch, Phase, State, Timestamp};

use super::idle::Idle;
use crate::drive::engine::Engine;
use crate::drive::suspicion::Suspicion;

/// The claim of a driver on its saga.
pub(super) struct Claim {
    /// `None` until a new saga is in the store.
    pub(super) epoch: Option<Epoch>,
    pub(super) suspicion: Suspicion,
    /// The progress of the saga when it was claimed: beyond that, earlier deaths do not count.
    progress: u64,
    /// The time at which the driver got it.
    pub(super) since: Timestamp,
    /// The phase that the store lists.
    pub(super) written: Option<Phase>,
    /// The deaths that the store lists.
    pub(super) listed: u32,
    /// True once an attempt that was begun under this claim has ended by itself.
    pub(super) has_attempted: bool,
    /// True if an attempt was dropped in flight because the time of a shutdown was up.
    pub(super) is_interrupted: bool,
}

impl Claim {
    /// Returns the claim on a saga with this progress.
    pub(super) fn new(progress: u64, since: Timestamp) -> Self {
        Self {
            epoch: None,
            suspicion: Suspicion::default(),
            progress,
            since,
            written: None,
            listed: 0,
            has_attempted: false,
            is_interrupted: false,
        }
    }

    /// Sets what the store says of the claim: its number, and the phase that is listed.
    pub(super) fn granted(&mut self, epoch: Epoch, suspicion: Suspicion, phase: Phase) {
        debug_assert!(self.epoch.is_none(), "a driver has one claim");
        self.epoch = Some(epoch);
        self.suspicion = suspicion;
        self.listed = suspicion.listed();
        self.written = Some(phase);
    }

    /// Returns the status to be written, if it changed in a way that others see.
    pub(super) fn status(&mut self, state: &State, rest: &Idle, engine: &Engine) -> Option<Status> {
        debug_assert!(self.epoch.is_none() || self.written.is_some(), "the store lists what it has");
        debug_assert!(state.progress() >= self.progress, "a journal only grows");
        let shown = match state.phase() {
            Phase::Waiting | Phase::Scheduled if !rest.release => Phase::Running,
            phase => phase,
        };
        // One that made progress, or that waits for another attempt after one that the process outlived, is not what
        // killed the processes. A release alone says nothing: it may kill them when it goes on.
        let outlived = rest.release && !self.is_interrupted && self.has_attempted;
        if state.progress() > self.progress || outlived || rest.release && shown.is_settled() {
            self.suspicion = Suspicion::default();
        }
        let deaths = if rest.release { self.suspicion.deaths } else { self.deaths_to_list(engine) };
        if !rest.release && self.listed == deaths && self.written == Some(shown) {
            return None;
        }
        self.listed = deaths;
        self.written = Some(shown);
        let wake_at = rest.wake.map(|(due, _)| due).filter(|_| rest.release);
        Some(Status { phase: shown, ..Status::of(state, wake_at, deaths) })
    }

    /// Returns the deaths that the store is to list while the saga runs. A death in a shutdown costs nothing, and one in
    /// company not what it would cost alone.
    pub(super) fn deaths_to_list(&mut self, engine: &Engine) -> u32 {
        if self.suspicion.deaths == 0 {
            return 0;
        }
        if engine.is_draining() {
            self.suspicion.costs = 0;
        } else if engine.live.len() > 1 {
            self.suspicion.costs = self.suspicion.costs.min(1);
        }
        self.suspicion.listed()
    }
}
