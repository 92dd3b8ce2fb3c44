//! A session that is open: calls, and its end.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use saga_core::machine::{Delivery, Refusal, UndoPlan};
use saga_core::record::Committed;
use saga_core::{By, Kind, Payload, SagaId, SitePath};
use tokio::sync::oneshot;

use crate::author::commit::{NeverFails, NothingUndoes};
use crate::author::error::{Never, StepError};
use crate::author::failure::failure_as;
use crate::author::look_error::LookError;
use crate::author::step::{SessionStep, Step, StepCall, policy_of};
use crate::drive::engine::Engine;
use crate::drive::port::{Answer, Answered, Asked, Port, Unanswered};
use crate::operate::handle::{ActError, AnyHandle};
use crate::operate::outcome::Outcome;
use crate::replay::erased::AnyStep;
use crate::session::error::CallError;
use crate::value::encoding::Encoding;
use crate::value::text::text_of;

/// So many times a session is resumed for one call; if it is not here then, another worker drives it.
const RESUMED_MAX: u32 = 3;
/// The author of a rollback that the holder of a session asks for.
const AGENT: &str = "agent";

/// A call on its way: gives the step's output.
pub type Called<'a, S> = BoxFuture<'a, Result<<S as Step>::Output, CallError<<S as Step>::Error>>>;

/// A deferral on its way; see [`Session::on_commit`].
pub type Deferring<'a, S> = BoxFuture<'a, Result<Deferral, CallError<<S as Step>::Error>>>;

/// The receipt of a call that is made when the session commits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deferral {
    /// The site of the call.
    pub site: SitePath,
}

/// How a session ended.
pub type SessionEnd = Outcome<Committed, Never>;

/// A session that is open in this process. While it is, it stays in memory; dropping it ends nothing.
///
/// A call that was made is recognized by its step and its identity: the parameters that `#[step(identity(…))]` names, or all
/// of them. A repeat is not made again. While the first runs, it waits for that one; after that it is answered from the
/// journal, in this process or a later one. A call is made anew if the last one did not happen and that was not for good
/// (attempts exhausted, time run out), or if it failed for good and the input is another now. A call whose effect is
/// there, with another input, is refused as [`CallError::Conflict`]. Readonly steps are called each time.
#[derive(Debug)]
pub struct Session {
    handle: AnyHandle,
    held: Held,
}

/// That a caller has a session open.
pub(crate) struct Held {
    port: Arc<Port>,
    engine: Arc<Engine>,
    saga: SagaId,
}

impl Held {
    pub(crate) fn new(engine: &Arc<Engine>, saga: &SagaId) -> Self {
        let port = engine.ports.of(saga);
        port.hold();
        Self { port, engine: engine.clone(), saga: saga.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.port.release();
        // It may be released now.
        if let Some(channel) = self.engine.live.get(&self.saga) {
            channel.mailbox.ring();
        }
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({})", self.saga)
    }
}

/// The reason for which a call has no answer.
pub(crate) enum NoAnswer {
    Unanswered(Unanswered),
    NotRegistered,
    /// A session does not call steps of that kind.
    NotCallable(Kind),
    /// Another worker drives the session.
    DrivenElsewhere,
    ShuttingDown,
    NotResumed(ActError),
}

impl From<Unanswered> for NoAnswer {
    fn from(unanswered: Unanswered) -> Self {
        NoAnswer::Unanswered(unanswered)
    }
}

impl Session {
    pub(crate) fn new(handle: AnyHandle, held: Held) -> Self {
        Self { handle, held }
    }

    /// Returns its id.
    pub fn id(&self) -> &SagaId {
        self.handle.id()
    }

    /// Returns its handle, which has what can be asked of any saga, and an operator's acts.
    pub fn handle(&self) -> &AnyHandle {
        &self.handle
    }

    pub(crate) fn encoding(&self) -> &Encoding {
        &self.handle.engine().around.encoding
    }

    /// Makes a call, or answers it as the one that it repeats; returns once the outcome is durable (that of a readonly step
    /// is no later than the next call with an effect).
    ///
    /// **Cancel safety**: dropping the future cancels nothing. The call goes on, and sent again it gets the same answer.
    ///
    /// # Errors
    /// [`CallError`]. Nothing is undone for it.
    //
    // Not `async`: the compiler would say of a step that is not called here so once for the call, once for its future, and
    // once for the await.
    pub fn call<S: SessionStep>(&self, call: StepCall<S>) -> Called<'_, S> {
        Box::pin(self.typed::<S>(call, None))
    }

