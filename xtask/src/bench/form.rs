//! What all benchmarks have in common: how they print, and the figure that is taken of several.

/// How a benchmark prints what it has measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    /// As it stands in the documentation.
    Markdown,
}

/// The one in the middle; the upper of the two, if there are two. There is at least one.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
