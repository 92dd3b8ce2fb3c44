//! A codec that fails for a time: sagas wait for it, an operator sees that, nothing is done twice, and nothing is lost.
//!
//! Mutants seen to fail here: a body that takes a transient error for the value's (`meets_an_outage` gives false), an
//! output that is sealed once only, an input that is opened once only, a repeat that begins under a key of any age.
#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga::payload::{Codec, CodecError};
use saga::prelude::*;
use saga::record::Record;
use saga::test::{TestRuntime, in_virtual_time};
use saga::{Builder, By, Phase, Reason};

/// A codec with its keys in a service. It inverts each byte.
#[derive(Clone, Default)]
struct Kms(Arc<Mutex<Service>>);

#[derive(Default)]
struct Service {
    /// How often it was called.
    calls: usize,
    /// The calls that get no answer.
    down: Range<usize>,
    /// Set while the key is not known at all.
    is_key_unknown: bool,
}

impl Kms {
    fn down_at(&self, calls: Range<usize>) {
        self.0.lock().unwrap().down = calls;
    }

    /// Gives no answer from now on.
    fn down(&self) {
        self.down_at(0..usize::MAX);
    }

    fn up(&self) {
        self.down_at(0..0);
    }

    fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    fn call(&self, bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut service = self.0.lock().unwrap();
        service.calls += 1;
        match service {
            service if service.is_key_unknown => Err(CodecError::permanent("the key is unknown")),
            service if service.down.contains(&(service.calls - 1)) => Err(CodecError::transient("no answer")),
            _ => Ok(bytes.iter().map(|byte| !byte).collect()),
        }
    }
}

impl Codec for Kms {
    fn name(&self) -> &str {
        "kms"
    }

    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.call(plain)
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.call(sealed)
    }
}

/// What was done to the world.
#[derive(Default)]
struct World(Mutex<Vec<String>>);

impl World {
    fn does(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn done(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item * 100)
}

#[step(compensate = release(output, item), idempotent)]
async fn hold(world: &World, item: u64) -> Result<String, Failure> {
    world.does(format!("hold {item}"));
    Ok(format!("hold-{item}"))
}

#[step(retriable, idempotent)]
async fn release(world: &World, hold: String, item: u64) -> Result<(), Failure> {
    world.does(format!("release {hold} {item}"));
    Ok(())
}

#[step(irreversible, idempotent)]
async fn charge(world: &World, cents: u64) -> Result<u64, Failure> {
    world.does(format!("charge {cents}"));
    if cents > 1_000 { Err(Failure::permanent("declined")) } else { Ok(cents) }
}

#[saga(undoable)]
async fn check(item: u64) -> Result<u64, Failure> {
    Ok(price(item).await?)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let cents = check(item).await.map_err(|error| Failure::permanent(error.to_string()))?;
    hold(item).await?;
    sleep("1h").await;
    match signal::<u64>("bonus").within("1h").await {
        Ok(bonus) => Ok(charge(cents - bonus).await?),
        Err(_) => Ok(charge(cents).await?),
    }
}

/// A step that is never answered the first time.
#[step(irreversible, conclusive = "2h", timeout = "30min")]
async fn transfer(world: &World, key: &IdempotencyKey, cents: u64) -> Result<u64, TransferError> {
    let _ = key;
    world.does(format!("transfer {cents}"));
    if world.done().len() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(cents)
}

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize, StepError)]
enum TransferError {
    #[error("refused")]
    #[permanent(conclusive)]
    Refused,
}

#[saga]
async fn payout(cents: u64) -> Result<u64, Failure> {
    Ok(transfer(cents).await.map_err(|error| Failure::permanent(error.to_string()))?)
}

async fn started() -> (TestRuntime, Kms, Arc<World>) {
    let (kms, world) = (Kms::default(), Arc::new(World::default()));
    let (codec, given) = (kms.clone(), world.clone());
    let build = move |builder: Builder| {
        builder.shared_resource(given.clone()).codec(codec.clone()).saga::<order>().saga::<payout>()
    };
    (TestRuntime::start(build).await.unwrap(), kms, world)
}

fn id(id: &str) -> saga::SagaId {
    id.parse().unwrap()
}

const HOUR: Duration = Duration::from_secs(3600);

/// Runs an order while the codec is down at these of its calls; with a crash in the middle, or without. Returns how it
/// ended, what was done, and how often the codec was called.
async fn ordered(item: u64, down: Range<usize>, crashes: bool) -> (String, Vec<String>, usize) {
    let (mut test, kms, world) = started().await;
    // The caller's own error: nothing has begun.
    let handle = test.run("a", order(item)).await.unwrap();
    let begun = kms.calls();
    kms.down_at(begun + down.start..begun + down.end);
    test.pass(HOUR / 2).await;
    if crashes {
        test.crash().await.unwrap();
    }
    test.pass(HOUR * 4).await;
    let handle = test.find(handle.id()).await.unwrap().unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert_eq!(test.runtime().codec_trouble(), None);
    let phase = handle.phase().await.unwrap();
    let reasons: Vec<Reason> =
        handle.look().await.unwrap().blockers().map(|blocker| blocker.reason).collect();
    (format!("{phase} {reasons:?} {}", outcome.is_completed()), world.done(), kms.calls() - begun)
}

