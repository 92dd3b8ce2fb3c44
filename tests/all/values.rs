//! A body gets the same value the first time and on replay. A value that would not come back the same is refused before
//! its effect.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use saga::prelude::*;
use saga::test::{TestRuntime, in_virtual_time, replay_journal};
use saga::{Builder, Cause, Phase, Reason, Rollback, RunError, SitePath};
use serde::{Deserialize, Serialize};

/// A sum, with a value that no journal keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sum {
    total: f64,
    #[serde(skip)]
    lines: u32,
}

#[step(readonly)]
async fn price(of: u32) -> Result<f64, Failure> {
    Ok(f64::from(of) / 3.0)
}

#[saga(undoable)]
async fn basket(things: Vec<u32>) -> Result<Sum, Failure> {
    let mut total = 0.1;
    for thing in things.iter().copied() {
        total += price(thing).await?;
    }
    Ok(Sum { total, lines: things.len() as u32 })
}

#[step(irreversible, idempotent)]
async fn pay(total: f64, lines: u32) -> Result<f64, Failure> {
    Ok(total * f64::from(lines + 1))
}

#[saga]
async fn buy(things: Vec<u32>) -> Result<f64, Failure> {
    let sum = basket(things).await?;
    Ok(pay(sum.total, sum.lines).await?)
}

#[test]
fn a_parent_gets_what_is_recorded_of_its_child() {
    for round in 0..50 {
        let things: Vec<u32> = (round..round + 7).collect();
        let (journal, paid) = in_virtual_time(async move {
            let test = TestRuntime::start(|b| b.saga::<buy>()).await.unwrap();
            let handle = test.run("a", buy(things)).await.unwrap();
            let paid = handle.outcome().await.unwrap().completed().unwrap();
            (handle.journal().await.unwrap(), paid)
        });
        assert_eq!(replay_journal(&journal, |b| b.saga::<buy>()), Ok(()));
        let sum = (round..round + 7).fold(0.1, |sum, of| sum + f64::from(of) / 3.0);
        assert!(paid == sum, "{paid} {sum}: no line is recorded");
    }
}

#[step(compensate = drop_hold(), idempotent)]
async fn pack(
    things: HashSet<String>,
    by_size: BTreeMap<u8, HashSet<String>>,
) -> Result<HashSet<String>, Failure> {
    assert_eq!(by_size.len(), 1);
    Ok(things)
}

#[saga]
async fn parcel(things: HashSet<String>) -> Result<HashSet<String>, Failure> {
    let packed = pack(things.clone(), [(1, things)].into()).await?;
    Ok(pack(packed.clone(), [(2, packed)].into()).named("again").await?)
}

fn many() -> HashSet<String> {
    (0..20).map(|n| format!("thing {n}")).collect()
}

#[test]
fn a_set_is_a_set() {
    in_virtual_time(async {
        let mut test = TestRuntime::start(|b| b.saga::<parcel>()).await.unwrap();
        for round in 0..10 {
            let id = format!("parcel-{round}");
            let handle = test.run(id.as_str(), parcel(many())).await.unwrap();
            assert_eq!(handle.outcome().await.unwrap().completed(), Some(many()));
            test.run(id.as_str(), parcel(many())).await.unwrap();
            let fewer: HashSet<String> = many().into_iter().skip(1).collect();
            let conflict = test.run(id.as_str(), parcel(fewer)).await.unwrap_err();
            assert!(matches!(conflict, RunError::IdConflict { .. }), "{conflict}");
            let journal = handle.journal().await.unwrap();
            assert_eq!(replay_journal(&journal, |b| b.saga::<parcel>()), Ok(()));
        }
        test.crash().await.unwrap();
    });
}

/// An error that cannot be recorded, or only in part.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error, StepError)]
enum Odd {
    #[error("the bank said much")]
    #[permanent]
    Long { body: String, list: Vec<u32> },
    #[error("the rate is not known")]
    #[permanent]
    Rate(f64),
    #[error("no JSON at all")]
    #[permanent]
    Keys(BTreeMap<(u8, u8), u8>),
    #[error("it panics")]
    #[permanent]
    Panics(#[serde(serialize_with = "panics")] u8),
}

fn panics<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
    panic!("it will not be written")
}

