//! The steps of the simulation, one of each kind, all calling the same world.

use saga_core::Role;
use saga_core::policy::{InDoubt, Retry};
use saga_runtime::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::interpret::program;
use crate::program::{Deed, Fates, Kind, Op, Program};
use crate::world::{Call, Known, Receipt, Seat, Undoes};

/// The input of every step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The fates of its calls.
    #[serde(default)]
    pub(crate) fates: Fates,
    /// Of a compensation or probe: the id of the effect it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<String>,
}

/// The maximum duration of one attempt. It exceeds a lease, so a worker may wake from a stall with an attempt in
/// flight.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// `step!(hold "hold": Compensated, Fallible, Keyed, ByKey; by release)`.
macro_rules! step {
    (
        $name:ident: $undo:ident, $effort:ident, $repeat:ident, $known:ident
        $(; attempts $attempts:literal)? $(; by $by:ident)? $(; probe $probe:ident)? $(; call_off $off:ident)?
        $(; leaves $leaves:literal within $within:literal)? $(; conclusive $conclusive:literal)?
    ) => {
        #[allow(non_camel_case_types)]
        pub(crate) enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            const TIMEOUT: Duration = TIMEOUT;
            $(const RETRY: Retry = Retry { attempts: $attempts, ..Retry::RETRIABLE };)?
            $(const UNDONE_BY: Option<&'static str> = Some(stringify!($by));)?
            $(const PROBED_BY: Option<&'static str> = Some(stringify!($probe));)?
            $(const SETTLED_BY: Option<&'static str> = Some(stringify!($off));)?
            $(const LEAVES: Option<&'static str> = Some($leaves);
            const UNDO_WITHIN: Option<Duration> = Some(Duration::from_secs($within));)?
            $(const CONCLUSIVE: Option<Duration> = Some(Duration::from_secs($conclusive));)?
            const IN_DOUBT: InDoubt = match Self::SETTLED_BY {
                Some(_) => InDoubt::Call,
                None => <repeat::$repeat as Repeat>::IN_DOUBT,
            };
            type Input = Order;
            type Output = Receipt;
            type Error = Failure;
            type Undo = undo::$undo;
            type Effort = effort::$effort;
            type Repeat = repeat::$repeat;
            async fn run(cx: &StepContext, order: Order) -> Result<Receipt, Failure> {
                cx.resource::<Seat>().clone().step(cx, stringify!($name), order, Known::$known).await
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<Seat>()]
            }
            #[allow(unused_variables)]
            fn related(registry: &mut Registry) {
                $(registry.step::<$by>();)?
                $(registry.step::<$probe>();)?
                $(registry.step::<$off>();)?
            }
            $(fn compensation(receipt: Receipt, given: &Given<'_, Self>) -> Option<Compensation> {
                Some(Compensates::undoing(StepCall::<$by>::new(Order { of: Some(receipt.id), ..given.input() })))
            })?
            $(fn probe(given: &Given<'_, Self>) -> Option<ProbeCall<Receipt>> {
                let of = Some(given.key().to_string());
                Some(ProbeCall::by(StepCall::<$probe>::new(Order { of, ..given.input() })))
            })?
            $(fn in_doubt(given: &Given<'_, Self>) -> Option<Compensation> {
                let of = Some(given.key().to_string());
                Some(Compensates::undoing(StepCall::<$off>::new(Order { of, ..given.input() })))
            })?
        }
    };
}

step!(hold: Compensated, Fallible, Keyed, ByKey; attempts 3; by release);
step!(set: Compensated, Fallible, Idempotent, ByNature; by unset);
step!(book: Compensated, Fallible, Keyed, ByKey; by release; probe find);
step!(stamp: Compensated, Fallible, Harmful, NotAtAll; by release);
step!(reserve: Compensated, Fallible, Keyed, ByKey; by release; call_off call_off);
step!(keep: Compensated, Retriable, Keyed, ByKey; attempts 3; by release);
step!(rent: Compensated, Fallible, Keyed, ByKey; by release; leaves "a fee" within 120);
step!(claim: Compensated, Fallible, Keyed, Kept; attempts 3; by release; conclusive 45);
step!(charge: Irreversible, Fallible, Keyed, ByKey; probe find);
step!(post: Irreversible, Fallible, Keyed, ByKey);
step!(pay: Irreversible, Fallible, Keyed, Kept; conclusive 45);
step!(mail: Irreversible, Retriable, Keyed, ByKey; attempts 3);
step!(seal: Irreversible, Fallible, Harmful, NotAtAll);
step!(look: Readonly, Fallible, Idempotent, Reads; attempts 3);
step!(peek: Readonly, Retriable, Idempotent, Reads; attempts 3);
step!(release: Auxiliary, Retriable, Keyed, ByKey; attempts 3);
step!(unset: Auxiliary, Retriable, Idempotent, ByNature; attempts 3);
step!(call_off: Auxiliary, Retriable, Keyed, ByKey; attempts 3);

/// Finds out whether a keyed call happened.
#[allow(non_camel_case_types)]
pub(crate) enum find {}
impl Step for find {
    const NAME: &'static str = "find";
    const TIMEOUT: Duration = TIMEOUT;
    type Input = Order;
    type Output = Probe<Receipt>;
    type Error = Failure;
    type Undo = undo::Readonly;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, order: Order) -> Result<Probe<Receipt>, Failure> {
        cx.resource::<Seat>().clone().probe(cx, &order.of.unwrap_or_default(), &order.fates.probe).await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<Seat>()]
    }
}

