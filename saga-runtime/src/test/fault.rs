//! Faults in unmodified steps: an attempt at a chosen place is not called, or is called and its answer lost.
//!
//! The saga sees a fault as it would see a real one: an error of the step's own type, a timeout, a panic. All records
//! are those that the machine decides on.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

use saga_core::{Role, SitePath};
use tokio::sync::Notify;

use crate::value::class::Class;
use crate::value::interference::{AnyAttempt, Calling, Interference};
use crate::value::samples::Samples;
use crate::value::step_context::StepContext;

/// The fault of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Each attempt is not called, and gives a permanent error.
    Refuses,
    /// One attempt is not called, and gives a transient error.
    FailsOnce,
    /// One attempt is not called, and times out.
    TimesOut,
    /// One attempt is called, and times out before its answer arrives.
    TimesOutLanded,
    /// One attempt is not called, and panics.
    Panics,
    /// One attempt is called, and panics before its answer arrives.
    PanicsLanded,
    /// The saga is cancelled when the attempt has begun, and knows it before the call.
    Cancelled,
    /// The first attempt is not called, and times out; each repeat of it gives a conclusive error. Only of a step that says
    /// `conclusive`.
    RefusesAfterDoubt,
    /// Each attempt is called twice with the same key, and the second answer counts.
    RunsTwice,
}

impl Fault {
    /// All faults.
    pub const ALL: [Fault; 9] = [
        Fault::Refuses,
        Fault::FailsOnce,
        Fault::TimesOut,
        Fault::TimesOutLanded,
        Fault::Panics,
        Fault::PanicsLanded,
        Fault::Cancelled,
        Fault::RefusesAfterDoubt,
        Fault::RunsTwice,
    ];

    /// Returns the words for it in the name of a case.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Refuses => "refuses",
            Fault::FailsOnce => "fails once",
            Fault::TimesOut => "times out, not landed",
            Fault::TimesOutLanded => "times out, landed",
            Fault::Panics => "panics, not landed",
            Fault::PanicsLanded => "panics, landed",
            Fault::Cancelled => "cancelled during it",
            Fault::RefusesAfterDoubt => "times out, then refuses",
            Fault::RunsTwice => "runs twice",
        }
    }

    /// Returns true if it affects every attempt.
    fn lasts(self) -> bool {
        matches!(self, Fault::Refuses | Fault::RefusesAfterDoubt | Fault::RunsTwice)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The faults of one case, and those that have occurred. It belongs to the world: crashes do not affect it.
pub(crate) struct Faults {
    planned: Mutex<Vec<Planned>>,
    pub(super) samples: Samples,
    /// Notified when an attempt wants the saga to be cancelled.
    pub(super) cancel_wanted: Notify,
    /// Notified when the cancel was accepted or refused.
    pub(super) cancel_known: Notify,
}

struct Planned {
    site: SitePath,
    role: Role,
    fault: Fault,
    came: bool,
    over: bool,
}

impl Faults {
    pub(super) fn new(planned: impl IntoIterator<Item = (SitePath, Role, Fault)>, samples: Samples) -> Self {
        let planned = planned
            .into_iter()
            .map(|(site, role, fault)| Planned { site, role, fault, came: false, over: false })
            .collect();
        Self {
            planned: Mutex::new(planned),
            samples,
            cancel_wanted: Notify::new(),
            cancel_known: Notify::new(),
        }
    }

    fn planned(&self) -> std::sync::MutexGuard<'_, Vec<Planned>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault of the attempt that begins there.
    fn at(&self, cx: &StepContext) -> Option<Fault> {
        let mut all = self.planned();
        let planned = all.iter_mut().find(|p| !p.over && p.site == cx.site && p.role == cx.role)?;
        let is_first = !std::mem::replace(&mut planned.came, true);
        planned.over = !planned.fault.lasts();
        Some(match planned.fault {
            Fault::RefusesAfterDoubt if is_first => Fault::TimesOut,
            fault => fault,
        })
    }

    /// Returns true if each fault has occurred.
    pub(super) fn all_came(&self) -> bool {
        self.planned().iter().all(|p| p.came)
    }

    /// Ends all faults.
    pub(super) fn end(&self) {
        self.planned().iter_mut().for_each(|p| p.over = true);
    }

    /// Makes an attempt with a fault.
    async fn run(&self, fault: Fault, attempt: &mut dyn AnyAttempt) {
        match fault {
            Fault::Refuses => self.fail(attempt, &[Class::Permanent, Class::Transient]),
            Fault::FailsOnce => self.fail(attempt, &[Class::Transient]),
            Fault::TimesOut => std::future::pending().await,
            Fault::TimesOutLanded => {
                attempt.call().await;
                std::future::pending().await
            }
            Fault::Panics => panics(),
            Fault::PanicsLanded => {
                attempt.call().await;
                panics()
            }
            Fault::Cancelled => {
                self.cancel_wanted.notify_one();
                self.cancel_known.notified().await;
                attempt.call().await;
            }
            Fault::RefusesAfterDoubt => {
                if !attempt.conclude(&self.samples) {
                    no_error(attempt.step());
                }
            }
            Fault::RunsTwice => {
                if attempt.call().await {
                    attempt.call().await;
                }
            }
        }
    }

    /// Ends the attempt with an error of one of these classes, the first preferred.
    fn fail(&self, attempt: &mut dyn AnyAttempt, classes: &[Class]) {
        if !attempt.fail(classes, &self.samples) {
            no_error(attempt.step());
        }
    }
}

impl Interference for Faults {
    fn attempt<'a>(&'a self, attempt: &'a mut dyn AnyAttempt) -> Option<Calling<'a, ()>> {
        let fault = self.at(attempt.context())?;
        Some(Box::pin(self.run(fault, attempt)))
    }
}

/// Panics like a step, without printing.
fn panics() -> ! {
    resume_unwind(Box::new("the matrix makes it panic".to_owned()))
}

fn no_error(step: &str) -> ! {
    resume_unwind(Box::new(format!("no error is known that {step} could give")))
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.planned().iter().map(|p| (p.site.clone(), p.role, p.fault))).finish()
    }
}
