//! The engines that are measured, and how.

/// How long one round of one peer at one concurrency lasts.
pub(super) const SECONDS: &str = "1.2";
/// How many sagas there are at once.
pub(super) const CONCURRENCIES: [&str; 3] = ["1", "64", "256"];

/// One that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its crate in `peers/`.
    pub(super) folder: &'static str,
    /// Set to be as durable as it can be made, where it is not so as it comes.
    pub(super) is_full: bool,
}

/// saga first: the others are compared with it.
pub(super) const PEERS: [Peer; 9] = [
    Peer { folder: "saga", is_full: false },
    Peer { folder: "steno", is_full: false },
    Peer { folder: "duroxide", is_full: false },
    Peer { folder: "duroxide", is_full: true },
    Peer { folder: "dbos", is_full: false },
    Peer { folder: "cano", is_full: false },
    Peer { folder: "apalis", is_full: false },
    Peer { folder: "apalis", is_full: true },
    Peer { folder: "restate", is_full: false },
];
