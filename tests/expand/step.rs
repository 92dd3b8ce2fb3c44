const _: () = {
    /// Holds a seat.
    async fn hold(
        airline: &Airline,
        key: &IdempotencyKey,
        trip: Trip,
        seats: u32,
    ) -> Result<Hold, AirlineError> {
        airline.hold(&trip, seats, key).await
    }
    #[automatically_derived]
    impl ::saga::__private::Step for hold {
        const NAME: &'static str = "hold";
        const RETRY: ::saga::__private::Retry = ::saga::__private::Retry {
            attempts: 4u32,
            ..::saga::__private::Retry::RETRIABLE
        };
        const TIMEOUT: ::core::time::Duration = ::core::time::Duration::from_millis(
            10000u64,
        );
        const UNDONE_BY: ::core::option::Option<&'static str> = ::saga::__private::Beside::name_of(
            <Self as ::saga::__private::Parts>::UNDONE_BY,
        );
        type Input = <Self as ::saga::__private::Parts>::Input;
        type Output = <Result<
            Hold,
            AirlineError,
        > as ::saga::__private::ResultType>::Output;
        type Error = <Result<
            Hold,
            AirlineError,
        > as ::saga::__private::ResultType>::Error;
        type Undo = ::saga::__private::undo::Compensated;
        type Effort = ::saga::__private::effort::Fallible;
        type Repeat = ::saga::__private::repeat::Keyed;
        fn run(
            cx: &::saga::__private::StepContext,
            input: Self::Input,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<Self::Output, Self::Error>,
        > + ::core::marker::Send {
            let Self::Input { trip, seats } = input;
            hold(cx.resource::<Airline>(), cx.key(), trip, seats)
        }
        fn needs() -> ::std::vec::Vec<::saga::__private::Need> {
            #[allow(unused_imports)]
            use ::saga::__private::AsResource as _;
            ::std::vec::Vec::from([::saga::__private::Taken::<Airline>::new().need()])
        }
        fn related(registry: &mut ::saga::__private::Registry) {
            <Self as ::saga::__private::Parts>::register(registry);
        }
        fn compensation(
            output: Self::Output,
            _: &::saga::__private::Given<'_, Self>,
        ) -> ::core::option::Option<::saga::__private::Compensation> {
            ::core::option::Option::Some(
                <_ as ::saga::__private::Compensates>::undoing({
                    #[allow(unused_imports)]
                    use ::saga::__private::NoCall as _;
                    ::saga::__private::CallBeside((release)(output.id)).to_undo()
                }),
            )
        }
    }
};
/// Holds a seat.
#[allow(non_camel_case_types, dead_code)]
enum hold {}
/// Holds a seat.
#[allow(clippy::too_many_arguments)]
fn hold(trip: Trip, seats: u32) -> ::saga::__private::StepCall<hold> {
    ::saga::__private::StepCall::new(::core::convert::From::from((trip, seats)))
}
const _: () = {
    #[allow(missing_docs, private_interfaces)]
    pub struct __HoldInput {
        trip: Trip,
        seats: u32,
    }
    enum __Fields {}
    #[automatically_derived]
    impl ::saga::__private::fields::Field<0usize> for __Fields {
        type Type = Trip;
    }
    #[automatically_derived]
    impl ::saga::__private::fields::Field<1usize> for __Fields {
        type Type = u32;
    }
    #[automatically_derived]
    impl ::saga::__private::fields::Fields for __Fields {
        const NAMES: ::saga::__private::fields::Names = ::saga::__private::fields::Names {
            of: "hold",
            fields: &["trip", "seats"],
        };
        type Shape = ::saga::__private::fields::Count<2usize>;
        type Input = __HoldInput;
    }
    #[automatically_derived]
    impl ::core::convert::From<(Trip, u32)> for __HoldInput {
        fn from((trip, seats): (Trip, u32)) -> Self {
            Self { trip, seats }
        }
    }
    #[automatically_derived]
    impl ::saga::__private::serde::Serialize for __HoldInput {
        fn serialize<S: ::saga::__private::serde::Serializer>(
            &self,
            to: S,
        ) -> ::core::result::Result<
            <S as ::saga::__private::serde::Serializer>::Ok,
            <S as ::saga::__private::serde::Serializer>::Error,
        > {
            ::saga::__private::fields::write::<
                __Fields,
                S,
            >((&self.trip, &self.seats), to)
        }
    }
    #[automatically_derived]
    impl<'de> ::saga::__private::serde::Deserialize<'de> for __HoldInput {
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
    impl ::core::fmt::Debug for __HoldInput {
        fn fmt(&self, to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::saga::__private::fmt_recorded("hold", self, to)
        }
    }
    impl ::saga::__private::Parts for hold {
        type Input = __HoldInput;
        const UNDONE_BY: ::core::option::Option<::saga::__private::Beside> = ::core::option::Option::Some(
            ::saga::__private::Beside::of(&release),
        );
    }
    #[automatically_derived]
    impl ::saga::__private::Callable for hold {
        const LABEL: &'static str = "hold";
        const ORIGIN: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "hold", ":", ::core::line!(), ":",
            ::core::column!()
        );
        const WHAT: ::saga::__private::graph::What = ::saga::__private::graph::What::Step(
            ::saga::__private::definition_of::<Self>(),
        );
        const REGISTER: fn(&mut ::saga::__private::Registry) = ::saga::__private::Registry::step::<
            Self,
        >;
        type Undo = ::saga::__private::undo::Compensated;
        type At = ::saga::__private::AtStep<Self>;
    }
    impl hold {
        /// Runs the step alone, outside of a saga, for unit tests.
        ///
        /// # Errors
        /// The step's own.
        #[allow(dead_code, clippy::too_many_arguments, clippy::missing_errors_doc)]
        fn run<'resources>(
            resources: &'resources ::saga::__private::Resources,
            key: ::saga::__private::IdempotencyKey,
            trip: Trip,
            seats: u32,
        ) -> ::saga::__private::Alone<'resources, Result<Hold, AirlineError>> {
            ::saga::__private::run_alone::<
                Self,
            >(resources, key, __HoldInput { trip, seats })
        }
    }
};
