//! The defaults of a runtime. The page `docs/defaults.md` lists them together with those of steps.

use std::time::Duration;

/// The time that a worker's claims last without a sign of life: [`Builder::lease`](crate::Builder::lease).
pub const LEASE: Duration = Duration::from_secs(30);
/// The longest wait that a saga spends in memory: [`Builder::linger`](crate::Builder::linger).
pub const LINGER: Duration = Duration::from_secs(1);
/// The number of sagas that a worker drives at a time: [`Builder::running_max`](crate::Builder::running_max).
pub const RUNNING_MAX: usize = 10_000;
/// The number of compensations of one step that run at a time in a worker:
/// [`Builder::compensations_max`](crate::Builder::compensations_max).
pub const COMPENSATIONS_MAX: usize = 32;
/// The size of a recorded value, in bytes, above which the runtime logs a warning:
/// [`Builder::payload_bytes`](crate::Builder::payload_bytes).
pub const PAYLOAD_BYTES_WARN: usize = 256 * 1024;
/// The size of a value, in bytes, above which it is not recorded: [`Builder::payload_bytes`](crate::Builder::payload_bytes).
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The number of deaths charged to a saga for which it is dead-lettered:
/// [`Builder::poison_pill_deaths`](crate::Builder::poison_pill_deaths).
pub const POISON_PILL_DEATHS: u32 = 5;
/// The time for which a process must live before it runs a saga to which three deaths are charged:
/// [`Builder::quarantine_delay`](crate::Builder::quarantine_delay).
pub const QUARANTINE_DELAY: Duration = Duration::from_secs(10);

/// The defaults of a session.
pub mod session {
    use std::time::Duration;

    /// The number of calls that a session may make: [`SessionBuilder::calls_max`](crate::SessionBuilder::calls_max).
    pub const CALLS_MAX: u32 = 10_000;
    /// The time without a call after which a session is rolled back:
    /// [`SessionBuilder::idle_after`](crate::SessionBuilder::idle_after).
    pub const IDLE: Duration = Duration::from_secs(24 * 60 * 60);
}
