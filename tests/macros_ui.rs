//! The compiler's messages for mistakes. One mistake a file in `tests/ui`; review the messages beside them.
//!
//! In `tests/ui/many` are files with several mistakes, each of which must be reported.
//!
//! To rewrite one message: `TRYBUILD=overwrite cargo test --all-features --test macros_ui -- ui trybuild=sg0101`.
//!
//! Apart from `tests/all`: it keeps both cores busy with compilers, and tests of real processes have limits of time.

mod ui {
    #[test]
    fn mistakes_do_not_compile_and_the_compiler_explains() {
        let cases = trybuild::TestCases::new();
        cases.compile_fail("tests/ui/*.rs");
        cases.compile_fail("tests/ui/many/*.rs");
    }
}
