//! Calls by name with JSON, in a session.

use std::fmt::Display;

use futures_util::future::BoxFuture;
use saga_core::Phase;
use serde_json::{Value, json};

use crate::author::error::StepError;
use crate::author::failure::StepFailure;
use crate::author::step::Step;
use crate::drive::port::Answered;
use crate::session::error::CallError;
use crate::session::open::Session;
use crate::tools::error::{Failed, ToolError, Why};
use crate::tools::outside::outside;
use crate::tools::toolbox::{Toolbox, decoded};
use crate::value::class::Class;
use crate::value::text::text_of;

/// Makes the call of one step, with an input in JSON, and gives its output in JSON.
pub(crate) type CallByName = for<'a> fn(&'a Session, String, Option<String>) -> Calling<'a>;

/// A call by name, on its way.
type Calling<'a> = BoxFuture<'a, Result<Value, Failed>>;

impl Session {
    /// Calls the tool of that name, as a language model does: with JSON, which is checked against the tool's schema first.
    /// Otherwise it is as [`call`](Self::call), but for a tool that nothing undoes and that is retried until it succeeds:
    /// that one is deferred to the commit, and the result is a receipt. The result is an object, as the tool's output schema
    /// says. A number that is too large for a float is text in it.
    ///
    /// ```
    /// use saga::prelude::*;
    /// use saga::tools::Toolbox;
    ///
    /// /// Holds a seat.
    /// #[step(tool, compensate = free(seat), idempotent)]
    /// async fn hold(seat: String) -> Result<u32, Failure> {
    ///     Ok(seat.len() as u32)
    /// }
    ///
    /// #[step(retriable, idempotent)]
    /// async fn free(_seat: String) -> Result<(), Failure> {
    ///     Ok(())
    /// }
    /// # saga::test::in_virtual_time(async {
    /// let toolbox = Toolbox::new().offer::<hold>();
    /// let runtime = Runtime::builder(MemoryStore::new()).tools(&toolbox).start().await.unwrap();
    /// let session = runtime.session("ticket-9").unwrap().open().await.unwrap();
    /// let held = session.call_json(&toolbox, "hold", &serde_json::json!({"seat": "12A"})).await;
    /// assert_eq!(held.unwrap(), serde_json::json!({"result": 3}));
    /// let error = session.call_json(&toolbox, "hold", &serde_json::json!({"seats": "12A"})).await.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "hold was not called:\n- /seats: there is no such member; did you mean `seat`? accepted are `seat`"
    /// );
    /// # });
    /// ```
    ///
    /// **Cancel safety**: as [`call`](Self::call).
    ///
    /// # Errors
    /// [`ToolError`], whose text is for the model. Nothing is undone for it.
    pub async fn call_json(
        &self,
        toolbox: &Toolbox,
        name: &str,
        arguments: &Value,
    ) -> Result<Value, ToolError> {
        self.by_name(toolbox, name, arguments, None).await
    }

    /// Makes a call by name on purpose that has been made before, for that reason, which is recorded.
    ///
    /// **Cancel safety**: as [`again`](Self::again).
    ///
    /// # Errors
    /// As [`call_json`](Self::call_json).
    pub async fn again_json(
        &self,
        toolbox: &Toolbox,
        name: &str,
        arguments: &Value,
        reason: impl Into<String>,
    ) -> Result<Value, ToolError> {
        self.by_name(toolbox, name, arguments, Some(reason.into())).await
    }

    async fn by_name(
        &self,
        toolbox: &Toolbox,
        name: &str,
        arguments: &Value,
        again: Option<String>,
    ) -> Result<Value, ToolError> {
        let (tool, json) = toolbox.read(name, arguments)?;
        let given = (tool.call)(self, json, again).await;
        let given =
            given.map_err(|Failed { why, message }| ToolError::Failed { tool: tool.name, why, message })?;
        Ok(if tool.wrapped { json!({ "result": given }) } else { given })
    }
}

/// Calls a step of that type.
pub(crate) fn call<S: Step>(session: &Session, json: String, again: Option<String>) -> Calling<'_> {
    Box::pin(async move {
        // It was read before.
        let input = decoded::<S>(&json).map_err(|why| Failed { why: Why::Internal, message: why })?;
        let internal = |message| Failed { why: Why::Internal, message };
        let input = session.encoding().encode_input(&input).map_err(internal)?;
        match session.call_recorded(S::NAME, input, again).await {
            Ok(Answered::Output { output, .. }) => {
                let output = session.encoding().decode::<S::Output>(&output);
                let output = output.map_err(|error| internal(text_of(&error)))?;
                outside(&output).map_err(internal)
            }
            Ok(Answered::Deferred { site }) => Ok(json!({ "deferred": true, "site": site.to_string() })),
            Err(why) => Err(failed(session.as_error::<S::Error>(S::NAME, why))),
        }
    })
}

/// Returns the schema of what a deferred call gives, in place of an output.
pub(crate) fn receipt() -> Value {
    json!({
        "type": "object",
        "description": "A receipt: the call is made when the session is committed, and never if it is rolled back.",
        "properties": {"deferred": {"const": true}, "site": {"type": "string"}},
        "required": ["deferred", "site"],
    })
}

/// Returns why a call has no output, for a model.
fn failed<E: StepError>(error: CallError<E>) -> Failed {
    let with = |why: Why, message: &dyn Display| Failed { why, message: message.to_string() };
    match error {
        CallError::Failed(failure) => step_failed(&failure),
        CallError::Conflict { site, recorded, given } => with(
            Why::Mendable,
            &format_args!(
                "the same call was made in this session with another input, and it stands: {recorded} at \
                 {site}, now {given}; undo that one first, or call with its input to get its result"
            ),
        ),
        CallError::Ended { phase: phase @ (Phase::DeadLettered | Phase::Abandoned) } => with(
            Why::NeedsOperator,
            &format_args!("the session is {phase}, and a person has to see to it; call nothing more"),
        ),
        CallError::Ended { phase } => with(
            Why::Refused,
            &format_args!(
                "the session is {phase} and makes no more calls; tell the user, or begin another one if you can"
            ),
        ),
        CallError::OverBudget { calls_max } => with(
            Why::Refused,
            &format_args!(
                "the session has made {calls_max} calls, as many as it may; commit it or roll it back"
            ),
        ),
        CallError::NotCallable { kind, .. } => with(
            Why::Refused,
            &format_args!("it is {}, and a session does not call it at once", kind.as_str()),
        ),
        CallError::DrivenElsewhere | CallError::ShuttingDown => with(
            Why::Internal,
            &format_args!("{}; send the same call again: it is not made twice", text_of(&error)),
        ),
        other => with(Why::Internal, &text_of(&other)),
    }
}

fn step_failed<E: StepError>(failure: &StepFailure<E>) -> Failed {
    let (why, then) = match failure {
        StepFailure::Failed(error) if error.class() == Class::Permanent => {
            (Why::Mendable, "the same call would fail again: change its input, or do something else")
        }
        StepFailure::Failed(_) | StepFailure::Exhausted { .. } | StepFailure::TimedOut { .. } => {
            (Why::Refused, "it did not happen; the same call may be made again later")
        }
        _ => (Why::Internal, "it did not happen"),
    };
    Failed { why, message: format!("{}; {then}", text_of(failure)) }
}
