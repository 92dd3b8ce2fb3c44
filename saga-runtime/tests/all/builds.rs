//! Journals that do not fit the build that recovers them: `Diverged` and `Undecodable`. The first record that differs
//! is found, both sides are shown, and nothing is guessed. A build that fits continues the saga.
//!
//! Mutants seen to fail here: recorded and reached not compared; a recorded site skipped; an unknown compensation
//! skipped.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::record::Cause;
use saga_core::{Codec, CodecError, Record};

/// The builds of one saga, and the one that is started next.
#[derive(Clone)]
struct Builds {
    now: Arc<AtomicUsize>,
    all: &'static [fn(Builder) -> Builder],
}

impl Builds {
    async fn started(world: &World, all: &'static [fn(Builder) -> Builder]) -> (Builds, TestRuntime) {
        let builds = Builds { now: Arc::default(), all };
        let of = builds.clone();
        let test = started(world, move |b| of.all[of.now.load(Ordering::Acquire)](b)).await;
        (builds, test)
    }

    /// Replaces the process by one of that build.
    async fn replace(&self, test: &mut TestRuntime, build: usize) {
        test.die().await;
        self.now.store(build, Ordering::Release);
        test.restart().await.unwrap();
    }
}

mod first {
    use super::*;
    saga!(trip, |cx, input| [a, b, c] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], set("hotel")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        Ok("booked".to_owned())
    });
}

mod another_step {
    use super::*;
    saga!(trip, |cx, input| [a, b, c] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], book("hotel")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        Ok("booked".to_owned())
    });
}

mod another_input {
    use super::*;
    saga!(trip, |cx, input| [a, b, c] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], StepCall::<set>::new(Item::new("hostel")).named("hotel")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        Ok("booked".to_owned())
    });
}

mod missing_site {
    use super::*;
    saga!(trip, |cx, input| [a, c] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        Ok("booked".to_owned())
    });
}

mod extra_site {
    use super::*;
    saga!(trip, |cx, input| [a, t, b, c] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        t.at(&cx, 1, &[], hold("train")).await?;
        b.at(&cx, 1, &[], set("hotel")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        Ok("booked".to_owned())
    });
}

mod ends_early {
    use super::*;
    saga!(trip, |cx, input| [a] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        Ok("booked".to_owned())
    });
}

mod more_at_the_end {
    use super::*;
    saga!(trip, |cx, input| [a, b, c, d] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], set("hotel")).await?;
        c.at(&cx, 1, &[], post("card")).await?;
        d.at(&cx, 1, &[], mail("ticket")).await;
        Ok("booked and mailed".to_owned())
    });
}

const BUILDS: &[fn(Builder) -> Builder] = &[
    |b| b.saga::<first::trip>(),
    |b| b.saga::<another_step::trip>(),
    |b| b.saga::<another_input::trip>(),
    |b| b.saga::<missing_site::trip>(),
    |b| b.saga::<extra_site::trip>(),
    |b| b.saga::<ends_early::trip>(),
    |b| b.saga::<more_at_the_end::trip>(),
];

#[tokio::test(start_paused = true)]
async fn a_journal_that_does_not_fit_is_dead_lettered_and_waits_for_a_build_that_does() {
    let told = [
        (1, "hotel", vec!["step set({\"item\":\"hotel\"})", "step book({\"item\":\"hotel\"})"]),
        (2, "hotel", vec!["step set({\"item\":\"hotel\"})", "step set({\"item\":\"hostel\"})"]),
        (3, "hotel", vec!["step set({\"item\":\"hotel\"})", "passed by"]),
        (4, "hotel", vec!["step set({\"item\":\"hotel\"})", "step hold({\"item\":\"train\"}) at train"]),
        (5, "hotel", vec!["step set({\"item\":\"hotel\"})", "ended"]),
    ];
    for (build, at, sides) in told {
        let world = World::new();
        world.script("post card", [Fault::Hang]);
        let (builds, mut test) = Builds::started(&world, BUILDS).await;
        test.run("a", first::trip::call()).await.unwrap();
        world.called("post card", 1).in_time().await;
        builds.replace(&mut test, build).await;
        test.pass(SECOND).await;
        let handle = test.find(&SagaId::new("a").unwrap()).await.unwrap().unwrap();
        let letter = handle.dead_letter().await.unwrap().expect("it is dead-lettered");
        // The last build does not know the step that was in flight either.
        let diverged = letter.seen().blockers.iter().find(|r| r.site == Some(site(at)));
        let diverged = diverged.unwrap_or_else(|| panic!("build {build}: {letter}"));
        assert_eq!(diverged.reason, Reason::Diverged);
        // It is not known either that the code was changed: unchanged code may be nondeterministic.
        for side in sides.into_iter().chain(["the body is not deterministic"]) {
            assert!(
                diverged.detail.contains(side),
                "build {build}: {side:?} is not in {:?}",
                diverged.detail
            );
        }
        // Steps that ran on were begun by the fitting build; the other one began none.
        assert_eq!(
            (world.calls("book hotel"), world.calls("hold train"), world.calls("set hostel")),
            (0, 0, 0)
        );
        builds.replace(&mut test, 0).await;
        let handle = test.run("a", first::trip::call()).await.unwrap();
        if handle.phase().await.unwrap() == Phase::DeadLettered {
            handle.redrive(ann()).await.unwrap();
        }
        assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
        world.agrees(handle.any()).await;
    }
}

