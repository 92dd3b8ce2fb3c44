//! The results of the rounds, and their medians.

use serde::Deserialize;

use super::peer::{PEERS, Peer};

/// A line that a peer's program prints.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    pub(super) peer: String,
    pub(super) durability: String,
    pub(super) concurrency: usize,
    pub(super) steps_per_s: f64,
    pub(super) fsyncs_per_step: Option<f64>,
}

/// One peer at one concurrency.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) durability: String,
    pub(super) concurrency: usize,
    pub(super) steps_per_s: f64,
    pub(super) fsyncs_per_step: Option<f64>,
    /// The speed of saga divided by that of this peer; `None` for saga itself, or if saga was not measured.
    pub(super) ratio: Option<f64>,
}

/// All results.
#[derive(Debug, Default)]
pub(super) struct Figures {
    lines: Vec<(Peer, Line)>,
    left_out: Vec<(Peer, String)>,
}

impl Figures {
    /// Adds the results of one round.
    pub(super) fn add(&mut self, peer: Peer, lines: Vec<Line>) {
        self.lines.extend(lines.into_iter().map(|line| (peer, line)));
    }

    /// Removes a peer, with the results it already has.
    pub(super) fn leave_out(&mut self, peer: Peer, reason: String) {
        self.lines.retain(|(other, _)| *other != peer);
        self.left_out.push((peer, reason));
    }

    pub(super) fn is_left_out(&self, peer: Peer) -> bool {
        self.left_out.iter().any(|(other, _)| *other == peer)
    }

    /// Returns the peers left out, with reasons.
    pub(super) fn left_out(&self) -> impl Iterator<Item = (String, &str)> {
        self.left_out.iter().map(|(peer, reason)| {
            let full = if peer.is_full { " (full)" } else { "" };
            (format!("{}{full}", peer.folder), reason.as_str())
        })
    }

    /// Returns the medians, in the order of the first measurements.
    pub(super) fn medians(&self) -> Vec<Figure> {
        let mut keys: Vec<(Peer, usize)> = Vec::new();
        for (peer, line) in &self.lines {
            if !keys.contains(&(*peer, line.concurrency)) {
                keys.push((*peer, line.concurrency));
            }
        }
        keys.into_iter().filter_map(|(peer, concurrency)| self.figure(peer, concurrency)).collect()
    }

    fn figure(&self, peer: Peer, concurrency: usize) -> Option<Figure> {
        let of = |peer: Peer| {
            let lines =
                self.lines.iter().filter(move |(one, line)| *one == peer && line.concurrency == concurrency);
            lines.map(|(_, line)| line)
        };
        let first = of(peer).next()?;
        let steps_per_s = median(of(peer).map(|line| line.steps_per_s))?;
        let reference = PEERS[0];
        let saga = median(of(reference).map(|line| line.steps_per_s)).filter(|_| peer != reference);
        Some(Figure {
            name: first.peer.clone(),
            durability: first.durability.clone(),
            concurrency,
            steps_per_s,
            fsyncs_per_step: median(of(peer).filter_map(|line| line.fsyncs_per_step)),
            ratio: saga.map(|saga| saga / steps_per_s),
        })
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| crate::bench::form::median(&mut values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(concurrency: usize, steps_per_s: f64, fsyncs_per_step: Option<f64>) -> Line {
        let (peer, durability) = ("one 1.0".to_owned(), "none".to_owned());
        Line { peer, durability, concurrency, steps_per_s, fsyncs_per_step }
    }

    #[test]
    fn the_ratio_is_of_the_medians_at_the_same_concurrency() {
        let mut figures = Figures::default();
        for (saga, other) in [(100.0, 50.0), (900.0, 40.0), (200.0, 90.0)] {
            figures.add(PEERS[0], vec![line(1, saga, Some(1.0)), line(64, saga * 10.0, None)]);
            figures.add(PEERS[1], vec![line(1, other, None)]);
        }
        let medians = figures.medians();
        assert_eq!(medians.len(), 3);
        assert_eq!((medians[0].steps_per_s, medians[0].ratio), (200.0, None));
        assert_eq!((medians[1].steps_per_s, medians[1].fsyncs_per_step), (2000.0, None));
        assert_eq!((medians[2].steps_per_s, medians[2].ratio), (50.0, Some(4.0)));
    }

    #[test]
    fn what_is_left_out_later_shows_nothing_of_before() {
        let mut figures = Figures::default();
        figures.add(PEERS[0], vec![line(1, 100.0, None)]);
        figures.add(PEERS[3], vec![line(1, 10.0, None)]);
        figures.leave_out(PEERS[3], "it has stopped".to_owned());
        assert_eq!(figures.medians().len(), 1);
        assert!(figures.is_left_out(PEERS[3]) && !figures.is_left_out(PEERS[2]));
        let left_out: Vec<_> = figures.left_out().collect();
        assert_eq!(left_out, [("duroxide (full)".to_owned(), "it has stopped")]);
    }

    #[test]
    fn without_saga_there_is_no_ratio() {
        let mut figures = Figures::default();
        figures.add(PEERS[1], vec![line(1, 100.0, None)]);
        assert_eq!(figures.medians()[0].ratio, None);
    }
}
