//! The crash matrix: one saga, run once for each possible fault, in virtual time and on a store in memory. Each time
//! the user's own world is compared with what the saga reports.
//!
//! The steps are the user's real ones. Their code is called unchanged, or not at all; faults are inserted around it
//! ([`Fault`]).

mod case;
mod plan;
mod report;
mod run;
mod world;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use saga_core::{Payload, Residue};
use serde::Serialize;

#[cfg(doc)]
use super::Fault;
use crate::author::error::StepError;
use crate::author::saga::{Saga, SagaCall};
use crate::value::encoding::Encoding;
use crate::value::samples::Samples;
use case::VARIABLE;
use plan::Plan;
use run::{Check, Leaves, Stage};

pub use case::{Case, Disturbance, NoSuchCase};
pub use report::{CaseReport, Ending, Report, Stands};
pub use world::World;

/// Runs a saga once for each possible fault:
///
/// - each step refuses, fails once, times out (landed or not), panics (landed or not), is cancelled while it runs;
/// - each compensation that runs in one of these does the same, and fails for good;
/// - each question is denied, or not answered;
/// - each signal that has a limit does not come;
/// - the saga is cancelled at each durable write;
/// - the saga is undone after it has completed, if it can be;
/// - each of all these again with a crash before and after each of its durable writes.
///
/// After each, the world must be as after an undisturbed run if the saga completed. It must be as before if the saga
/// was rolled back or undone. If undone steps declare residue, the world may also be as in a run without a fault in
/// which these steps were done and undone. Any other state must be a dead letter that reports it. That is then redriven
/// by [`redrive`](crate::AnyHandle::redrive), and if it ends, the world must agree as well.
///
/// Questions ([`approve`](crate::approve)) are approved, unless the case says otherwise; signals are those
/// given by [`signal`](Matrix::signal).
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use saga::prelude::*;
/// use saga::test::World;
///
/// /// The tables of a restaurant: which are taken.
/// #[derive(Clone, Default)]
/// struct Tables(Arc<Mutex<Vec<u32>>>);
///
/// #[step(idempotent, compensate = free(table))]
/// async fn reserve(tables: &Tables, table: u32) -> Result<(), Failure> {
///     let mut taken = tables.0.lock().unwrap();
///     if !taken.contains(&table) { taken.push(table); }
///     Ok(())
/// }
///
/// #[step(idempotent, retriable)]
/// async fn free(tables: &Tables, table: u32) -> Result<(), Failure> {
///     tables.0.lock().unwrap().retain(|taken| *taken != table);
///     Ok(())
/// }
///
/// #[saga]
/// async fn party(inside: u32, outside: u32) -> Result<(), Failure> {
///     reserve(inside).await?;
///     reserve(outside).await?;
///     Ok(())
/// }
///
/// impl World for Tables {
///     type Seen = Vec<u32>;
///     fn resources(&self, builder: saga::Builder) -> saga::Builder {
///         builder.resource(self.clone())
///     }
///     fn look(&self) -> Vec<u32> {
///         self.0.lock().unwrap().clone()
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let report = saga::test::matrix(party(1, 2)).world(Tables::default).run().await;
/// report.assert();
/// println!("{report}");
/// # assert!(report.cases.len() > 100, "{report}");
/// # });
/// ```
pub fn matrix<S: Saga>(call: SagaCall<S>) -> Called<S> {
    Called { call, only_repeats: false }
}

/// Runs a saga with each step called twice under the same key, one step at a time, and likewise each compensation. The
/// world must be as after one call. Each step and compensation with an effect is tried. The ways to make them run, and
/// the world, are those of [`matrix`].
///
/// ```
/// # use std::sync::{Arc, Mutex};
/// # use saga::prelude::*;
/// # #[derive(Clone, Default)]
/// # struct Tables(Arc<Mutex<Vec<u32>>>);
/// # impl saga::test::World for Tables {
/// #     type Seen = Vec<u32>;
/// #     fn resources(&self, builder: saga::Builder) -> saga::Builder { builder.resource(self.clone()) }
/// #     fn look(&self) -> Vec<u32> { self.0.lock().unwrap().clone() }
/// # }
/// /// Says that a repeat is harmless, and it is not.
/// #[step(idempotent, compensate = free(table))]
/// async fn reserve(tables: &Tables, table: u32) -> Result<(), Failure> {
///     tables.0.lock().unwrap().push(table);
///     Ok(())
/// }
/// # #[step(idempotent, retriable)]
/// # async fn free(tables: &Tables, table: u32) -> Result<(), Failure> {
/// #     tables.0.lock().unwrap().retain(|taken| *taken != table);
/// #     Ok(())
/// # }
/// # #[saga]
/// # async fn party(inside: u32) -> Result<(), Failure> { reserve(inside).await?; Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
///
/// let report = saga::test::steps_repeat_harmlessly(party(1)).world(Tables::default).run().await;
/// assert_eq!(report.wrong().next().unwrap().case.to_string(), "reserve: runs twice");
/// # });
/// ```
pub fn steps_repeat_harmlessly<S: Saga>(call: SagaCall<S>) -> Called<S> {
    Called { call, only_repeats: true }
}

