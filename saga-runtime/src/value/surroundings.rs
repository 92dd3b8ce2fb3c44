//! What attempts and bodies work with, the same for all sagas of a runtime.

use std::sync::Arc;

use crate::value::clock::Clock;
use crate::value::encoding::Encoding;
use crate::value::interference::Interference;
use crate::value::outages::Outages;

/// What attempts and bodies work with, the same for all.
pub(crate) struct Surroundings {
    pub(crate) encoding: Encoding,
    /// As `encoding`, for a step that is called: its input has been opened, and its output is yet to be sealed.
    pub(crate) plain: Encoding,
    pub(crate) outages: Arc<Outages>,
    /// When the attempt ended, for undo windows; asked when needed.
    pub(crate) clock: Arc<dyn Clock>,
    /// `None` outside of tests.
    #[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
    pub(crate) interference: Option<Arc<dyn Interference>>,
}

impl Surroundings {
    pub(crate) fn new(
        encoding: Encoding,
        clock: Arc<dyn Clock>,
        interference: Option<Arc<dyn Interference>>,
    ) -> Arc<Self> {
        let plain = Encoding { codecs: encoding.codecs.plain(), ..encoding.clone() };
        Arc::new(Self { encoding, plain, outages: Arc::default(), clock, interference })
    }
}
