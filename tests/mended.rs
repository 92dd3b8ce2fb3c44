//! The mistakes of `tests/ui`, corrected: each compiles, and runs. One a file in `tests/ui/mended`, of the same name.
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

#[path = "mended/awaits.rs"]
mod awaits;
#[path = "mended/determinism.rs"]
mod determinism;
#[path = "mended/errors.rs"]
mod errors;
#[path = "mended/handles.rs"]
mod handles;
#[path = "mended/no_return.rs"]
mod no_return;
#[path = "mended/recorded.rs"]
mod recorded;
#[path = "mended/relations.rs"]
mod relations;
#[path = "mended/saga_words.rs"]
mod saga_words;
#[path = "mended/signatures.rs"]
mod signatures;
#[path = "mended/step_words.rs"]
mod step_words;