/// A journal that is a path of the new code continues in it.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fits_goes_on_in_the_new_build() {
    let world = World::new();
    world.script("post card", [Fault::Hang]);
    let (builds, mut test) = Builds::started(&world, BUILDS).await;
    test.run("a", first::trip::call()).await.unwrap();
    world.called("post card", 1).in_time().await;
    builds.replace(&mut test, 6).await;
    let handle = test.run("a", more_at_the_end::trip::call()).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked and mailed");
    world.agrees(handle.any()).await;
}

/// A build does not know a compensation: the saga is dead-lettered there, the rest is undone, nothing is skipped
/// (scenario 9).
#[tokio::test(start_paused = true)]
async fn an_unknown_compensation_is_not_skipped() {
    mod with {
        use super::*;
        saga!(trip, |cx, input| [a, b, c] {
            a.at(&cx, 1, &[], set("flag")).await?;
            b.at(&cx, 1, &[], hold("flight")).await?;
            c.at(&cx, 1, &[], charge("card")).await?;
            Ok("booked".to_owned())
        });
    }
    mod without {
        use super::*;
        saga!(trip, |cx, input| [b, c] {
            b.at(&cx, 1, &[], hold("flight")).await?;
            c.at(&cx, 1, &[], charge("card")).await?;
            Ok("booked".to_owned())
        });
    }
    const BUILDS: &[fn(Builder) -> Builder] = &[|b| b.saga::<with::trip>(), |b| b.saga::<without::trip>()];
    let world = World::new();
    world.always("charge card", Fault::Permanent).script("release flight", [Fault::Hang]);
    let (builds, mut test) = Builds::started(&world, BUILDS).await;
    test.run("a", with::trip::call()).await.unwrap();
    world.called("release flight", 1).in_time().await;
    builds.replace(&mut test, 1).await;
    let handle = test.run("a", without::trip::call()).await.unwrap();
    let letter = dead_lettered(&handle).await;
    assert_eq!(only(&letter), (Some("flag"), Reason::Diverged));
    assert!(letter.blockers[0].detail.contains("does not know the compensation unset"), "{letter}");
    assert_eq!(world.stands(), ["set flag"]);
    builds.replace(&mut test, 0).await;
    let handle = test.run("a", with::trip::call()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!(world.stands(), Vec::<String>::new());
    world.agrees(handle.any()).await;
}

/// A step named `fetch`, with the given types.
macro_rules! fetch {
    ($input:ty, $output:ty, $error:ty, |$given:ident| $result:expr) => {
        #[allow(non_camel_case_types)]
        pub enum fetch {}
        impl Step for fetch {
            const NAME: &'static str = "fetch";
            type Input = $input;
            type Output = $output;
            type Error = $error;
            type Undo = undo::Irreversible;
            type Effort = effort::Fallible;
            type Repeat = repeat::Idempotent;
            async fn run(_: &StepContext, $given: $input) -> Result<$output, $error> {
                $result
            }
        }
    };
}

/// Fetches, and then waits for a signal.
macro_rules! fetching {
    () => {
        saga!(fetching, |cx, input| [a, s] {
            let fetched = a.at(&cx, 1, &[], StepCall::<fetch>::new(input)).await;
            s.at(&cx, 1, &[], signal::<()>("go on")).await;
            Ok(format!("{}", fetched.is_ok()))
        });
    };
}

mod of_texts {
    use super::*;
    fetch!(String, String, Failure, |given| match given.as_str() {
        "" => Err(Failure::permanent("nothing to fetch")),
        _ => Ok(given),
    });
    fetching!();
}

mod of_numbers {
    use super::*;
    #[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
    pub struct Coded(u16);
    impl std::fmt::Display for Coded {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "error {}", self.0)
        }
    }
    impl std::error::Error for Coded {}
    impl StepError for Coded {
        const RECORDED: Recording<Self> = Recording::new();

        fn class(&self) -> Class {
            Class::Permanent
        }
    }
    fetch!(String, u64, Coded, |given| given.parse().map_err(|_| Coded(7)));
    fetching!();
}

