//! How long a saga that waits stays in memory after something has happened to it. Releasing one costs nothing, but
//! claiming it again means to read and fold its journal and to run its body over that. So a saga with a long journal
//! stays for a hundred times what that takes, and no more than a hundredth of a CPU is spent on coming back, however
//! many signals come.

use std::time::Duration;

use saga_core::{State, Timestamp};

/// A saga with fewer records is released at once.
const RECORDS_MIN: u64 = 64;
/// To read, fold and replay a record takes a few microseconds.
const FOR_EACH_RECORD: Duration = Duration::from_micros(300);

/// Whether a saga stays in memory although it could be released.
#[derive(Debug)]
pub(super) struct Stay {
    /// It does until its time is over.
    stays: bool,
    /// Its time is over, and nothing has happened since.
    is_over: bool,
}

/// One that has just been claimed, and to which nothing else happens, is released at once: should the process die
/// again, that does not count as a death of this saga.
impl Default for Stay {
    fn default() -> Self {
        Self { stays: false, is_over: true }
    }
}

impl Stay {
    /// Decides whether the saga stays in memory, and until when at most; no longer than `longest`.
    pub(super) fn lengthens(
        &mut self,
        wake: &mut Option<(Timestamp, Duration)>,
        state: &State,
        now: Timestamp,
        longest: Duration,
    ) -> bool {
        let records = state.next_seq();
        if self.is_over || records < RECORDS_MIN || longest.is_zero() {
            return false;
        }
        let stay = FOR_EACH_RECORD.saturating_mul(u32::try_from(records).unwrap_or(u32::MAX)).min(longest);
        if wake.is_none_or(|(_, left)| left > stay) {
            *wake = Some((now.after(stay), stay));
        }
        self.stays = true;
        true
    }

    /// Ends a wait: because its time was over, or because something has happened.
    pub(super) fn ends(&mut self, is_over: bool) {
        self.is_over = std::mem::take(&mut self.stays) && is_over;
    }

    /// Begins a new stay, because something was delivered.
    pub(super) fn begins(&mut self) {
        self.is_over = false;
    }
}
