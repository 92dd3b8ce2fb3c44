const _: () = {
    use ::saga::__private::here as __saga;
    impl __saga::Saga for book_trip {
        const NAME: &'static str = "book_trip";
        const VERSION: u32 = 2u32;
        const GRAPH: ::core::option::Option<&'static __saga::graph::Graph> = ::core::option::Option::Some(
            Self::GRAPH,
        );
        const DEADLINE: ::core::option::Option<::core::time::Duration> = ::core::option::Option::Some(
            ::core::time::Duration::from_millis(86400000u64),
        );
        type Input = <Self as __saga::Parts>::Input;
        type Output = <Result<
            Receipt,
            TripError,
        > as ::saga::__private::ResultType>::Output;
        type Error = <Result<
            Receipt,
            TripError,
        > as ::saga::__private::ResultType>::Error;
        type State = BookTripState;
        async fn body(
            _: __saga::SagaContext,
        ) -> __saga::Exit<Self::Output, Self::Error> {
            let Self::Input { trip: trip } = __saga::input().await;
            let result: Result<Receipt, TripError> = {
                let held = match match () {
                    () => {
                        let call = hold(trip.clone(), 2);
                        let place = __saga::reached(0usize, 1u32, &[]);
                        __saga::Awaited::awaited(call, place).await
                    }
                } {
                    value => {
                        match __saga::Fallible::split(value) {
                            ::core::result::Result::Ok(value) => value,
                            ::core::result::Result::Err(failure) => {
                                return __saga::Exit::by(failure);
                            }
                        }
                    }
                };
                match match () {
                    () => {
                        let call = __saga::own_call::<
                            __saga::own::approve,
                            _,
                        >(approve("Charge?").within("2h"));
                        let place = __saga::reached(1usize, 1u32, &[]);
                        __saga::Awaited::awaited(call, place).await
                    }
                } {
                    value => {
                        match __saga::Fallible::split(value) {
                            ::core::result::Result::Ok(value) => value,
                            ::core::result::Result::Err(failure) => {
                                return __saga::Exit::by(failure);
                            }
                        }
                    }
                };
                let receipt = match match () {
                    () => {
                        let call = charge(trip.card, held.price);
                        let place = __saga::reached(2usize, 1u32, &[]);
                        __saga::Awaited::awaited(call, place).await
                    }
                } {
                    value => {
                        match __saga::Fallible::split(value) {
                            ::core::result::Result::Ok(value) => value,
                            ::core::result::Result::Err(failure) => {
                                return __saga::Exit::by(failure);
                            }
                        }
                    }
                };
                match match () {
                    () => {
                        let call = email(receipt.clone());
                        let place = __saga::reached(3usize, 1u32, &[]);
                        __saga::Awaited::awaited(call, place).await
                    }
                } {
                    value => {
                        #[allow(unused_imports)]
                        use __saga::Droppable as _;
                        __saga::Dropped(value).checked()
                    }
                };
                Ok(receipt)
            };
            #[allow(unreachable_code)] return __saga::Exit::of(result);
        }
        fn register(registry: &mut __saga::Registry) {
            const CALLED: &[fn(&mut __saga::Registry)] = &[
                <hold as __saga::Callable>::REGISTER,
                <charge as __saga::Callable>::REGISTER,
                <email as __saga::Callable>::REGISTER,
            ];
            for register in CALLED {
                register(registry);
            }
        }
    }
};
/// Books a trip, or nothing.
#[allow(non_camel_case_types, dead_code)]
enum book_trip {}
/// Books a trip, or nothing.
/**

# Automaton

From top to bottom; `✗ back`: if it fails, what was done is undone.

```text
●
↓
hold       ✗ back
↓
approve    ✗ back
↓
charge     ✗ back
↓
email
↓
completed
```*/
fn book_trip(trip: Trip) -> ::saga::__private::SagaCall<book_trip> {
    ::saga::__private::SagaCall::new(::core::convert::From::from((trip,)))
}
///Where the saga `book_trip` stands: at one of its sites, or at an end.
#[allow(private_interfaces, dead_code, clippy::large_enum_variant)]
enum BookTripState {
    ///At the site `hold`.
    Hold(<hold as ::saga::__private::Callable>::At),
    ///At the site `approve`.
    Approve {
        /// The text of the question.
        prompt: ::std::string::String,
        /// Until when it waits, if not for ever.
        until: ::core::option::Option<::saga::__private::Timestamp>,
    },
    ///At the site `charge`.
    Charge(<charge as ::saga::__private::Callable>::At),
    ///At the site `email`.
    Email(<email as ::saga::__private::Callable>::At),
    /// Recorded, and not yet at its first site.
    Scheduled,
    /// On its way back.
    RollingBack {
        /// The cause of the rollback.
        cause: ::saga::__private::Cause,
    },
    /// It gave this. Perhaps it is being undone, or has been since.
    Completed(<book_trip as ::saga::__private::Saga>::Output),
    /// All that it did is undone or listed.
    RolledBack {
        /// The cause of the rollback.
        cause: ::saga::__private::Cause,
        /// The saga's error, if that was why.
        error: ::core::option::Option<<book_trip as ::saga::__private::Saga>::Error>,
        /// How the rollback went.
        rollback: ::saga::__private::Rollback,
    },
    /// It can go neither forward nor back without a person.
    DeadLettered {
        /// Its blockers; there may be several.
        blockers: ::std::vec::Vec<::saga::__private::Blocker>,
    },
    /// An operator closed it as it was.
    Abandoned,
}
const _: () = {
    use ::saga::__private::here as __saga;
    #[allow(missing_docs, private_interfaces)]
    pub struct __BookTripInput {
        trip: Trip,
    }
    enum __Fields {}
    #[automatically_derived]
    impl ::saga::__private::fields::Field<0usize> for __Fields {
        type Type = Trip;
    }
    #[automatically_derived]
    impl ::saga::__private::fields::Fields for __Fields {
        const NAMES: ::saga::__private::fields::Names = ::saga::__private::fields::Names {
            of: "book_trip",
            fields: &["trip"],
        };
        type Shape = ::saga::__private::fields::Count<1usize>;
        type Input = __BookTripInput;
    }
    #[automatically_derived]
    impl ::core::convert::From<(Trip,)> for __BookTripInput {
        fn from((trip,): (Trip,)) -> Self {
            Self { trip }
        }
    }
    #[automatically_derived]
    impl ::saga::__private::serde::Serialize for __BookTripInput {
        fn serialize<S: ::saga::__private::serde::Serializer>(
            &self,
            to: S,
        ) -> ::core::result::Result<
            <S as ::saga::__private::serde::Serializer>::Ok,
            <S as ::saga::__private::serde::Serializer>::Error,
        > {
            ::saga::__private::fields::write::<__Fields, S>((&self.trip,), to)
        }
    }
    #[automatically_derived]
    impl<'de> ::saga::__private::serde::Deserialize<'de> for __BookTripInput {
        fn deserialize<D: ::saga::__private::serde::Deserializer<'de>>(
            from: D,
        ) -> ::core::result::Result<
            Self,
            <D as ::saga::__private::serde::Deserializer<'de>>::Error,
        > {
            ::saga::__private::fields::read::<__Fields, D>(from)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for __BookTripInput {
        fn fmt(&self, to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::saga::__private::fmt_recorded("book_trip", self, to)
        }
    }
    impl __saga::Parts for book_trip {
        type Input = __BookTripInput;
    }
    impl book_trip {
        ///The automaton of the saga `book_trip`: where it can stand, and where it can go from there.
        #[allow(dead_code)]
        const GRAPH: &'static __saga::graph::Graph = &__saga::graph::Graph {
            saga: "book_trip",
            version: 2u32,
            start: &[__saga::graph::To::AwaitPoint(0usize)],
            await_points: &[
                __saga::place(
                    <hold as __saga::Callable>::CALLED,
                    [1u32, 0u32],
                    &[__saga::graph::To::AwaitPoint(1usize)],
                    &[__saga::graph::To::RollingBack],
                ),
                __saga::graph::AwaitPoint {
                    name: "approve",
                    occurrence: 1u32,
                    loops: 0u32,
                    what: __saga::graph::What::Approve,
                    done: &[__saga::graph::To::AwaitPoint(2usize)],
                    failed: &[__saga::graph::To::RollingBack],
                },
                __saga::place(
                    <charge as __saga::Callable>::CALLED,
                    [1u32, 0u32],
                    &[__saga::graph::To::AwaitPoint(3usize)],
                    &[__saga::graph::To::RollingBack],
                ),
                __saga::place(
                    <email as __saga::Callable>::CALLED,
                    [1u32, 0u32],
                    &[__saga::graph::To::Completed],
                    &[__saga::graph::To::Completed],
                ),
            ],
        };
    }
    #[automatically_derived]
    impl __saga::Callable for book_trip {
        const LABEL: &'static str = "book_trip";
        const ORIGIN: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "book_trip", ":", ::core::line!(), ":",
            ::core::column!()
        );
        const WHAT: __saga::graph::What = __saga::graph::What::Saga(Self::GRAPH);
        const REGISTER: fn(&mut __saga::Registry) = __saga::Registry::child::<Self>;
        type Undo = __saga::undo::Irreversible;
        type At = BookTripState;
    }
    #[allow(unreachable_patterns)]
    const _: fn(::core::result::Result<(), ()>) = |result| match result {
        Ok(()) => {}
        _ => {}
    };
    const _: fn() = || {
        mod __body {
            pub(super) enum At {}
        }
        impl __saga::demand::Calls<0usize> for __body::At {
            type Callee = hold;
        }
        impl __saga::demand::Calls<1usize> for __body::At {
            type Callee = charge;
        }
        impl __saga::demand::Calls<2usize> for __body::At {
            type Callee = email;
        }
        impl __saga::demand::Calls<{ __saga::demand::NOTHING }> for __body::At {
            type Callee = __saga::demand::Nothing;
        }
        const __KNOWN: [__saga::demand::CalleeKnown; 3usize] = [
            __saga::demand::known::<__body::At, 0usize>(),
            __saga::demand::known::<__body::At, 1usize>(),
            __saga::demand::known::<__body::At, 2usize>(),
        ];
        const __SAME: [usize; 3usize] = __saga::demand::namesakes(&__KNOWN);
        const __FIRST: [usize; 3usize] = [
            __saga::demand::by(0, &[0u64], &[1u64], &__KNOWN),
            __saga::demand::no_return(&[1u64], &[0u64], &__KNOWN),
            __saga::demand::by(1, &[1u64], &[2u64], &__KNOWN),
        ];
        __saga::demand::may_fail::<__body::At, { __FIRST[0usize] }>();
        __saga::demand::may_fail::<__body::At, { __FIRST[1usize] }>();
        __saga::demand::may_fail::<__body::At, { __FIRST[2usize] }>();
        const __HOLDS: [bool; 3usize] = __saga::demand::outlast(
            &__KNOWN,
            ::core::time::Duration::from_millis(86400000u64),
        );
        __saga::demand::in_time::<__body::At, 0usize, { __HOLDS[0usize] }>();
        __saga::demand::in_time::<__body::At, 1usize, { __HOLDS[1usize] }>();
        __saga::demand::in_time::<__body::At, 2usize, { __HOLDS[2usize] }>();
        __saga::demand::named_apart::<__body::At, 1usize, { __SAME[1usize] }>();
        __saga::demand::named_apart::<__body::At, 2usize, { __SAME[2usize] }>();
    };
    #[automatically_derived]
    impl __saga::serde::Serialize for BookTripState {
        fn serialize<__S: __saga::serde::Serializer>(
            &self,
            to: __S,
        ) -> ::core::result::Result<
            <__S as __saga::serde::Serializer>::Ok,
            <__S as __saga::serde::Serializer>::Error,
        > {
            let end: __saga::shown::End<'_, book_trip> = match self {
                Self::Hold(at) => return __saga::shown::at(to, "hold", at),
                Self::Approve { prompt, until } => {
                    return __saga::shown::at(
                        to,
                        "approve",
                        &__saga::shown::Waits::new(*until).asking(prompt),
                    );
                }
                Self::Charge(at) => return __saga::shown::at(to, "charge", at),
                Self::Email(at) => return __saga::shown::at(to, "email", at),
                Self::Scheduled => __saga::shown::End::Scheduled,
                Self::RollingBack { cause } => {
                    __saga::shown::End::RollingBack {
                        cause,
                    }
                }
                Self::Completed(output) => {
                    __saga::shown::End::Completed {
                        output: __saga::Shown(output),
                    }
                }
                Self::RolledBack { cause, error, rollback } => {
                    let error = error.as_ref().map(__saga::Shown);
                    __saga::shown::End::RolledBack {
                        cause,
                        error,
                        rollback,
                    }
                }
                Self::DeadLettered { blockers } => {
                    __saga::shown::End::DeadLettered {
                        blockers,
                    }
                }
                Self::Abandoned => __saga::shown::End::Abandoned,
            };
            __saga::serde::Serialize::serialize(&end, to)
        }
    }
    #[automatically_derived]
    impl __saga::SagaState for BookTripState {
        fn of(
            view: &__saga::StateView,
        ) -> ::core::result::Result<Self, __saga::LookError> {
            ::core::result::Result::Ok(
                match view.standing(book_trip::GRAPH)? {
                    __saga::Standing::At(0usize, site) => Self::Hold(view.at(&site)?),
                    __saga::Standing::At(1usize, site) => {
                        Self::Approve {
                            prompt: view.prompt(&site),
                            until: view.until(&site),
                        }
                    }
                    __saga::Standing::At(2usize, site) => Self::Charge(view.at(&site)?),
                    __saga::Standing::At(3usize, site) => Self::Email(view.at(&site)?),
                    __saga::Standing::At(..) | __saga::Standing::Scheduled => {
                        Self::Scheduled
                    }
                    __saga::Standing::RollingBack(cause) => Self::RollingBack { cause },
                    __saga::Standing::Completed => {
                        Self::Completed(view.output::<book_trip>()?)
                    }
                    __saga::Standing::RolledBack(cause, rollback) => {
                        Self::RolledBack {
                            error: view.error::<book_trip>(&cause)?,
                            cause,
                            rollback,
                        }
                    }
                    __saga::Standing::DeadLettered(blockers) => {
                        Self::DeadLettered { blockers }
                    }
                    __saga::Standing::Abandoned => Self::Abandoned,
                },
            )
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for BookTripState {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __saga::shown::fmt(self, f)
        }
    }
};
