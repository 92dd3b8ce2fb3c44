//! The macros where names are shadowed, the crate is re-exported, and items are in odd places, with all lints denied.
//! The crate under another name in `Cargo.toml`: `tests/renamed`.
#![deny(missing_docs, unused_qualifications, unreachable_pub, warnings, clippy::all, clippy::pedantic)]
#![allow(clippy::unwrap_used)]

/// The crate under another name, and nothing else of it in scope.
pub mod renamed {
    pub use ::saga as durable;

    use durable::{Failure, IdempotencyKey, SagaError, StepError, StepFailure, saga, step};

    /// Local items with names of the standard library.
    #[allow(dead_code)]
    mod shadows {
        pub(super) struct Result;
        pub(super) struct Option;
        pub(super) struct Box;
        pub(super) struct String;
        pub(super) struct Vec;
        pub(super) trait From {}
        pub(super) trait Into {}
        pub(super) trait Clone {}
        #[allow(non_snake_case)]
        pub(super) const fn Ok() {}
        #[allow(non_snake_case)]
        pub(super) const fn Err() {}
        #[allow(non_snake_case)]
        pub(super) const fn Some() {}
        pub(super) mod core {}
        pub(super) mod std {}
        pub(super) mod serde {}
    }
    #[allow(unused_imports)]
    use shadows::*;

    type Fine<T, E> = ::core::result::Result<T, E>;

    /// The error of a hold.
    #[derive(Debug, serde_again::Serialize, serde_again::Deserialize, StepError)]
    #[serde(crate = "serde_again")]
    #[step_error(crate = durable)]
    pub enum HoldError {
        /// Permanent.
        #[permanent]
        Full,
        /// Transient.
        #[transient(retry_after = wait)]
        Busy {
            /// The time to wait.
            wait: ::core::time::Duration,
        },
    }

    impl ::core::fmt::Display for HoldError {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("not held")
        }
    }

    impl ::core::error::Error for HoldError {}

    /// The error of a trip.
    #[derive(Debug, serde_again::Serialize, serde_again::Deserialize, SagaError)]
    #[serde(crate = "serde_again")]
    #[saga_error(crate = durable)]
    pub enum TripError {
        /// A hold failed.
        Hold(StepFailure<HoldError>),
    }

    impl ::core::fmt::Display for TripError {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("no trip")
        }
    }

    impl ::core::error::Error for TripError {}

    use ::serde as serde_again;

    /// Holds something.
    #[step(compensate = release(output, given), idempotent, crate = durable)]
    pub async fn hold(given: u32, input: u32, cx: u32) -> Fine<u32, HoldError> {
        if given > 9 { Fine::Err(HoldError::Full) } else { Fine::Ok(given + input + cx) }
    }

    /// Releases it.
    #[step(retriable, crate = durable)]
    pub async fn release(key: &IdempotencyKey, registry: u32, given: u32) -> Fine<(), Failure> {
        let _ = (registry, given, key.as_str());
        Fine::Ok(())
    }

    /// Has parameters with the names of the expansion's own variables.
    #[saga(crate = durable)]
    pub async fn trip(cx: u32, result: u32, witness_0: u32, turns_0: u32) -> Fine<u32, TripError> {
        let value = hold(cx, result, witness_0).await?;
        let mut failure = turns_0;
        #[bound(3)]
        while failure < 2 {
            let turn_0 = 1;
            failure += turn_0;
            durable::all((hold(1, 2, 3), durable::sleep("1s"))).await?;
        }
        if failure > 100 {
            return Fine::Ok(0);
        }
        note(value);
        let _ = note(failure);
        Fine::Ok(checked(value)? + failure)
    }

    const fn note(number: u32) -> u32 {
        number
    }

    const fn checked(number: u32) -> Fine<u32, StepFailure<HoldError>> {
        if number > 9999 { Fine::Err(StepFailure::Interrupted) } else { Fine::Ok(number) }
    }
}

/// Wraps the macros in a user's macro.
macro_rules! order {
    ($step:ident, $undo:ident, $saga:ident, $field:ident) => {
        /// Orders.
        #[saga::step(compensate = $undo($field, output), idempotent)]
        pub async fn $step($field: u32) -> Result<u32, saga::Failure> {
            Ok($field)
        }

        /// Undoes it.
        #[saga::step(retriable, idempotent)]
        pub async fn $undo($field: u32, given: u32) -> Result<(), saga::Failure> {
            let _ = $field + given;
            Ok(())
        }

        /// Runs it.
        #[saga::saga]
        pub async fn $saga($field: u32) -> Result<u32, saga::Failure> {
            let ordered = $step($field).await?;
            Ok(ordered + $field)
        }
    };
}

