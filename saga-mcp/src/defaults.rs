//! The defaults of a server.

use std::time::Duration;

/// The time for which a call is awaited before it is answered with a receipt. The request of a TypeScript client ends after
/// 60 s, unless it is told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(50);

/// The time between two reports to a client that asked for progress.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// The time that running steps have to end after the host has closed standard input or sent SIGTERM. Hosts kill the
/// process after 2 s.
pub const DRAIN: Duration = Duration::from_millis(1000);

/// The time for the answers of those steps to be written after that.
pub const ANSWERS: Duration = Duration::from_millis(200);

/// The least time for which a session without calls stays in memory; twice that at most. Its next call finds it again.
pub const KEPT: Duration = Duration::from_secs(60);
