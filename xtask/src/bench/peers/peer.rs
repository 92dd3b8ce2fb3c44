//! The engines that are measured, and the settings of the measurement.

/// The duration of a round of one peer at one concurrency, in seconds.
pub(super) const SECONDS: &str = "1.2";
/// The numbers of concurrent sagas.
pub(super) const CONCURRENCIES: [&str; 3] = ["1", "64", "256"];

/// An engine in one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its crate in `peers/`.
    pub(super) folder: &'static str,
    /// True if it is set to be as durable as possible, where its default is weaker.
    pub(super) is_full: bool,
}

/// saga is first: the others are compared with it.
pub(super) const PEERS: [Peer; 13] = [
    Peer { folder: "saga", is_full: false },
    Peer { folder: "steno", is_full: false },
    Peer { folder: "duroxide", is_full: false },
    Peer { folder: "duroxide", is_full: true },
    Peer { folder: "dbos", is_full: false },
    Peer { folder: "cano", is_full: false },
    Peer { folder: "apalis", is_full: false },
    Peer { folder: "apalis", is_full: true },
    Peer { folder: "restate", is_full: false },
    Peer { folder: "agentplane", is_full: false },
    Peer { folder: "durare", is_full: false },
    Peer { folder: "durare", is_full: true },
    Peer { folder: "bunqueue", is_full: false },
];