/// An output or error that another build wrote cannot be read by this one (scenario 28).
#[tokio::test(start_paused = true)]
async fn s28_an_output_or_error_of_another_type_is_undecodable() {
    const BUILDS: &[fn(Builder) -> Builder] =
        &[|b| b.saga::<of_texts::fetching>(), |b| b.saga::<of_numbers::fetching>()];
    for input in ["text", ""] {
        let world = World::new();
        let (builds, mut test) = Builds::started(&world, BUILDS).await;
        let call = || SagaCall::<of_texts::fetching>::new(input.to_owned());
        let handle = test.run("a", call()).await.unwrap();
        until_phase(handle.any(), Phase::Waiting).await;
        builds.replace(&mut test, 1).await;
        let handle = test.find(handle.id()).await.unwrap().unwrap();
        handle.signal("go on", "1", &()).await.unwrap();
        test.pass(SECOND).await;
        let letter = handle.dead_letter().await.unwrap().expect("it is dead-lettered");
        assert_eq!(only(letter.seen()), (Some("fetch"), Reason::Undecodable));
        assert!(letter.seen().blockers[0].detail.contains("the recorded value is no"), "{letter}");
        builds.replace(&mut test, 0).await;
        let handle = test.run("a", call()).await.unwrap();
        handle.redrive(ann()).await.unwrap();
        assert_eq!(
            handle.outcome().in_time().await.unwrap().completed().unwrap(),
            (!input.is_empty()).to_string()
        );
    }
}

/// A value of which only odd numbers can be read.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Odd(u8);
impl<'de> serde::Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let n = u8::deserialize(deserializer)?;
        if n % 2 == 1 { Ok(Odd(n)) } else { Err(serde::de::Error::custom("even")) }
    }
}

/// An input can be written but not read: the step never begins, and the saga rolls back.
#[tokio::test(start_paused = true)]
async fn an_input_that_cannot_be_read_begins_nothing() {
    fetch!(Odd, u8, Failure, |given| Ok(given.0));
    saga!(odd, |cx, input| [a] {
        Ok(a.at(&cx, 1, &[], StepCall::<fetch>::new(Odd(4))).await?.to_string())
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<odd>()).await;
    let handle = test.run("a", odd::call()).await.unwrap();
    let Outcome::RolledBack { cause: Cause::Unrecordable { site: at, message }, .. } =
        handle.outcome().in_time().await.unwrap()
    else {
        panic!("it cannot have begun")
    };
    assert_eq!(at, site("fetch"));
    assert!(message.contains("even"), "{message}");
    assert!(!handle.journal().await.unwrap().iter().any(|entry| entry.record.site() == Some(&at)));
}

/// A codec that inverts every byte.
struct Inverse;
impl Codec for Inverse {
    fn name(&self) -> &str {
        "inverse"
    }
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(plain.iter().map(|b| !b).collect())
    }
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.seal(sealed)
    }
}

/// The saga's input is sealed by a codec that this build does not have. A build that only reads with it suffices.
#[tokio::test(start_paused = true)]
async fn an_unknown_codec_is_undecodable() {
    const BUILDS: &[fn(Builder) -> Builder] = &[
        |b| b.codec(Inverse).saga::<first::trip>(),
        |b| b.saga::<first::trip>(),
        |b| b.read_codec(Inverse).saga::<first::trip>(),
    ];
    let world = World::new();
    world.script("set hotel", [Fault::Hang]);
    let (builds, mut test) = Builds::started(&world, BUILDS).await;
    let call = || SagaCall::<first::trip>::new("to Rome".to_owned());
    let handle = test.run("a", call()).await.unwrap();
    world.called("set hotel", 1).in_time().await;
    let journal = serde_json::to_string(&handle.journal().await.unwrap()).unwrap();
    assert!(
        journal.contains("\"codec\":\"inverse\"") && !journal.contains("Rome") && !journal.contains("item")
    );
    builds.replace(&mut test, 1).await;
    let handle = test.find(handle.id()).await.unwrap().unwrap();
    until_phase(&handle, Phase::DeadLettered).await;
    let letter = handle.dead_letter().await.unwrap().unwrap();
    assert!(letter.seen().blockers.iter().all(|r| r.reason == Reason::Undecodable), "{letter}");
    assert!(letter.seen().blockers[0].detail.contains("\"inverse\""), "{letter}");
    builds.replace(&mut test, 2).await;
    let handle = test.run("a", call()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
    // From here on it is written in plain text, and both forms can be read.
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Completed { .. })).await, 1);
    world.agrees(handle.any()).await;
}
