//! A worker at work: from a claim to the commits and attempts that follow.

pub(crate) mod ack_slot;
pub(crate) mod attempt;
pub(crate) mod bulkhead;
pub(crate) mod committer;
pub(crate) mod delivery;
pub(crate) mod driver;
pub(crate) mod engine;
pub(crate) mod finished;
pub(crate) mod jobs;
pub(crate) mod live;
pub(crate) mod mailbox;
pub(crate) mod observed;
pub(crate) mod port;
pub(crate) mod register;
pub(crate) mod replies;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod shutdown;
pub(crate) mod suspicion;
pub(crate) mod trouble;
pub(crate) mod watchers;
pub(crate) mod worker;
