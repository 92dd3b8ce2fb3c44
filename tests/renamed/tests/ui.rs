//! The compiler's message where `crate = …` or the feature `tools` is missing: one for each, at its place.
//!
//! The flags are those of `tests/macros_ui.rs`, so that cargo compiles each dependency once for both.

#![allow(unsafe_code)]

#[test]
fn a_missing_crate_or_feature_is_said_once_where_it_is_missing() {
    let flags = ["--cfg", "trybuild", "--verbose", "-A", "dead_code", "--diagnostic-width=140"];
    // SAFETY: this is the only test of the program, and no other thread reads the environment yet.
    unsafe { std::env::set_var("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")) };
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
