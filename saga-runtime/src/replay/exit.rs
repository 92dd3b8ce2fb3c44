//! How a body ends.

/// How a body ends. A type of our own, so that no `?` or `return` gets past the macro unseen.
#[derive(Debug)]
pub enum Exit<T, E> {
    /// With its output.
    Done(T),
    /// With its error.
    Failed(E),
}
