//! Short definitions of steps and sagas, without the crate's own macros.

/// A step that calls the world: `step!(hold: Compensated, Fallible, Keyed, ByKey; by release)`.
macro_rules! step {
    (
        $(#[$doc:meta])*
        $name:ident: $undo:ident, $effort:ident, $repeat:ident, $known:ident
        $(; attempts $attempts:literal)? $(; by $by:ident)? $(; probe $probe:ident)? $(; call_off $off:ident)?
    ) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)]
        pub enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            $(const RETRY: saga_core::policy::Retry =
                saga_core::policy::Retry { attempts: $attempts, ..saga_core::policy::Retry::RETRIABLE };)?
            $(const UNDONE_BY: Option<&'static str> = Some(stringify!($by));)?
            $(const PROBED_BY: Option<&'static str> = Some(stringify!($probe));)?
            $(const SETTLED_BY: Option<&'static str> = Some(stringify!($off));)?
            const IN_DOUBT: saga_core::policy::InDoubt = match Self::SETTLED_BY {
                Some(_) => saga_core::policy::InDoubt::Call,
                None => <repeat::$repeat as Repeat>::IN_DOUBT,
            };
            type Input = Item;
            type Output = String;
            type Error = Failure;
            type Undo = undo::$undo;
            type Effort = effort::$effort;
            type Repeat = repeat::$repeat;
            async fn run(cx: &StepContext, input: Item) -> Result<String, Failure> {
                cx.resource::<World>().clone().step(cx, stringify!($name), input, Known::$known).await
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<World>()]
            }
            #[allow(unused_variables)]
            fn related(registry: &mut Registry) {
                $(registry.step::<$by>();)?
                $(registry.step::<$probe>();)?
                $(registry.step::<$off>();)?
            }
            $(fn compensation(id: String, given: &Given<'_, Self>) -> Option<Compensation> {
                Some(Compensates::undoing(StepCall::<$by>::new(Item { id: Some(id), ..given.input() })))
            })?
            $(fn probe(given: &Given<'_, Self>) -> Option<ProbeCall<String>> {
                let id = Some(given.key().to_string());
                Some(ProbeCall::by(StepCall::<$probe>::new(Item { id, ..given.input() })))
            })?
            $(fn in_doubt(given: &Given<'_, Self>) -> Option<Compensation> {
                let id = Some(given.key().to_string());
                Some(Compensates::undoing(StepCall::<$off>::new(Item { id, ..given.input() })))
            })?
        }
    };
}

/// For each step, a function of its name that returns a call of it, with the item as its site.
macro_rules! calls {
    ($($name:ident),*) => {$(
        /// Returns a call of that step.
        pub fn $name(item: &str) -> Named<StepCall<$name>> {
            StepCall::new(Item::new(item)).named(item.to_owned())
        }
    )*};
}

/// A saga of a `String` to a `String`: `saga!(trip, |cx, input| [a, b] { a.at(&cx, 1, &[], hold("x")).await?; .. })`.
/// The names in brackets are the witnesses of its awaits.
macro_rules! saga {
    ($(#[$doc:meta])* $name:ident $(, deadline $deadline:expr)?, |$cx:ident, $input:ident| [$($witness:ident),*] $body:block) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, missing_docs)]
        pub enum $name {}
        impl Saga for $name {
            const NAME: &'static str = stringify!($name);
            $(const DEADLINE: Option<std::time::Duration> = Some($deadline);)?
            type Input = String;
            type Output = String;
            type Error = Failure;
            type State = StateView;
            async fn body($cx: SagaContext) -> Exit<String, Failure> {
                $(let $witness = Witness::new();)*
                if $cx.registers(&[$(&$witness),*]) {
                    return $cx.registered().await;
                }
                #[allow(unused_variables)]
                let $input: String = $cx.input().await;
                let result: Result<String, Failure> = async { $body }.await;
                Exit::of(result)
            }
        }
        impl $name {
            /// Returns a call of it.
            #[allow(dead_code)]
            pub fn call() -> SagaCall<$name> {
                SagaCall::new(String::new())
            }
        }
    };
}
