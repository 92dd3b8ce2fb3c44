//! What runs of a runtime for as long as there is a handle on it.

use std::sync::Arc;

use crate::drive::engine::Engine;

/// The runtime's own tasks; ended when the last handle on the runtime goes.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    pub(crate) tasks: Vec<tokio::task::AbortHandle>,
}

impl Running {
    pub(crate) fn end(&self) {
        self.tasks.iter().for_each(tokio::task::AbortHandle::abort);
        self.engine.live.end();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