#[test]
fn each_call_of_a_codec_may_fail_for_a_time() {
    in_virtual_time(async {
        for (item, crashes) in [(3, false), (3, true), (13, false), (13, true)] {
            let (end, done, calls) = ordered(item, 0..0, crashes).await;
            assert!(end.starts_with(if item == 3 { "completed" } else { "rolled_back" }), "{end}");
            assert!(calls > 10, "{calls}");
            for at in 0..calls {
                let (given, did, _) = ordered(item, at..at + 3, crashes).await;
                assert_eq!(
                    (&given, &did),
                    (&end, &done),
                    "item {item}, crashes: {crashes}, down at call {at}"
                );
            }
        }
    });
}

#[test]
fn a_saga_waits_for_its_codec_and_an_operator_sees_that() {
    in_virtual_time(async {
        let (mut test, kms, world) = started().await;
        test.run("a", order(3)).await.unwrap();
        test.pass(HOUR / 2).await;
        kms.down();
        test.crash().await.unwrap();
        assert_eq!(test.runtime().codec_trouble(), None, "nothing needs it while the saga sleeps");
        test.pass(HOUR * 3).await;
        let told = "1 step or saga waits for a codec: codec \"kms\": no answer";
        assert_eq!(test.runtime().codec_trouble().as_deref(), Some(told));
        assert_eq!(test.runtime().store_trouble(), None);
        let handle = test.find(&id("a")).await.unwrap().unwrap();
        assert_eq!(handle.phase().await.unwrap(), Phase::Running);
        let before = handle.journal().await.unwrap().len();
        test.pass(HOUR).await;
        assert_eq!(handle.journal().await.unwrap().len(), before, "a wait writes nothing");
        kms.up();
        test.pass(HOUR * 2).await;
        assert!(handle.outcome().await.unwrap().is_completed());
        assert_eq!(world.done(), ["hold 3", "charge 300"]);
        assert_eq!(test.runtime().codec_trouble(), None);
    });
}

#[test]
fn a_cancel_is_taken_while_a_saga_waits_for_its_codec() {
    in_virtual_time(async {
        let (test, kms, world) = started().await;
        test.run("a", order(3)).await.unwrap();
        test.pass(HOUR / 2).await;
        kms.down();
        test.pass(HOUR * 2).await;
        let handle = test.find(&id("a")).await.unwrap().unwrap();
        handle.cancel(By::new("ann", "too slow")).await.unwrap();
        test.pass(HOUR).await;
        assert_eq!(handle.phase().await.unwrap(), Phase::RollingBack, "its compensation waits");
        kms.up();
        test.pass(HOUR).await;
        assert_eq!(handle.phase().await.unwrap(), Phase::RolledBack);
        assert_eq!(world.done(), ["hold 3", "release hold-3 3"]);
    });
}

#[test]
fn an_error_for_good_dead_letters_as_before() {
    in_virtual_time(async {
        let (mut test, kms, _) = started().await;
        test.run("a", order(3)).await.unwrap();
        test.pass(HOUR / 2).await;
        kms.down();
        test.crash().await.unwrap();
        test.pass(HOUR * 2).await;
        kms.0.lock().unwrap().is_key_unknown = true;
        test.pass(HOUR).await;
        let handle = test.find(&id("a")).await.unwrap().unwrap();
        assert_eq!(handle.phase().await.unwrap(), Phase::DeadLettered);
        let reasons: Vec<Reason> =
            handle.look().await.unwrap().blockers().map(|blocker| blocker.reason).collect();
        assert_eq!(reasons, [Reason::Undecodable]);
        assert_eq!(test.runtime().codec_trouble(), None, "it waits no longer");
    });
}

/// The service of the transfer knows a key for two hours: a repeat after that is another transfer.
#[test]
fn a_repeat_whose_key_is_forgotten_while_its_codec_is_down_is_not_begun() {
    in_virtual_time(async {
        for (down, transfers) in [(HOUR, 2), (HOUR * 3, 1)] {
            let (mut test, kms, world) = started().await;
            test.run("a", payout(70)).await.unwrap();
            test.pass(Duration::from_secs(1)).await;
            kms.down();
            test.crash().await.unwrap();
            test.pass(down).await;
            kms.up();
            test.pass(HOUR).await;
            assert_eq!(world.done().len(), transfers);
            let handle = test.find(&id("a")).await.unwrap().unwrap();
            let phase = handle.phase().await.unwrap();
            assert_eq!(phase, if transfers == 2 { Phase::Completed } else { Phase::DeadLettered });
            let journal = handle.journal().await.unwrap();
            let lost = journal
                .iter()
                .any(|e| matches!(&e.record, Record::Blocked { reason, .. } if *reason == Reason::InDoubt));
            assert_eq!(lost, transfers == 1);
        }
    });
}
