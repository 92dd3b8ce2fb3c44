//! One call, run apart from the request that asked for it.

use std::future::Future;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{CallToolResult, ProgressNotificationParam};
use rmcp::service::RequestContext;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::answer;
use crate::defaults::PROGRESS_EVERY;
use crate::schema::RUNNING;

/// Runs a call in a task of its own, and waits for it for a while, telling the client that it runs. Neither the end of the
/// wait nor the end of the request stops the task. A panic in it is an answer as well.
pub(crate) async fn apart(
    name: &str,
    call: impl Future<Output = CallToolResult> + Send + 'static,
    patience: Duration,
    request: &RequestContext<RoleServer>,
) -> CallToolResult {
    let mut task = tokio::spawn(call);
    let mut ticks = interval(PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut patience = std::pin::pin!(sleep(patience));
    let mut told = 0;
    loop {
        tokio::select! {
            done = &mut task => return done.unwrap_or_else(|error| panicked(name, error)),
            () = &mut patience => return running(name),
            // The client has gone, or has cancelled, and hears no answer.
            () = request.ct.cancelled() => return running(name),
            _ = ticks.tick() => {
                told += 1;
                tell(name, told, request).await;
            }
        }
    }
}

fn running(name: &str) -> CallToolResult {
    answer::receipt(
        RUNNING,
        format!(
            "`{name}` still runs, and goes on. To wait for it, call `{name}` again with the same arguments; it is not done twice."
        ),
    )
}

fn panicked(name: &str, error: tokio::task::JoinError) -> CallToolResult {
    tracing::error!(tool = name, %error, "the call of a tool has panicked");
    answer::error(format!(
        "`{name}` has failed for a reason inside the server. Do not call it again with the same arguments; tell the user."
    ))
}

/// Tells a client that has asked for it that the call runs.
async fn tell(name: &str, told: u32, request: &RequestContext<RoleServer>) {
    let Some(token) = request.meta.get_progress_token() else { return };
    let progress =
        ProgressNotificationParam::new(token, f64::from(told)).with_message(format!("{name} runs"));
    // A client that has gone is noticed elsewhere.
    if let Err(error) = request.peer.notify_progress(progress).await {
        tracing::debug!(tool = name, %error, "the client was not told that its call runs");
    }
}
