//! Nothing. Its tests run the synchronization of `saga-runtime` under [loom](https://docs.rs/loom), in each order in which
//! its operations may happen: the same source files, with loom's primitives in the place of std's.
