//! Shared by all benchmarks: the form of the report, and the median.

/// The form of a benchmark's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    /// The text for the documentation.
    Markdown,
}

/// Returns the median; the upper of two middle values. The slice must not be empty.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
