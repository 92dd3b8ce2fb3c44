//! Size limits of recorded values, codecs, and what is never shown.
//!
//! Mutants seen to fail here: sizes not checked; an output too large treated as doubt; secrets in `Debug`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::{Cause, Codec, CodecError, Redacted, Rollback};
use saga_runtime::defaults::{PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_WARN};
use tracing::span;

/// Gives that many bytes.
#[allow(non_camel_case_types)]
enum inflate {}
impl Step for inflate {
    const NAME: &'static str = "inflate";
    type Input = (String, usize);
    type Output = String;
    type Error = Failure;
    type Undo = undo::Compensated;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, (_, bytes): (String, usize)) -> Result<String, Failure> {
        let world = cx.resource::<World>().clone();
        world.step(cx, "inflate", Item::new("balloon"), Known::ByKey).await?;
        Ok("x".repeat(bytes))
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<World>()]
    }
    fn related(registry: &mut Registry) {
        registry.step::<release>();
    }
    fn compensation(_: String, given: &Given<'_, Self>) -> Option<Compensation> {
        let item = Item { item: "balloon".to_owned(), id: Some(given.key().to_string()) };
        Some(Compensates::undoing(StepCall::<release>::new(item)))
    }
}

saga!(balloon, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("string")).await?;
    let sizes: Vec<usize> = input.split(' ').map(|n| n.parse().unwrap()).collect();
    let call = StepCall::<inflate>::new(("x".repeat(sizes[0]), sizes[1]));
    Ok(b.at(&cx, 1, &[], call).await?.len().to_string())
});

fn inflated(input: usize, output: usize) -> SagaCall<balloon> {
    SagaCall::new(format!("{input} {output}"))
}

const MAX: usize = PAYLOAD_BYTES_MAX;

/// An input that is too large is refused before anything happens, and earlier effects are undone.
#[tokio::test(start_paused = true)]
async fn an_input_too_large_is_refused_before_the_effect() {
    assert_eq!((MAX, PAYLOAD_BYTES_WARN), (2 << 20, 256 << 10));
    let world = World::new();
    let test = started(&world, |b| b.saga::<balloon>()).await;
    let handle = test.run("a", inflated(MAX, 1)).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause: Cause::Unrecordable { site: at, message }, rollback, .. } => {
            assert_eq!(at, site("inflate"));
            assert!(message.contains(&MAX.to_string()), "{message}");
            assert_eq!(rollback, Rollback::Complete { residue: vec![] });
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.calls("inflate balloon"), 0);
    assert_eq!(world.told(), ["hold string", "release string"]);
    // One that just fits is accepted.
    let fits = test.run("b", inflated(MAX - 100, 1)).await.unwrap();
    assert!(fits.outcome().in_time().await.unwrap().is_completed());
    // A saga's own input is refused too, and so is a signal's payload.
    let refused = test.run("c", SagaCall::<balloon>::new("1".repeat(MAX))).await.unwrap_err();
    assert!(matches!(refused, RunError::Unrecordable { .. }), "{refused}");
    assert!(test.find(&SagaId::new("c").unwrap()).await.unwrap().is_none());
    let refused = fits.signal("big", "1", &"x".repeat(MAX)).await.unwrap_err();
    assert!(matches!(refused, ActError::Unrecordable { .. }), "{refused}");
}

/// An output that is too large: the step is done and its undo kept. It is never rerun, whatever act an operator makes.
#[tokio::test(start_paused = true)]
async fn an_output_too_large_is_lost_and_not_made_again() {
    for resolved in [true, false] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<balloon>()).await;
        let handle = test.run("a", inflated(1, MAX)).await.unwrap();
        let letter = dead_lettered(&handle).await;
        assert_eq!(only(&letter), (Some("inflate"), Reason::OutputLost));
        assert_eq!(
            letter.owed.entries.len(),
            2,
            "what undoes it was evaluated before its size was looked at"
        );
        test.crash().await.unwrap();
        let handle = test.run("a", inflated(1, MAX)).await.unwrap();
        assert_eq!(refusal(handle.redrive(ann()).await), Refusal::OutputLost { site: site("inflate") });
        if resolved {
            handle.resolve_happened(site("inflate"), &"shortened", ann()).await.unwrap();
            assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "9");
            handle.undo(ann()).await.unwrap();
            assert!(handle.outcome().in_time().await.unwrap().is_completed());
        } else {
            handle.roll_back(ann()).await.unwrap();
            assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
        }
        assert_eq!(world.calls("inflate balloon"), 1);
        assert_eq!(world.told()[2..], ["release balloon", "release string"]);
        world.agrees(handle.any()).await;
    }
}

