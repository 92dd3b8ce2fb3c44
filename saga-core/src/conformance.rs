//! The suite that holds every store to the contract of [`Store`](crate::store::Store).
