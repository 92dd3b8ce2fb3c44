//! What the compiler says of mistakes. One a file in `tests/ui`; the messages beside them are read by people.
//!
//! One message, written anew: `TRYBUILD=overwrite cargo test --all-features --test macros_ui -- ui trybuild=sg0101`.

mod ui {
    #[test]
    fn mistakes_do_not_compile_and_the_compiler_explains() {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}