    /// Makes a call on purpose that has been made before, for that reason, which is recorded.
    ///
    /// **Cancel safety**: dropping the future cancels nothing. Sent again, it is one more call.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn again<S: SessionStep>(&self, call: StepCall<S>, reason: impl Into<String>) -> Called<'_, S> {
        Box::pin(self.typed::<S>(call, Some(reason.into())))
    }

    async fn typed<S: Step>(
        &self,
        call: StepCall<S>,
        again: Option<String>,
    ) -> Result<S::Output, CallError<S::Error>> {
        let input = self.encoding().encode_input(call.input());
        drop(call);
        let input = input.map_err(|why| CallError::Unrecordable { why })?;
        match self.call_recorded(S::NAME, input, again).await {
            Ok(Answered::Output { site, output }) => self
                .encoding()
                .decode::<S::Output>(&output)
                .map_err(|error| CallError::Undecodable { site, why: text_of(&error) }),
            Ok(Answered::Deferred { .. }) => {
                Err(CallError::NotCallable { step: S::NAME.to_owned(), kind: policy_of::<S>().kind })
            }
            Err(why) => Err(self.as_error(S::NAME, why)),
        }
    }

    /// Defers a call to the commit: it is recorded now, and made when the session is committed, in the order of the
    /// deferrals. If the session is rolled back, it is never made. Returns when the deferral is durable; a repeat gets the
    /// receipt of the first.
    ///
    /// **Cancel safety**: dropping the future cancels nothing. Sent again, it gets the receipt.
    ///
    /// # Errors
    /// [`CallError`]; never of the step itself.
    pub fn on_commit<S: NeverFails + NothingUndoes>(&self, call: StepCall<S>) -> Deferring<'_, S> {
        Box::pin(async move {
            let input = self.encoding().encode_input(call.input());
            drop(call);
            let input = input.map_err(|why| CallError::Unrecordable { why })?;
            let asked = async { self.ask(self.find(S::NAME)?, input, None, true).await };
            match asked.await {
                Ok(Answered::Output { site, .. } | Answered::Deferred { site }) => Ok(Deferral { site }),
                Err(why) => Err(self.as_error(S::NAME, why)),
            }
        })
    }

    pub(crate) fn as_error<E: StepError>(&self, step: &str, why: NoAnswer) -> CallError<E> {
        let step = step.to_owned();
        let why = match why {
            NoAnswer::Unanswered(why) => why,
            NoAnswer::NotRegistered => return CallError::NotRegistered { step },
            NoAnswer::NotCallable(kind) => return CallError::NotCallable { step, kind },
            NoAnswer::DrivenElsewhere => return CallError::DrivenElsewhere,
            NoAnswer::ShuttingDown => return CallError::ShuttingDown,
            NoAnswer::NotResumed(why) => return CallError::NotResumed(why),
        };
        match why {
            Unanswered::Failed { site, failure } => match failure_as::<E>(&failure, self.encoding()) {
                Ok(failure) => CallError::Failed(failure),
                Err(error) => CallError::Undecodable { site, why: text_of(&error) },
            },
            Unanswered::Conflict { site, recorded, given } => CallError::Conflict { site, recorded, given },
            Unanswered::Ended(phase) => CallError::Ended { phase },
            Unanswered::OverBudget(calls_max) => CallError::OverBudget { calls_max },
            Unanswered::Unrecordable(why) => CallError::Unrecordable { why },
        }
    }

    /// Makes the call of a step by its recorded name and input, as [`Encoding::encode_input`] gives it. An irreversible
    /// step that is retried until it succeeds is deferred to the commit; another one is not called.
    pub(crate) async fn call_recorded(
        &self,
        step: &str,
        input: Payload,
        again: Option<String>,
    ) -> Result<Answered, NoAnswer> {
        let step = self.find(step)?;
        let policy = step.1.policy();
        let deferred = match policy.kind {
            Kind::Compensated | Kind::Readonly => false,
            Kind::Irreversible if policy.retriable => true,
            kind @ (Kind::Irreversible | Kind::Auxiliary) => return Err(NoAnswer::NotCallable(kind)),
        };
        self.ask(step, input, again, deferred).await
    }

    /// Returns the step of that name, with its name.
    fn find(&self, step: &str) -> Result<(&'static str, &'static dyn AnyStep), NoAnswer> {
        self.handle.engine().registry.find_named(step).ok_or(NoAnswer::NotRegistered)
    }

    /// Asks for a call. All ways to call end here.
    async fn ask(
        &self,
        (name, step): (&'static str, &'static dyn AnyStep),
        input: Payload,
        again: Option<String>,
        deferred: bool,
    ) -> Result<Answered, NoAnswer> {
        let prints = step.prints(&input, self.encoding()).map_err(Unanswered::Unrecordable)?;
        let (reply, answer) = oneshot::channel();
        let asked = Asked { name, step, input, prints, again, deferred, at: None, reply, ticket: 0 };
        let ticket = self.held.port.desk().ask(asked);
        let answered = self.answered(answer).await;
        if answered.as_ref().is_err_and(|why| !matches!(why, NoAnswer::Unanswered(_))) {
            self.held.port.desk().withdraw(ticket);
        }
        answered
    }

    /// Waits for an answer from the session's driver. Resumes the session if it has none.
    async fn answered(&self, mut answer: oneshot::Receiver<Answer>) -> Result<Answered, NoAnswer> {
        let engine = self.handle.engine();
        let mut resumed = 0;
        loop {
            if let Some(channel) = engine.live.get(self.id()) {
                channel.mailbox.ring();
                let mut finished = channel.finished;
                tokio::select! {
                    biased;
                    Ok(answer) = &mut answer => return answer.map_err(NoAnswer::Unanswered),
                    _ = finished.wait_for(Option::is_some) => {}
                }
            } else if engine.is_draining() {
                return Err(NoAnswer::ShuttingDown);
            } else if resumed >= RESUMED_MAX && engine.store.takes_many_workers() {
                return Err(NoAnswer::DrivenElsewhere);
            } else {
                resumed += 1;
                self.resume().await?;
            }
            // Told as the driver ended.
            if let Ok(answer) = answer.try_recv() {
                return answer.map_err(NoAnswer::Unanswered);
            }
        }
    }

    /// Makes a worker drive the session, if none does.
    async fn resume(&self) -> Result<(), NoAnswer> {
        match self.handle.deliver(Delivery::Open {}).await {
            Ok(_) => Ok(()),
            Err(ActError::Refused(Refusal::Ended { phase })) => Err(Unanswered::Ended(phase).into()),
            Err(error) => Err(NoAnswer::NotResumed(error)),
        }
    }

    /// Commits the session, once the calls in flight have settled: what it did stays. Returns how it ended, which is
    /// another way if it had ended before, or something prevented that.
    ///
    /// **Cancel safety**: if the future is dropped, the session may or may not be committed. Commit it again.
    ///
    /// # Errors
    /// [`ActError`] if that cannot be seen.
    pub async fn commit(&self) -> Result<SessionEnd, ActError> {
        self.held.port.desk().commits = true;
        match self.handle.engine().live.get(self.id()) {
            Some(channel) => channel.mailbox.ring(),
            None => match self.handle.deliver(Delivery::Open {}).await {
                Ok(_) | Err(ActError::Refused(Refusal::Ended { .. })) => {}
                Err(error) => {
                    self.held.port.desk().commits = false;
                    return Err(error);
                }
            },
        }
        Ok(self.ended().await?)
    }

    /// Rolls the session back, for that reason: what it did is undone. Returns how it ended, which is another way if it had
    /// ended before.
    ///
    /// **Cancel safety**: if the future is dropped, the session may or may not be rolled back. Roll it back again.
    ///
    /// # Errors
    /// [`ActError`]: past its point of no return it is not rolled back.
    pub async fn roll_back(&self, reason: impl Into<String>) -> Result<SessionEnd, ActError> {
        let by = By::new(AGENT, reason);
        match self.handle.deliver(Delivery::RollBack { by }).await {
            Ok(_) | Err(ActError::Refused(Refusal::Ended { .. } | Refusal::RollingBack)) => {}
            Err(error) => return Err(error),
        }
        Ok(self.ended().await?)
    }

    /// Waits until the session has ended or is dead-lettered, and returns how.
    ///
    /// **Cancel safety**: nothing happens to the session if this is dropped.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn ended(&self) -> Result<SessionEnd, LookError> {
        self.handle.outcome().await?.decoded(self.encoding())
    }

    /// Returns what would be undone if it were rolled back now, in order, and what cannot be.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn undo_plan(&self) -> Result<UndoPlan, LookError> {
        self.handle.undo_plan().await
    }
}