fn odd(which: u8) -> Odd {
    match which {
        0 => Odd::Long { body: "ü".repeat(3 << 19), list: vec![7; 1 << 16] },
        1 => Odd::Rate(f64::NAN),
        2 => Odd::Keys([((1, 2), 3)].into()),
        _ => Odd::Panics(4),
    }
}

#[step(compensate = drop_hold(), idempotent)]
async fn hold() -> Result<(), Failure> {
    Ok(())
}

#[step(retriable, idempotent)]
async fn drop_hold() -> Result<(), Failure> {
    Ok(())
}

#[step(compensate = drop_hold(), idempotent)]
async fn refuse(which: u8) -> Result<(), Odd> {
    Err(odd(which))
}

#[step(readonly)]
async fn look(which: u8) -> Result<(), Odd> {
    Err(odd(which))
}

#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error, SagaError)]
enum Refused {
    #[error("{0}")]
    Step(StepFailure<Odd>),
    #[error("{0}")]
    Other(StepFailure<Failure>),
}

#[saga(undoable)]
async fn refused(which: u8, looks: bool) -> Result<usize, Refused> {
    hold().await?;
    let refused = if looks { look(which).await } else { refuse(which).await };
    match refused {
        Err(StepFailure::Failed(Odd::Long { body, list })) => {
            assert!(body.ends_with(&format!("… ({} bytes)", 3 << 20)), "it is cut, and says so");
            Ok(list.len())
        }
        other => {
            other?;
            Ok(0)
        }
    }
}

#[saga]
async fn refused_inside(which: u8) -> Result<usize, Refused> {
    let inner = refused(which, false).await;
    match inner {
        Ok(cut) => Ok(cut),
        Err(_) => unreachable!("its error cannot be recorded"),
    }
}

#[test]
fn a_step_that_has_failed_has_failed_however_it_says_so() {
    in_virtual_time(async {
        let test = TestRuntime::start(|b| b.saga::<refused>().saga::<refused_inside>()).await.unwrap();
        for looks in [false, true] {
            let cut = test.run(format!("long-{looks}").as_str(), refused(0, looks)).await.unwrap();
            let list = cut.outcome().await.unwrap().completed().unwrap();
            assert!((1 << 10..1 << 20).contains(&list), "{list}");
            for which in 1..4 {
                let id = format!("{which}-{looks}");
                let handle = test.run(id.as_str(), refused(which, looks)).await.unwrap();
                let outcome = handle.outcome().await.unwrap();
                let Outcome::RolledBack { cause: Cause::Failed { message, .. }, error: None, rollback } =
                    outcome
                else {
                    panic!("{id}: {outcome:?}")
                };
                assert!(matches!(rollback, Rollback::Complete { .. }), "{rollback}");
                assert!(message.contains(&odd(which).to_string()), "{message}");
            }
        }
        let inside = test.run("inside", refused_inside(1)).await.unwrap().outcome().await.unwrap();
        assert!(
            matches!(inside, Outcome::RolledBack { rollback: Rollback::Complete { .. }, .. }),
            "{inside:?}"
        );
    });
}

/// A type that is written and cannot be read, or is read as something else.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Lossy {
    Rate(f64),
    Twice(Option<Option<u8>>),
    Note {
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
    },
    Number(Number),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Float(f64),
    Whole(u64),
}

fn lossy() -> [Lossy; 4] {
    [
        Lossy::Rate(f64::INFINITY),
        Lossy::Twice(Some(None)),
        Lossy::Note { text: String::new() },
        Lossy::Number(Number::Whole(5)),
    ]
}

static RAN: AtomicU32 = AtomicU32::new(0);

