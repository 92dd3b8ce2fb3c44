//! Texts that all drawings share.

use std::fmt;
use std::time::Duration;

use saga_core::graph::{AwaitPoint, What};

/// Appends a line.
pub(super) fn put(text: &mut String, line: fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}

/// Formats a duration as in `#[step]`: `24h`, `1h30m`.
pub(super) fn length(length: Duration) -> String {
    const UNITS: [(&str, u128); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut rest = length.as_millis();
    let mut text = String::new();
    for (unit, ms) in UNITS {
        // Less than three days are given in hours.
        if rest >= ms && !(unit == "d" && rest < 3 * ms) {
            text.push_str(&format!("{}{unit}", rest / ms));
            rest %= ms;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Returns the title of a place: its site, and the callee if that has another name.
pub(super) fn title(place: &AwaitPoint) -> String {
    let called = place.what.unnamed().label();
    match place.occurrence {
        0 | 1 if place.name == called => place.name.to_owned(),
        0 | 1 => format!("{}: {called}", place.name),
        occurrence => format!("{}#{occurrence}", place.name),
    }
}

/// Returns the title of a branch.
pub(super) fn branch_title(what: &What) -> String {
    match what {
        What::Named(name, what) => format!("{name}: {}", what.unnamed().label()),
        what => what.label().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_they_are_read() {
        let shown = |ms| length(Duration::from_millis(ms));
        let shown = [0, 250, 1500, 5_400_000, 86_400_000, 7 * 86_400_000].map(shown);
        assert_eq!(shown, ["0s", "250ms", "1s500ms", "1h30m", "24h", "7d"]);
    }
}
