//! Why a server ended, or did not begin.

use std::net::SocketAddr;

/// The reason for which a server ended, or did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A step of the toolbox has the name of one of the server's own tools.
    #[error("step `{tool}` has the name of one of the server's own tools")]
    NameTaken {
        /// The name.
        tool: String,
    },
    /// Sessions are named by the argument `session`, and a step takes an input of that name.
    #[error("step `{tool}` takes an input `session`, by which calls are to name their session")]
    ArgumentTaken {
        /// The step.
        tool: String,
    },
    /// The given id is not one that a session can have.
    #[error("`{id}` cannot be the id of a session: {why}")]
    Id {
        /// The id.
        id: String,
        /// The mistake in it.
        why: String,
    },
    /// The address can be reached from other machines, and no token was set.
    #[error("{addr} can be reached from other machines, and no token was set")]
    Open {
        /// The address.
        addr: SocketAddr,
    },
    /// The address, a signal or a stream could not be used.
    #[error("{what}")]
    Io {
        /// The operation that failed.
        what: &'static str,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
}

impl ServeError {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
