//! Nothing. Its tests are built with features of `serde_json` that other crates of a user's build may turn on, and that must
//! not change what a journal means. `cargo test --package unified` builds with them; with more packages, all of those do.