/// A call of a saga that still needs a world.
#[must_use = "nothing runs without a world"]
#[derive(Debug)]
pub struct Called<S: Saga> {
    call: SagaCall<S>,
    only_repeats: bool,
}

impl<S: Saga> Called<S> {
    /// Sets the function that makes a fresh world for each case.
    ///
    /// # Panics
    /// If the call's input cannot be recorded.
    pub fn world<W: World>(self, make: impl Fn() -> W + Send + Sync + 'static) -> Matrix<S, W> {
        let input = Encoding::default().encode_input(self.call.input());
        let stage = Stage {
            input: input.unwrap_or_else(|why| panic!("the input cannot be recorded: {why}")),
            make: Arc::new(make),
            signals: Vec::new(),
            samples: Samples::default(),
            patience: Duration::from_secs(365 * 86_400),
            completes: None,
            leaves: None,
            saga: PhantomData,
        };
        Matrix { stage, only_repeats: self.only_repeats, crashes: true, only: None }
    }
}

/// Implemented for nothing: a matrix runs in a world.
#[diagnostic::on_unimplemented(
    message = "a matrix runs in a world, and none is given [SG1008]",
    label = "`.world(…)` is missing before it [SG1008]",
    note = "why: what is left in the world after each case is held against what was there before",
    note = "fix: `.world(Restaurant::default).run().await`, with a function that makes your own, on which `World` is implemented"
)]
pub trait InAWorld {}

impl<S: Saga> Called<S> {
    /// Never called: it is [`Matrix::run`], and does not compile before [`world`](Self::world).
    #[doc(hidden)]
    pub fn run(self) -> std::future::Ready<Report>
    where
        for<'a> Self: InAWorld,
    {
        unreachable!("nothing is `InAWorld`")
    }
}

/// A matrix that is ready to be run.
#[must_use = "nothing runs before `run`"]
pub struct Matrix<S: Saga, W: World> {
    stage: Stage<S, W>,
    only_repeats: bool,
    crashes: bool,
    only: Option<Case>,
}

impl<S: Saga, W: World> fmt::Debug for Matrix<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix").field("saga", &S::NAME).finish_non_exhaustive()
    }
}

impl<S: Saga, W: World> Matrix<S, W> {
    /// Makes steps of that error type fail with this error, where an error of its class is needed.
    ///
    /// Without it an error is made up: the first variant of the needed class, with empty fields. If a type does not
    /// allow that, the report says so.
    pub fn error<E: StepError>(mut self, error: E) -> Self {
        self.stage.samples.give(&E::RECORDED, &error);
        self
    }

    /// Sends the signal of that name whenever the saga waits for it.
    ///
    /// # Panics
    /// If the value cannot be recorded.
    pub fn signal<T: Serialize>(mut self, name: impl Into<String>, value: &T) -> Self {
        let payload = Payload::encode(value);
        let payload = payload.unwrap_or_else(|why| panic!("the signal cannot be recorded: {why}"));
        self.stage.signals.push((name.into(), payload));
        self
    }

    /// Judges completed runs by this function, instead of comparing with the undisturbed run. For sagas that can
    /// complete in another way after a failure.
    pub fn completes_with(
        mut self,
        right: impl Fn(&S::Output, &W::Seen) -> bool + Send + Sync + 'static,
    ) -> Self {
        let right: Check<S, W> = Arc::new(right);
        self.stage.completes = Some(right);
        self
    }

    /// Judges the residue of undone steps ([`Residue`]) by this function, instead of comparing with runs without a
    /// fault. For residue that differs between runs, or for an exact check.
    ///
    /// It is called whenever all effects are undone, some steps declare residue, and the world is not as before.
    pub fn leaves_with(
        mut self,
        right: impl Fn(&[Residue], &W::Seen) -> bool + Send + Sync + 'static,
    ) -> Self {
        let right: Leaves<W> = Arc::new(right);
        self.stage.leaves = Some(right);
        self
    }

    /// Sets the virtual time to wait for the saga's end; the default is a year.
    pub fn patience(mut self, time: Duration) -> Self {
        self.stage.patience = time;
        self
    }

    /// Leaves out the crashes, for sagas with so many steps that they would take too long.
    pub fn without_crashes(mut self) -> Self {
        self.crashes = false;
        self
    }

    /// Runs this case alone, besides the undisturbed one, and shows its journal. `SAGA_CASE` in the environment does
    /// the same.
    ///
    /// # Panics
    /// If no case has that name.
    pub fn only(mut self, case: &str) -> Self {
        self.only = Some(case.parse().unwrap_or_else(|why: NoSuchCase| panic!("{why}")));
        self
    }

    /// Runs all cases, on a thread of its own, in virtual time: the caller need not be in virtual time.
    ///
    /// **Cancel safety**: if this is dropped, the thread still runs to its end.
    ///
    /// # Panics
    /// If the runtime cannot be started, for example without a resource; if the world panics; if `SAGA_CASE` is not the
    /// name of a case.
    pub async fn run(mut self) -> Report {
        if let Ok(case) = std::env::var(VARIABLE) {
            self = self.only(&case);
        }
        let (done, report) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            // The caller may have gone.
            done.send(Plan::new(self).run()).ok();
        });
        match report.await {
            Ok(report) => report,
            Err(_) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("it sends its report, or panics"),
            },
        }
    }
}
