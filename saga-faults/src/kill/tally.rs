//! The counts of all rounds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use saga::Reason;

/// Counts over rounds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) sagas: u64,
    pub(crate) effects: u64,
    pub(crate) undone: u64,
    /// Deliveries from outside, except those that resolve dead letters.
    pub(crate) deliveries: u64,
    kills: BTreeMap<&'static str, u64>,
    stops: u64,
    refused: u64,
    dead_letters: BTreeMap<String, u64>,
    ends: BTreeMap<&'static str, u64>,
    /// For each worker after a death: the time from its start until it joined.
    recoveries: Vec<Duration>,
    /// For each kill: the number of sagas under way.
    under_way: Vec<usize>,
    /// For each last worker: the time from its start until every saga had ended, including dead letters.
    ends_after: Vec<Duration>,
    slowest_round: Duration,
}

impl Tally {
    pub(crate) fn add(&mut self, round: Tally) {
        self.rounds += round.rounds;
        self.sagas += round.sagas;
        self.effects += round.effects;
        self.undone += round.undone;
        self.deliveries += round.deliveries;
        self.stops += round.stops;
        self.refused += round.refused;
        round.kills.into_iter().for_each(|(kind, count)| *self.kills.entry(kind).or_default() += count);
        round.ends.into_iter().for_each(|(end, count)| *self.ends.entry(end).or_default() += count);
        for (reason, count) in round.dead_letters {
            *self.dead_letters.entry(reason).or_default() += count;
        }
        self.recoveries.extend(round.recoveries);
        self.under_way.extend(round.under_way);
        self.ends_after.extend(round.ends_after);
        self.slowest_round = self.slowest_round.max(round.slowest_round);
    }

    pub(crate) fn kill(&mut self, kind: &'static str, under_way: usize) {
        *self.kills.entry(kind).or_default() += 1;
        self.under_way.push(under_way);
    }

    pub(crate) fn kills(&self) -> u64 {
        self.kills.values().sum()
    }

    pub(crate) fn stop(&mut self) {
        self.stops += 1;
    }

    pub(crate) fn refuse(&mut self) {
        self.refused += 1;
    }

    pub(crate) fn end(&mut self, end: &'static str) {
        *self.ends.entry(end).or_default() += 1;
    }

    pub(crate) fn dead_letter(&mut self, reason: Reason) {
        *self.dead_letters.entry(reason.to_string()).or_default() += 1;
    }

    pub(crate) fn recovery(&mut self, took: Duration) {
        self.recoveries.push(took);
    }

    pub(crate) fn everything_ended(&mut self, after: Duration) {
        self.ends_after.push(after);
    }

    pub(crate) fn round(&mut self, took: Duration) {
        (self.rounds, self.slowest_round) = (1, took);
    }
}

/// Returns the median.
fn median<T: Copy + Ord + Default>(values: &[T]) -> T {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: Vec<(&str, u64)>| {
            let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
            counts.join(", ")
        };
        let of = |counts: &BTreeMap<&'static str, u64>| list(counts.iter().map(|(k, v)| (*k, *v)).collect());
        writeln!(f, "{} rounds, the slowest {:.2} s", self.rounds, self.slowest_round.as_secs_f64())?;
        writeln!(f, "{} sagas: {}", self.sagas, of(&self.ends))?;
        writeln!(f, "{} kills: {}", self.kills(), of(&self.kills))?;
        writeln!(f, "{} stops; {} rivals refused by the holder's number", self.stops, self.refused)?;
        writeln!(
            f,
            "under way at a kill: {} sagas in the median, {} at most",
            median(&self.under_way),
            self.under_way.iter().max().unwrap_or(&0)
        )?;
        writeln!(
            f,
            "{} effects, {} of them undone; {} deliveries from outside",
            self.effects, self.undone, self.deliveries
        )?;
        let letters: u64 = self.dead_letters.values().sum();
        let reasons = list(self.dead_letters.iter().map(|(k, v)| (k.as_str(), *v)).collect());
        writeln!(f, "{letters} dead letters, all mended: {reasons}")?;
        writeln!(
            f,
            "{} recoveries, from the start of the process until it has joined: {} in the median, {} at most",
            self.recoveries.len(),
            ms(median(&self.recoveries)),
            ms(self.recoveries.iter().max().copied().unwrap_or_default())
        )?;
        write!(
            f,
            "left alone, everything had ended after {} in the median, {} at most",
            ms(median(&self.ends_after)),
            ms(self.ends_after.iter().max().copied().unwrap_or_default())
        )
    }
}