order!(order_book, cancel_book, buy_book, book);

/// Has two steps of one name, in modules of their own.
pub mod two {
    use saga::Awaitable as _;

    /// The first.
    pub mod one {
        /// Does nothing.
        ///
        /// # Errors
        /// None.
        #[saga::step(readonly)]
        pub async fn look() -> Result<u32, saga::Failure> {
            Ok(1)
        }
    }

    /// Another step of that name, called by its path.
    #[saga::step(readonly, name = "look_again")]
    pub async fn look() -> Result<u32, saga::Failure> {
        Ok(2)
    }

    /// Calls both of them.
    #[saga::saga]
    pub async fn both() -> Result<u32, saga::Failure> {
        Ok(one::look().await? + look().await? + look().named("third").await?)
    }
}

/// Expands to steps in a user's macro, with the user's path to the crate.
macro_rules! steps_of {
    ($root:path; $($name:ident)*) => {$(
        /// Gives the next seat.
        #[saga::step(readonly, crate = $root)]
        pub async fn $name(seat: u32) -> Result<u32, saga::Failure> {
            Ok(seat + 1)
        }
    )*};
}

/// Reaches the crate by a path of two parts, as through a crate that re-exports it.
pub mod re_exported {
    /// The module that others depend on.
    pub mod facade {
        pub use ::saga as sagas;
    }

    steps_of!(super::re_exported::facade::sagas; one other);

    /// Calls both.
    #[facade::sagas::saga(crate = facade::sagas)]
    pub async fn calls_both(seat: u32) -> Result<u32, saga::Failure> {
        Ok(other(one(seat).await?).await?)
    }
}

/// Runs a saga to its end; returns its output.
async fn run<S: saga::Saga>(call: saga::SagaCall<S>) -> Option<S::Output> {
    let runtime = saga::test::TestRuntime::start(saga::Builder::saga::<S>).await.unwrap();
    runtime.run("a", call).await.unwrap().outcome().await.unwrap().completed()
}

#[tokio::test(start_paused = true)]
async fn where_the_names_of_the_standard_library_are_shadowed() {
    assert_eq!(run(renamed::trip(1, 2, 3, 0)).await, Some(8));
}

#[tokio::test(start_paused = true)]
async fn where_the_crate_is_re_exported() {
    assert_eq!(run(re_exported::calls_both(1)).await, Some(3));
}

#[tokio::test(start_paused = true)]
async fn behind_a_macro_of_ones_own() {
    assert_eq!(run(buy_book(2)).await, Some(4));
}

#[tokio::test(start_paused = true)]
async fn in_modules() {
    let runtime = saga::test::TestRuntime::start(saga::Builder::saga::<two::both>).await.unwrap();
    let both = runtime.run("a", two::both()).await.unwrap();
    assert_eq!(both.outcome().await.unwrap().completed(), Some(5));
    let sites: Vec<String> = both.look().await.unwrap().sites().map(|(site, _)| site.to_string()).collect();
    assert_eq!(sites, ["look", "look_again#2", "third"]);
}

#[tokio::test(start_paused = true)]
async fn inside_a_function() {
    use saga as ours;

    #[ours::step(irreversible, idempotent, retriable, crate = ours)]
    async fn inside(text: String) -> Result<String, saga::Failure> {
        Ok(text)
    }

    #[ours::saga(crate = ours)]
    async fn in_a_function(text: String) -> Result<String, saga::Failure> {
        Ok(inside(text).await)
    }

    assert_eq!(run(in_a_function("x".to_owned())).await.as_deref(), Some("x"));
    let state = |state: InAFunctionState| matches!(state, InAFunctionState::Completed(_));
    let runtime = saga::test::TestRuntime::start(saga::Builder::saga::<in_a_function>).await.unwrap();
    let handle = runtime.run("a", in_a_function("y".to_owned())).await.unwrap();
    handle.outcome().await.unwrap();
    assert!(state(handle.state().await.unwrap()));
}