thread_local! {
    /// The events of this thread.
    static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Listens on all threads of the process. A subscriber of one thread may miss events: tracing caches for the whole
/// process whether a callsite is of interest, and asks only the first thread that reaches it.
struct Listener;

struct Fields(String);
impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}
impl Listener {
    fn hear(fields: Fields) {
        TOLD.with_borrow_mut(|told| told.push(fields.0));
    }
}
impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields(format!("{} ", attributes.metadata().name()));
        attributes.record(&mut fields);
        Self::hear(fields);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(format!("{} ", event.metadata().level()));
        event.record(&mut fields);
        Self::hear(fields);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Returns how often this thread was warned of a large value.
fn warnings() -> usize {
    let is_one = |line: &&String| line.starts_with("WARN") && line.contains("a large value is recorded");
    TOLD.with_borrow(|told| told.iter().filter(is_one).count())
}

/// Starts a runtime, with a listener.
async fn started(world: &World, build: impl Fn(Builder) -> Builder + Send + Sync + 'static) -> TestRuntime {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| tracing::subscriber::set_global_default(Listener).expect("there is no other"));
    crate::support::kit::started(world, build).await
}

/// Above 256 KiB there is a warning, and nothing else. Events of attempts have saga, site and number.
#[tokio::test(start_paused = true)]
async fn a_large_value_is_warned_about() {
    TOLD.take();
    let world = World::new();
    let test = started(&world, |b| b.saga::<balloon>()).await;
    let small = test.run("small", inflated(1, PAYLOAD_BYTES_WARN - 100)).await.unwrap();
    assert!(small.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(warnings(), 0);
    let large = test.run("large", inflated(1, PAYLOAD_BYTES_WARN)).await.unwrap();
    assert!(large.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(warnings(), 1);
    let told = TOLD.take();
    let attempt = told.iter().find(|l| l.starts_with("attempt ") && l.contains("saga=large"));
    let attempt = attempt.expect("a span for each attempt");
    assert!(attempt.contains("site=") && attempt.contains("attempt=1"), "{attempt}");
}

/// Each thread gets its warning, whichever thread reaches the callsite first.
#[test]
fn a_large_value_is_warned_about_on_each_thread() {
    let large = || {
        std::thread::spawn(|| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
            runtime.unwrap().block_on(async {
                let test = started(&World::new(), |b| b.saga::<balloon>()).await;
                let large = test.run("large", inflated(1, PAYLOAD_BYTES_WARN)).await.unwrap();
                assert!(large.outcome().in_time().await.unwrap().is_completed());
            });
            warnings()
        })
    };
    assert_eq!([large(), large()].map(|thread| thread.join().unwrap()), [1, 1]);
}

/// A card, and the amount to charge.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Payment {
    card: Redacted<String>,
    cents: u32,
}

/// Charges the card: it needs the number, and gives a secret of its own.
#[allow(non_camel_case_types)]
enum pay {}
impl Step for pay {
    const NAME: &'static str = "pay";
    type Input = Payment;
    type Output = Redacted<String>;
    type Error = Failure;
    type Undo = undo::Compensated;
    type Effort = effort::Fallible;
    type Repeat = repeat::Keyed;
    async fn run(cx: &StepContext, input: Payment) -> Result<Redacted<String>, Failure> {
        cx.resource::<Till>().0.lock().unwrap().push(format!("pay {} {}", input.card.expose(), input.cents));
        Ok(Redacted::new(format!("token of {}", input.card.expose())))
    }
    fn related(registry: &mut Registry) {
        registry.step::<refund>();
    }
    fn compensation(token: Redacted<String>, given: &Given<'_, Self>) -> Option<Compensation> {
        Some(Compensates::undoing(StepCall::<refund>::new((token, given.input().cents))))
    }
}

