//! Codecs: what they seal stands nowhere in clear, also not while they fail.
//!
//! Mutants seen to fail here: a signal recorded in clear when the codec fails; sealed values quoted in errors.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::{Codec, CodecError, Record};

const NUMBER: &str = "4242424242424242";

/// A codec that inverts every byte, and seals nothing while it is told so.
#[derive(Default)]
struct Outage(Arc<AtomicBool>);
impl Codec for Outage {
    fn name(&self) -> &str {
        "inverse"
    }
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
        match self.0.load(Ordering::Acquire) {
            false => self.open(plain),
            true => Err(CodecError::permanent("no key")),
        }
    }
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(sealed.iter().map(|b| !b).collect())
    }
}

saga!(told, |cx, input| [s] {
    Ok(s.at(&cx, 1, &[], signal::<String>("word")).await)
});

/// A signal that another process put into the inbox is refused while the codec fails: it is never recorded in clear.
#[tokio::test(start_paused = true)]
async fn a_signal_is_not_recorded_unsealed() {
    let (world, fails) = (World::new(), Arc::new(AtomicBool::new(false)));
    let of = fails.clone();
    let test = started(&world, move |b| b.codec(Outage(of.clone())).saga::<told>()).await;
    let handle = test.run("a", told::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    // A name that no wait has: its type is not known, so all of it is hidden.
    for (id, name) in [("1", "word"), ("2", "gossip")] {
        fails.store(true, Ordering::Release);
        let payload = saga_core::Payload::given(&format!("plain text {id}")).unwrap();
        let signal = Delivery::Signal { id: id.to_owned(), name: name.to_owned(), payload };
        test.store().deliver(handle.id(), signal.clone(), test.now()).await.unwrap();
        test.pass(SECOND).await;
        assert!(test.store().undelivered(handle.id()).await.unwrap().is_empty(), "it is refused");
        assert_eq!(count(handle.any(), |r| matches!(r, Record::Signalled { .. })).await, 0);
    }
    fails.store(false, Ordering::Release);
    let refused = Refusal::Unrecordable {
        id: "1".to_owned(),
        why: "codec \"inverse\" could not seal the value: no key".to_owned(),
    };
    assert_eq!(
        refused.to_string(),
        "signal \"1\" was not recorded: codec \"inverse\" could not seal the value: no key"
    );
    handle.signal("word", "1", &"plain text 3").await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "plain text 3");
    let journal = serde_json::to_string(&handle.journal().await.unwrap()).unwrap();
    assert!(!journal.contains("plain text"), "{journal}");
}

/// A text that is read as a number: it cannot be read again, and the error about that would quote it.
#[derive(Debug, Clone)]
struct Odd(String);
impl serde::Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(|number| Odd(number.to_string()))
    }
}

/// The journal says in clear why an output is lost. With a codec it does not quote the output.
#[tokio::test(start_paused = true)]
async fn an_error_about_a_sealed_value_quotes_none_of_it() {
    #[allow(non_camel_case_types)]
    enum oddly {}
    impl Step for oddly {
        const NAME: &'static str = "oddly";
        type Input = ();
        type Output = Odd;
        type Error = Failure;
        type Undo = undo::Irreversible;
        type Effort = effort::Fallible;
        type Repeat = repeat::Idempotent;
        async fn run(_: &StepContext, (): ()) -> Result<Odd, Failure> {
            Ok(Odd(NUMBER.to_owned()))
        }
    }
    saga!(odd, |cx, input| [a] {
        a.at(&cx, 1, &[], StepCall::<oddly>::new(())).await?;
        Ok("done".to_owned())
    });
    for seals in [false, true] {
        let world = World::new();
        let test =
            started(&world, move |b| if seals { b.codec(Outage::default()) } else { b }.saga::<odd>()).await;
        let handle = test.run("a", odd::call()).await.unwrap();
        assert_eq!(only(&dead_lettered(&handle).await).1, Reason::OutputLost);
        let journal = serde_json::to_string(&handle.journal().await.unwrap()).unwrap();
        assert_eq!(journal.contains(NUMBER), !seals, "{journal}");
    }
}