impl Seat {
    async fn step(
        self,
        cx: &StepContext,
        name: &'static str,
        order: Order,
        known: Known,
    ) -> Result<Receipt, Failure> {
        if known == Known::Reads {
            return self.look(cx, &order.fates.go).await;
        }
        let undoes = order.of.filter(|_| cx.role() == Role::Undo).map(|of| match name {
            "call_off" => Undoes::IfThere(of),
            _ => Undoes::This(of),
        });
        let fates = if cx.role() == Role::Do { order.fates.go } else { order.fates.undo };
        self.act(cx, Call { step: name, known, undoes, fates }).await
    }
}

/// A call of any step or child, as one type.
pub(crate) enum Any {
    Hold(StepCall<hold>),
    Set(StepCall<set>),
    Book(StepCall<book>),
    Stamp(StepCall<stamp>),
    Reserve(StepCall<reserve>),
    Keep(StepCall<keep>),
    Rent(StepCall<rent>),
    Claim(StepCall<claim>),
    Charge(StepCall<charge>),
    Post(StepCall<post>),
    Pay(StepCall<pay>),
    Mail(StepCall<mail>),
    Seal(StepCall<seal>),
    Look(StepCall<look>),
    Peek(StepCall<peek>),
    Child(SagaCall<program>),
}

impl Any {
    pub(crate) fn step(deed: &Deed) -> Self {
        let order = Order { fates: deed.fates.clone(), of: None };
        match deed.step {
            Kind::Hold => Any::Hold(StepCall::new(order)),
            Kind::Set => Any::Set(StepCall::new(order)),
            Kind::Book => Any::Book(StepCall::new(order)),
            Kind::Stamp => Any::Stamp(StepCall::new(order)),
            Kind::Reserve => Any::Reserve(StepCall::new(order)),
            Kind::Keep => Any::Keep(StepCall::new(order)),
            Kind::Rent => Any::Rent(StepCall::new(order)),
            Kind::Claim => Any::Claim(StepCall::new(order)),
            Kind::Charge => Any::Charge(StepCall::new(order)),
            Kind::Post => Any::Post(StepCall::new(order)),
            Kind::Pay => Any::Pay(StepCall::new(order)),
            Kind::Mail => Any::Mail(StepCall::new(order)),
            Kind::Seal => Any::Seal(StepCall::new(order)),
            Kind::Look => Any::Look(StepCall::new(order)),
            Kind::Peek => Any::Peek(StepCall::new(order)),
        }
    }

    /// Returns the call of the step that is deferred.
    pub(crate) fn mail(deed: &Deed) -> StepCall<mail> {
        StepCall::new(Order { fates: deed.fates.clone(), of: None })
    }

    pub(crate) fn child(program: &Program) -> Self {
        Any::Child(SagaCall::new(program.clone()))
    }

    /// Returns the call of an operation that may be a branch.
    pub(crate) fn branch(op: &Op) -> Option<Self> {
        match op {
            Op::Step(deed) => Some(Self::step(deed)),
            Op::Child { program, .. } => Some(Self::child(program)),
            _ => None,
        }
    }
}

/// All steps, and the child.
#[derive(Debug)]
pub(crate) enum AnySteps {}

impl StepSet for AnySteps {
    fn register(registry: &mut Registry) {
        registry.step::<hold>();
        registry.step::<set>();
        registry.step::<book>();
        registry.step::<stamp>();
        registry.step::<reserve>();
        registry.step::<keep>();
        registry.step::<rent>();
        registry.step::<claim>();
        registry.step::<charge>();
        registry.step::<post>();
        registry.step::<pay>();
        registry.step::<mail>();
        registry.step::<seal>();
        registry.step::<look>();
        registry.step::<peek>();
        <StepsOf<program> as StepSet>::register(registry);
    }
}

impl Awaitable for Any {
    type Steps = AnySteps;
    type Output = Result<u64, Failure>;
    type Value = u64;
    type Failure = Failure;

    async fn at(self, place: Place) -> Result<u64, Failure> {
        let receipt = match self {
            Any::Hold(call) => call.at(place).await?,
            Any::Set(call) => call.at(place).await?,
            Any::Book(call) => call.at(place).await?,
            Any::Stamp(call) => call.at(place).await?,
            Any::Reserve(call) => call.at(place).await?,
            Any::Keep(call) => call.at(place).await,
            Any::Rent(call) => call.at(place).await?,
            Any::Claim(call) => call.at(place).await?,
            Any::Charge(call) => call.at(place).await?,
            Any::Post(call) => call.at(place).await?,
            Any::Pay(call) => call.at(place).await?,
            Any::Mail(call) => call.at(place).await,
            Any::Seal(call) => call.at(place).await?,
            Any::Look(call) => call.at(place).await?,
            Any::Peek(call) => call.at(place).await,
            Any::Child(call) => return call.at(place).await.map_err(|failure| failure.0),
        };
        Ok(receipt.number)
    }

    fn settle(output: Result<u64, Failure>) -> Result<u64, Failure> {
        output
    }
}
