//! How values are encoded, and how large they may be.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind};

use saga_core::record::Lost;
use saga_core::{Codecs, DecodeError, EncodeError, Payload};
use serde::Serialize;

use crate::value::defaults::{PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_WARN};
use crate::value::panics::message_of;
use crate::value::recorded::{self, Again, Recorded, Recording, Value};
use crate::value::text::{bounded, text_of};

/// An error above the limit is cut to no more than this.
const ERROR_BYTES_CUT: usize = 8 * 1024;

/// How values are recorded.
#[derive(Debug, Clone)]
pub(crate) struct Encoding {
    pub(crate) codecs: Codecs,
    pub(crate) bytes_warn: usize,
    pub(crate) bytes_max: usize,
}

impl Default for Encoding {
    fn default() -> Self {
        Self { codecs: Codecs::default(), bytes_warn: PAYLOAD_BYTES_WARN, bytes_max: PAYLOAD_BYTES_MAX }
    }
}

impl Encoding {
    pub(crate) fn decode<T: Recorded>(&self, payload: &Payload) -> Result<T, DecodeError> {
        recorded::decode(&self.codecs, payload)
    }

    /// Encodes a value that is needed before anything happens: one that is too large, or would not come back the same,
    /// is an error in words.
    pub(crate) fn encode_input<T: Recorded>(&self, value: &T) -> Result<Payload, String> {
        let write = || recorded::printed(value);
        self.keep(&Value::of::<T>(&write))
    }

    pub(crate) fn keep(&self, value: &Value<'_>) -> Result<Payload, String> {
        let kept = catch_unwind(AssertUnwindSafe(|| recorded::keep(value, &self.codecs)));
        self.checked(kept.map_err(message_of)?, value.name)
    }

    fn checked(&self, encoded: Result<Payload, EncodeError>, what: &str) -> Result<Payload, String> {
        self.check_size(encoded.map_err(|e| text_of(&e))?, what)
    }

    /// Encodes a value for what the journal has in its place: the recorded one, if it means the same to this build.
    pub(crate) fn encode_as_recorded(&self, value: &Value<'_>, there: &Payload) -> Result<Payload, String> {
        let payload = value.written().and_then(|payload| self.codecs.seal(payload));
        let payload = self.checked(payload, value.name)?;
        Ok(if self.is_same(there, &payload, value.again) { there.clone() } else { payload })
    }

    /// Returns true if a recorded value, read as this build's type, is the one that is `given`: fields may have been
    /// added with a default, removed or renamed with an alias, types widened.
    pub(crate) fn means_same<T: Recorded>(&self, recorded: &Payload, given: &Payload) -> bool {
        self.is_same(recorded, given, recorded::written_again::<T>)
    }

    fn is_same(&self, recorded: &Payload, given: &Payload, again: fn(&Codecs, &Payload) -> Again) -> bool {
        self.codecs.same(recorded, given)
            || matches!(again(&self.codecs, recorded), Ok(Ok((again, _))) if self.codecs.same(&again, given))
    }

    /// Encodes a value from outside, given in place of a recorded one or sent as a signal: hidden whole until it is read as
    /// what it is meant to be.
    pub(crate) fn encode_given<T: Serialize>(&self, value: &T) -> Result<Payload, String> {
        let payload = Payload::given(value).and_then(|payload| self.codecs.seal(payload));
        self.checked(payload, type_name::<T>())
    }

    /// Reads what was given in place of a recorded value.
    pub(crate) fn decode_given<T: Recorded>(
        &self,
        given: &Payload,
        there: &Payload,
    ) -> Result<T, DecodeError> {
        recorded::decode_given(&self.codecs, given, Some(there))
    }

    /// Encodes a value of something that has happened.
    pub(crate) fn encode_output<T: Recorded>(&self, value: &T) -> Result<Payload, Lost> {
        self.encode_input(value).map_err(|why| Lost { why })
    }

    /// Encodes an error. One that is too large is cut; one that cannot be recorded at all is recorded as that, its text
    /// being kept elsewhere: what failed has failed, however badly it says so.
    pub(crate) fn encode_error<T>(&self, recording: &Recording<T>, error: &T) -> Payload {
        let encoded = catch_unwind(AssertUnwindSafe(|| self.encode_readable(recording, error)));
        encoded.unwrap_or_else(|panic| Err(message_of(panic))).unwrap_or_else(|why| {
            let what = type_name::<T>();
            tracing::warn!(error = what, %why, "an error could not be recorded");
            Payload::unrecordable(&bounded(format!("{what}: {why}")))
        })
    }

    /// Encodes a value so that it can be read again, cut if it is too large.
    fn encode_readable<T>(&self, recording: &Recording<T>, value: &T) -> Result<Payload, String> {
        let plain = (recording.encode)(value, &Codecs::default()).map_err(|e| text_of(&e))?;
        let seal = |payload: Payload| self.codecs.seal(payload).map_err(|e| text_of(&e));
        let shown =
            |error: DecodeError| if self.codecs.is_sealing() { error.without_values() } else { error };
        let readable = |payload: &Payload| {
            let read = (recording.decode)(&Codecs::default(), payload).map(drop);
            read.map_err(|error| text_of(&shown(error)))
        };
        readable(&plain)?;
        let whole = seal(plain.clone()).and_then(|payload| self.check_size(payload, type_name::<T>()));
        whole.or_else(|too_large| {
            // Each attempt records one. And sealed, it takes more than its own bytes.
            let room = ERROR_BYTES_CUT.min(self.bytes_max / 2);
            let cut = plain.cut(room).ok_or_else(|| too_large.clone())?;
            readable(&cut).map_err(|why| format!("{too_large}; and cut, {why}"))?;
            seal(cut)
        })
    }

    pub(crate) fn check_size(&self, payload: Payload, what: &str) -> Result<Payload, String> {
        let bytes = payload.bytes();
        if bytes > self.bytes_max {
            return Err(format!("{what}: {bytes} bytes, more than the {} that are recorded", self.bytes_max));
        }
        if bytes > self.bytes_warn {
            tracing::warn!(
                what,
                bytes,
                warn = self.bytes_warn,
                max = self.bytes_max,
                "a large value is recorded"
            );
        }
        Ok(payload)
    }
}
