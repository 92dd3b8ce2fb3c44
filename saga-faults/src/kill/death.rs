//! The ways in which the workers of a round end, from its seed.

use std::time::Duration;

use crate::draw::Draw;
use crate::port::Kill;

/// What happens to one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It is killed this long after its start, whatever it is doing.
    Starting(Duration),
    /// It is killed this long after it has joined.
    Working(Duration),
    /// It kills itself at a write.
    AtWrite(Kill),
    /// It is stopped this long after it has joined.
    Stopped {
        after: Duration,
        time: Duration,
        /// True if another worker starts meanwhile; it must be refused.
        rival: bool,
        /// If given, the worker is woken, and killed this long after that; if `None`, it is killed while stopped.
        wakes: Option<Duration>,
    },
}

/// Returns the deaths of a round, in order.
pub(crate) fn deaths(seed: u64) -> Vec<Death> {
    let mut draw = Draw::of(seed, &["deaths"]);
    let count = draw.between(3, 6);
    (0..count).map(|_| death(&mut draw)).collect()
}

fn death(draw: &mut Draw) -> Death {
    let ms =
        |draw: &mut Draw, low: u64, high: u64| Duration::from_micros(draw.between(low * 1000, high * 1000));
    match draw.below(100) {
        0..8 => Death::Starting(ms(draw, 0, 15)),
        8..36 => Death::Working(ms(draw, 0, 60)),
        36..48 => Death::AtWrite(Kill::InFile(draw.between(1, 150))),
        48..62 => Death::AtWrite(Kill::Before(draw.between(1, 40))),
        62..82 => Death::AtWrite(Kill::After(draw.between(1, 40))),
        _ => Death::Stopped {
            after: ms(draw, 1, 50),
            time: ms(draw, 1, 30),
            rival: draw.chance(50),
            wakes: draw.chance(65).then(|| ms(draw, 0, 40)),
        },
    }
}
