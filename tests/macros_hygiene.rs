//! The macros where names are shadowed, the crate is renamed, and items stand in odd places, with all lints denied.
#![deny(missing_docs, unused_qualifications, unreachable_pub, warnings, clippy::all, clippy::pedantic)]

/// The crate under another name, and nothing else of it in scope.
pub mod renamed {
    pub use ::saga as durable;

    use durable::{Failure, IdempotencyKey, SagaError, StepError, StepFailure, saga, step};

    /// What the names of the standard library are here.
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

    /// What goes wrong.
    #[derive(Debug, serde_again::Serialize, serde_again::Deserialize, StepError)]
    #[serde(crate = "serde_again")]
    #[step_error(crate = durable)]
    pub enum HoldError {
        /// For good.
        #[permanent]
        Full,
        /// For now.
        #[transient(retry_after = wait)]
        Busy {
            /// How long.
            wait: ::core::time::Duration,
        },
    }

    impl ::core::fmt::Display for HoldError {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("not held")
        }
    }

    impl ::core::error::Error for HoldError {}

    /// What goes wrong with a saga.
    #[derive(Debug, serde_again::Serialize, serde_again::Deserialize, SagaError)]
    #[serde(crate = "serde_again")]
    #[saga_error(crate = durable)]
    pub enum TripError {
        /// A hold.
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

    /// Lets it go.
    #[step(retriable, crate = durable)]
    pub async fn release(key: &IdempotencyKey, registry: u32, given: u32) -> Fine<(), Failure> {
        let _ = (registry, given, key.as_str());
        Fine::Ok(())
    }

    /// With parameters named as the expansion's own names.
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

/// Behind a macro of one's own.
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

/// Two of one name, in modules of their own.
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

    /// Another of that name is named by its path.
    #[saga::step(readonly, name = "look_again")]
    pub async fn look() -> Result<u32, saga::Failure> {
        Ok(2)
    }

    /// Both of them.
    #[saga::saga]
    pub async fn both() -> Result<u32, saga::Failure> {
        Ok(one::look().await? + look().await? + look().named("third").await?)
    }
}

#[tokio::test(start_paused = true)]
async fn they_run_all_the_same() {
    #[saga::step(irreversible, idempotent, retriable)]
    async fn inside(text: String) -> Result<String, saga::Failure> {
        Ok(text)
    }

    #[saga::saga]
    async fn in_a_function(text: String) -> Result<String, saga::Failure> {
        Ok(inside(text).await)
    }

    let runtime = saga::test::TestRuntime::start(|builder| {
        builder.saga::<renamed::trip>().saga::<buy_book>().saga::<two::both>().saga::<in_a_function>()
    });
    let runtime = runtime.await.unwrap();
    let trip = runtime.run("a", renamed::trip(1, 2, 3, 0)).await.unwrap();
    assert_eq!(trip.outcome().await.unwrap().completed(), Some(8));
    let book = runtime.run("b", buy_book(2)).await.unwrap();
    assert_eq!(book.outcome().await.unwrap().completed(), Some(4));
    let both = runtime.run("c", two::both()).await.unwrap();
    assert_eq!(both.outcome().await.unwrap().completed(), Some(5));
    let sites: Vec<String> = both.look().await.unwrap().sites().map(|(site, _)| site.to_string()).collect();
    assert_eq!(sites, ["look", "look_again#2", "third"]);
    let inside = runtime.run("d", in_a_function("x".to_owned())).await.unwrap();
    assert_eq!(inside.outcome().await.unwrap().completed().as_deref(), Some("x"));
    assert!(matches!(inside.state().await.unwrap(), InAFunctionState::Completed(_)));
}
