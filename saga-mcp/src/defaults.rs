//! What a server does when it is not told otherwise. Each figure stands in its name.

use std::time::Duration;

/// How long a call is waited for before it is answered with a receipt. The request of a TypeScript client ends after
/// 60 s, unless it is told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(50);

/// How often a client that asked for progress is told that the call still runs.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// How long steps that run have to end once the host has closed standard input, or SIGTERM came. Hosts kill the process
/// after 2 s.
pub const DRAIN: Duration = Duration::from_millis(1000);

/// How long the answers of those steps have to be written after that.
pub const ANSWERS: Duration = Duration::from_millis(200);

/// How long a session that makes no calls stays in memory, at least; twice as long at most. It is found again by its
/// next call.
pub const KEPT: Duration = Duration::from_secs(60);
