//! The fate of a call: most succeed, and some fail in every way in which calls fail.

use std::time::Duration;

use saga::journal::Role;

use super::Call;
use crate::draw::Draw;

/// The maximum number of failing calls at one site. Later calls succeed, which lets every saga end.
const TROUBLES_MAX: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It lands, and answers so.
    Well,
    /// It lands, and answers so after a while.
    Slow(Duration),
    /// It does not land, and answers that a retry may.
    Busy,
    /// It does not land, and answers that no retry will.
    Refused,
    /// It lands, and answers that it does not know.
    UnclearLanded,
    /// It does not land, and answers that it does not know.
    UnclearLost,
    /// It lands, and never answers.
    SilentLanded,
    /// It does not land, and never answers.
    SilentLost,
    /// It never answers, and lands after a while.
    Late(Duration),
}

impl Fate {
    /// Returns the fate of the `nth` call of that role at that site.
    pub(crate) fn of(seed: u64, call: &Call, nth: u32) -> Self {
        if nth >= TROUBLES_MAX {
            return Fate::Well;
        }
        let mut draw = Draw::of(seed, &[&call.saga, &call.site, &call.role.to_string(), &nth.to_string()]);
        // A refused compensation makes a dead letter, and is therefore rare.
        let refused = if call.role == Role::Do { 20 } else { 4 };
        match draw.below(1000) {
            0..60 => Fate::Slow(Duration::from_millis(draw.between(1, 15))),
            60..100 => Fate::Busy,
            100..115 => Fate::UnclearLanded,
            115..130 => Fate::UnclearLost,
            130..145 => Fate::SilentLanded,
            145..155 => Fate::SilentLost,
            155..165 => Fate::Late(Duration::from_millis(draw.between(1, 250))),
            drawn if (165..165 + refused).contains(&drawn) => Fate::Refused,
            _ => Fate::Well,
        }
    }

    /// Returns the time in flight; `None` if it lands at once or never.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Fate::Slow(wait) | Fate::Late(wait) => Some(wait),
            _ => None,
        }
    }

    pub(crate) fn lands(self) -> bool {
        matches!(self, Fate::Well | Fate::Slow(_) | Fate::UnclearLanded | Fate::SilentLanded | Fate::Late(_))
    }
}
