//! What the compiler says of mistakes. One a file in `tests/ui`; the messages beside them are read by people.
//!
//! In `tests/ui/many` are files with several mistakes, each of which is to be reported.
//!
//! One message, written anew: `TRYBUILD=overwrite cargo test --all-features --test macros_ui -- ui trybuild=sg0101`.

mod ui {
    #[test]
    fn mistakes_do_not_compile_and_the_compiler_explains() {
        let cases = trybuild::TestCases::new();
        cases.compile_fail("tests/ui/*.rs");
        cases.compile_fail("tests/ui/many/*.rs");
    }
}
