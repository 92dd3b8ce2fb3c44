//! The mistakes of `tests/ui`, corrected: each compiles, and runs. One a file in `tests/ui/mended`, of the same name.
//!
//! Apart from `tests/all`, because they take as long to compile as all of it: two cores can do both at a time.
// Users copy them from a page, so each is a whole program.
#![allow(clippy::unwrap_used, clippy::useless_vec, clippy::let_underscore_must_use, unreachable_pub)]

/// The programs of one family of rules: each is a module, and its `main` a test.
macro_rules! mended {
    ($($name:ident)*) => {$(
        mod $name {
            include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui/mended/", stringify!($name), ".rs"));
            #[test]
            fn runs() {
                main();
            }
        }
    )*};
}

mod awaits;
mod determinism;
mod errors;
mod handles;
mod no_return;
mod own;
mod recorded;
mod relations;
mod saga_words;
mod sessions;
mod signatures;
mod step_words;
mod tools;