#[step(irreversible, idempotent)]
async fn takes(_value: Lossy) -> Result<(), Failure> {
    RAN.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[step(compensate = drop_hold(), idempotent)]
async fn gives(which: usize) -> Result<Lossy, Failure> {
    Ok(lossy()[which].clone())
}

#[saga]
async fn given(value: Lossy) -> Result<(), Failure> {
    takes(value).await?;
    Ok(())
}

#[saga]
async fn taken(which: usize, through: bool) -> Result<(), Failure> {
    hold().await?;
    match through {
        true => takes(lossy()[which].clone()).await?,
        false => drop(gives(which).await?),
    }
    Ok(())
}

fn all_of_them(builder: Builder) -> Builder {
    builder.saga::<given>().saga::<taken>()
}

#[test]
fn what_would_not_come_back_is_refused_before_the_effect_or_named_after_it() {
    in_virtual_time(async {
        let test = TestRuntime::start(all_of_them).await.unwrap();
        for (which, value) in lossy().into_iter().enumerate() {
            // As an input of the saga: nothing is recorded.
            let refused = test.run(format!("given-{which}").as_str(), given(value)).await.unwrap_err();
            assert!(
                matches!(&refused, RunError::Unrecordable { why } if why.contains("recorded")),
                "{refused}"
            );
            // As an input of a step: nothing has begun.
            let outcome = test.run(format!("through-{which}").as_str(), taken(which, true)).await.unwrap();
            let outcome = outcome.outcome().await.unwrap();
            assert!(
                matches!(&outcome, Outcome::RolledBack { cause: Cause::Unrecordable { site, .. }, .. }
                    if *site == SitePath::from("takes")),
                "{outcome:?}"
            );
            assert_eq!(RAN.load(Ordering::Relaxed), 0);
            // As an output: the step is done, the attempt reports the loss, and the compensation is known.
            let handle = test.run(format!("output-{which}").as_str(), taken(which, false)).await.unwrap();
            let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else { panic!("{which}") };
            let reason = &letter.seen().blockers[0];
            assert_eq!(
                (reason.reason, reason.site.clone()),
                (Reason::OutputLost, Some(SitePath::from("gives")))
            );
            assert!(reason.detail.contains("recorded"), "{}", reason.detail);
            letter.roll_back(By::new("Ann", "the output is of no use")).await.unwrap();
            let outcome = handle.outcome().await.unwrap();
            assert!(
                matches!(outcome, Outcome::RolledBack { rollback: Rollback::Complete { .. }, .. }),
                "{outcome:?}"
            );
            assert_eq!(handle.phase().await.unwrap(), Phase::RolledBack);
        }
    });
}

#[saga]
async fn waiting() -> Result<(u32, String), Failure> {
    let number = signal::<u32>("number").within("2h").await?;
    let text = signal::<String>("text").await;
    Ok((number, text))
}

#[test]
fn a_signal_of_a_wrong_type_is_refused_and_the_saga_goes_on_waiting() {
    in_virtual_time(async {
        let mut test = TestRuntime::start(|b| b.saga::<waiting>()).await.unwrap();
        let handle = test.run("a", waiting()).await.unwrap();
        // Before its type is known the signal is accepted, and refused later.
        handle.signal("text", "t1", &vec![1]).await.unwrap();
        let refused = handle.signal("number", "n1", &"seven").await.unwrap_err();
        assert!(refused.to_string().contains("signal"), "{refused}");
        // After the saga was released, and after a crash.
        test.pass(std::time::Duration::from_secs(600)).await;
        handle.signal("number", "n2", &-7).await.unwrap_err();
        test.crash().await.unwrap();
        let id = saga::SagaId::new("a").unwrap();
        let handle = test.find(&id).await.unwrap().unwrap();
        handle.signal("number", "n3", &Some("7")).await.unwrap_err();
        assert_eq!(handle.phase().await.unwrap(), Phase::Waiting);
        // A refused signal was not taken: its id may be used again.
        handle.signal("number", "n1", &7).await.unwrap();
        handle.signal("text", "t1", &"t").await.unwrap();
        let handle = test.run("a", waiting()).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some((7, "t".to_owned())));
        let journal = handle.journal().await.unwrap();
        let refused =
            journal.iter().filter(|e| matches!(e.record, saga::record::Record::SignalRefused { .. })).count();
        assert_eq!(refused, 4, "{journal:#?}");
        assert_eq!(replay_journal(&journal, |b| b.saga::<waiting>()), Ok(()));
    });
}
