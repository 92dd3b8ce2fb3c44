//! What attempts and bodies work with, the same for all sagas of a runtime.

use std::sync::Arc;

use crate::value::clock::Clock;
use crate::value::encoding::Encoding;
use crate::value::interference::Interference;

/// What attempts and bodies work with, the same for all.
pub(crate) struct Surroundings {
    pub(crate) encoding: Encoding,
    /// When the attempt ended, for undo windows; asked when needed.
    pub(crate) clock: Arc<dyn Clock>,
    /// `None` outside of tests.
    #[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
    pub(crate) interference: Option<Arc<dyn Interference>>,
}