/// Refunds the payment.
#[allow(non_camel_case_types)]
enum refund {}
impl Step for refund {
    const NAME: &'static str = "refund";
    type Input = (Redacted<String>, u32);
    type Output = ();
    type Error = Failure;
    type Undo = undo::Auxiliary;
    type Effort = effort::Retriable;
    type Repeat = repeat::Keyed;
    async fn run(cx: &StepContext, (token, cents): (Redacted<String>, u32)) -> Result<(), Failure> {
        cx.resource::<Till>().0.lock().unwrap().push(format!("refund {} {cents}", token.expose()));
        Err(Failure::permanent("the till is shut"))
    }
}

#[derive(Clone, Default)]
struct Till(Arc<Mutex<Vec<String>>>);

#[allow(non_camel_case_types)]
enum sale {}
impl Saga for sale {
    const NAME: &'static str = "sale";
    type Input = Payment;
    type Output = String;
    type Error = Failure;
    type State = StateView;
    async fn body(cx: SagaContext) -> Exit<String, Failure> {
        let (a, b) = (Witness::new(), Witness::new());
        if cx.registers(&[&a, &b]) {
            return cx.registered().await;
        }
        let payment: Payment = cx.input().await;
        if let Err(failure) = a.at(&cx, 1, &[], StepCall::<pay>::new(payment)).await {
            return Exit::by(failure);
        }
        match b.at(&cx, 1, &[], charge("card")).await {
            Ok(_) => Exit::Done("sold".to_owned()),
            Err(failure) => Exit::by(failure),
        }
    }
}

const NUMBER: &str = "4242424242424242";

fn payment() -> SagaCall<sale> {
    SagaCall::new(Payment { card: Redacted::new(NUMBER.to_owned()), cents: 500 })
}

/// Operators are alerted by that line of the log: a refused act adds none.
#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_reported_once_and_not_with_each_refused_act() {
    TOLD.take();
    let reports = || TOLD.take().iter().filter(|line| line.contains("message=dead-lettered")).count();
    let test = started(&World::new(), |b| b.saga::<balloon>()).await;
    let handle = test.run("a", inflated(1, MAX)).await.unwrap();
    dead_lettered(&handle).await;
    test.pass(SECOND).await;
    assert_eq!(reports(), 1);
    assert_eq!(refusal(handle.redrive(ann()).await), Refusal::OutputLost { site: site("inflate") });
    test.pass(SECOND).await;
    assert_eq!(reports(), 0);
}

/// A secret is recorded because it is needed again, also after a crash. It is never shown.
#[tokio::test(start_paused = true)]
async fn a_secret_reaches_the_step_and_nobody_else() {
    TOLD.take();
    let (world, till) = (World::new(), Till::default());
    world.script("charge card", [Fault::Permanent]);
    let shared = till.clone();
    let mut test = started(&world, move |b| b.resource(shared.clone()).saga::<sale>()).await;
    let handle = test.run("a", payment()).await.unwrap();
    dead_lettered(&handle).await;
    test.crash().await.unwrap();
    let handle = test.run("a", payment()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    let letter = dead_lettered(&handle).await;
    let told = till.0.lock().unwrap().clone();
    let (paid, refunded) = (format!("pay {NUMBER} 500"), format!("refund token of {NUMBER} 500"));
    assert_eq!(told, [paid, refunded.clone(), refunded]);
    let told_since = TOLD.take().join("\n");
    assert!(told_since.contains("site="), "attempts are told of: {told_since}");
    let shown = [
        format!("{:?} {:?}", payment(), payment().input()),
        format!("{letter} {letter:?} {}", serde_json::to_string(&letter.attempts).unwrap()),
        format!("{:?}", handle.journal().await.unwrap()),
        format!("{:?}", handle.look().await.unwrap()),
        format!("{:?}", handle.view().await.unwrap()),
        format!("{:?}", handle.undo_plan().await.unwrap()),
        test.run("a", SagaCall::<sale>::new(Payment { card: Redacted::new("0".into()), cents: 1 }))
            .await
            .unwrap_err()
            .to_string(),
        told_since,
    ];
    for shown in &shown {
        assert!(!shown.contains(NUMBER), "{shown}");
    }
    assert!(shown[2].contains("$redacted") && shown[2].contains("500"), "the rest is there: {}", shown[2]);
    handle.waive(site("pay"), ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
}

/// A codec that inverts every byte, or fails if set so.
struct Inverse(bool);
impl Codec for Inverse {
    fn name(&self) -> &str {
        "inverse"
    }
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
        match self.0 {
            true => Ok(plain.iter().map(|b| !b).collect()),
            false => Err(CodecError::permanent("no key")),
        }
    }
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.seal(sealed)
    }
}

