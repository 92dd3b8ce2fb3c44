//! The compiler's messages for mistakes. One mistake a file in `tests/ui`; review the messages beside them.
//!
//! In `tests/ui/many` are files with several mistakes, each of which must be reported.
//!
//! To rewrite one message: `TRYBUILD=overwrite cargo test --all-features --test macros_ui -- ui trybuild=sg0101`.
//!
//! Apart from `tests/all`: it keeps both cores busy with compilers, and tests of real processes have limits of time.

#![allow(unsafe_code)]

mod ui {
    /// The flags that trybuild has for programs. For what they depend on it has all but the last, so that cargo would
    /// compile each dependency twice.
    const FLAGS: &[&str] = &["--cfg", "trybuild", "--verbose", "-A", "dead_code", "--diagnostic-width=140"];

    #[test]
    fn mistakes_do_not_compile_and_the_compiler_explains() {
        // SAFETY: this is the only test of the program, and no other thread reads the environment yet.
        unsafe { std::env::set_var("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f")) };
        let cases = trybuild::TestCases::new();
        cases.compile_fail("tests/ui/*.rs");
        cases.compile_fail("tests/ui/many/*.rs");
    }
}