/// Everything that a step takes and gives is sealed. It is read back over a crash, in a rollback, and for an operator's
/// acts.
#[tokio::test(start_paused = true)]
async fn a_codec_seals_and_reads_back() {
    let (world, till) = (World::new(), Till::default());
    world.script("charge card", [Fault::Hang]);
    let shared = till.clone();
    let mut test =
        started(&world, move |b| b.codec(Inverse(true)).resource(shared.clone()).saga::<sale>()).await;
    test.run("a", payment()).await.unwrap();
    world.called("charge card", 1).in_time().await;
    test.crash().await.unwrap();
    world.open("charge card");
    let handle = test.run("a", payment()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("pay"), Reason::CompensationFailed));
    let other = SagaCall::<sale>::new(Payment { card: Redacted::new("0".into()), cents: 1 });
    assert!(matches!(test.run("a", other).await.unwrap_err(), RunError::IdConflict { .. }));
    let journal = serde_json::to_string(&handle.journal().await.unwrap()).unwrap();
    for plain in [NUMBER, "cents", "token of", "\"item\""] {
        assert!(!journal.contains(plain), "{plain:?} stands in {journal}");
    }
    assert_eq!(till.0.lock().unwrap()[0], format!("pay {NUMBER} 500"));
    let letter = dead_lettered(&handle).await;
    assert!(letter.to_string().contains("$sealed"), "{letter}");
    handle.redrive(ann()).with_input(site("pay"), &(Redacted::new("by hand".to_owned()), 1)).await.unwrap();
    dead_lettered(&handle).await;
    assert_eq!(till.0.lock().unwrap().last().unwrap(), "refund by hand 1");
}

/// With a codec that cannot seal, nothing begins that could not be recorded.
#[tokio::test(start_paused = true)]
async fn a_codec_that_fails_begins_nothing() {
    let world = World::new();
    let test = started(&world, |b| b.codec(Inverse(false)).saga::<balloon>()).await;
    let refused = test.run("a", inflated(1, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("no key"), "{refused}");
    assert_eq!(world.told(), Vec::<String>::new());
    assert!(test.runtime().sagas(&saga_core::store::Query::default()).await.unwrap().sagas.is_empty());
}

/// An error that is too large to record is recorded by the beginning of its text.
#[tokio::test(start_paused = true)]
async fn an_error_too_large_loses_nothing_but_itself() {
    #[allow(non_camel_case_types)]
    enum verbose {}
    impl Step for verbose {
        const NAME: &'static str = "verbose";
        type Input = ();
        type Output = ();
        type Error = Failure;
        type Undo = undo::Irreversible;
        type Effort = effort::Fallible;
        type Repeat = repeat::Idempotent;
        async fn run(_: &StepContext, (): ()) -> Result<(), Failure> {
            Err(Failure::permanent("x".repeat(MAX)))
        }
    }
    saga!(talk, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("line")).await?;
        b.at(&cx, 1, &[], StepCall::<verbose>::new(())).await?;
        Ok("said".to_owned())
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<talk>()).await;
    let handle = test.run("a", talk::call()).await.unwrap();
    let outcome = handle.outcome().in_time().await.unwrap();
    assert!(outcome.is_rolled_back() && outcome.to_string().contains("xxx… (2097152 bytes)"), "{outcome}");
    let journal = serde_json::to_string(&handle.journal().await.unwrap()).unwrap();
    assert!(journal.len() < 100_000, "{} bytes", journal.len());
    world.agrees(handle.any()).await;
}
