//! Changes of a saga's values while sagas are in flight: the rows of "What may change" in `docs/values.md`.
#![allow(clippy::unwrap_used, dead_code, unused_variables)]

use saga::prelude::*;
use saga::test::{TestRuntime, in_virtual_time, replay_journal};
use saga::{Saga, SagaCall, record::Entry};
use serde::{Deserialize, Serialize};

macro_rules! orders {
    ($($version:ident { $($body:tt)* })*) => {$(
        mod $version {
            use super::*;

            $($body)*

            #[step(idempotent, compensate = forget())]
            async fn ship(order: Order, copies: Copies) -> Result<(), Failure> {
                Ok(())
            }

            #[step(idempotent, retriable)]
            async fn forget() -> Result<(), Failure> {
                Ok(())
            }

            #[saga(name = "order")]
            pub(super) async fn order(order: Order, copies: Copies) -> Result<(), Failure> {
                ship(order, copies).await?;
                sleep("2h").await;
                Ok(())
            }
        }
    )*};
}

orders! {
    first {
        pub(super) type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { pub(super) item: String, pub(super) how: How }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) enum How { Post, Weighed(u32) }
    }
    field_added {
        type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { item: String, how: How, #[serde(default)] gift: bool }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        enum How { Post, Weighed(u32) }
    }
    field_removed {
        type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { item: String }
    }
    field_renamed_with_alias {
        type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { #[serde(alias = "item")] thing: String, how: How }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        enum How { Post, Weighed(u32) }
    }
    field_renamed_without {
        type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { thing: String, how: How }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        enum How { Post, Weighed(u32) }
    }
    widened {
        type Copies = f64;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { item: Option<String>, how: How }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        enum How { Post, Weighed(u64) }
    }
    variant_added {
        type Copies = u32;
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct Order { item: String, how: How }
        #[derive(Clone, Debug, Serialize, Deserialize)]
        enum How { Drone, Post, Weighed(u32) }
    }
}

/// Returns the journal of a saga that has been run.
fn journal_of<S: Saga>(call: SagaCall<S>) -> Vec<Entry> {
    in_virtual_time(async {
        let test = TestRuntime::start(|b| b.saga::<S>()).await.unwrap();
        let handle = test.run("order", call).await.unwrap();
        while !handle.phase().await.unwrap().is_ended() {
            test.pass(std::time::Duration::from_secs(60)).await;
            if handle.running().await.unwrap().is_some() {
                // An open question is answered; without one this is refused.
                handle.approve(By::new("Ann", "it is fine")).await.ok();
            }
        }
        handle.journal().await.unwrap()
    })
}

/// Checks that the sagas in a journal continue with that code, wherever they are, and that the same call finds them.
fn goes_on<S: Saga>(journal: &[Entry]) -> Result<(), String> {
    for len in 1..=journal.len() {
        let replayed = replay_journal(&journal[..len], |b| b.saga::<S>());
        replayed
            .map_err(|misfits| misfits.iter().map(|misfit| misfit.why.to_string()).collect::<String>())?;
    }
    Ok(())
}

fn first_orders() -> Vec<Entry> {
    let order = first::Order { item: "tea".into(), how: first::How::Weighed(7) };
    journal_of(first::order(order, 2))
}

#[test]
fn a_field_with_a_default_may_be_added() {
    assert_eq!(goes_on::<field_added::order>(&first_orders()), Ok(()));
}

#[test]
fn a_field_may_be_removed() {
    assert_eq!(goes_on::<field_removed::order>(&first_orders()), Ok(()));
}

#[test]
fn a_field_may_be_renamed_with_an_alias_and_not_without() {
    assert_eq!(goes_on::<field_renamed_with_alias::order>(&first_orders()), Ok(()));
    let told = goes_on::<field_renamed_without::order>(&first_orders()).unwrap_err();
    assert!(told.contains("thing"), "{told}");
}

#[test]
fn a_type_may_be_widened() {
    assert_eq!(goes_on::<widened::order>(&first_orders()), Ok(()));
}

#[test]
fn a_variant_may_be_added() {
    assert_eq!(goes_on::<variant_added::order>(&first_orders()), Ok(()));
}

#[step(idempotent, compensate = give_back(cents))]
async fn charge(cents: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(idempotent, retriable)]
async fn give_back(_cents: u32) -> Result<(), Failure> {
    Ok(())
}

mod more {
    use super::*;

    #[step(idempotent, compensate = give_back(cents))]
    async fn charge(
        cents: u32,
        #[serde(default)] tip: u32,
        #[serde(default = "euro")] currency: String,
    ) -> Result<(), Failure> {
        Ok(())
    }

    fn euro() -> String {
        "EUR".into()
    }

    /// Unchanged for sagas in flight.
    #[saga(name = "bill")]
    pub(super) async fn bill(cents: u32, #[serde(default)] tip: u32) -> Result<(), Failure> {
        charge(cents, tip, "EUR".into()).await?;
        Ok(())
    }

    #[saga(name = "bill")]
    pub(super) async fn bill_in_francs(cents: u32) -> Result<(), Failure> {
        charge(cents, 0, "CHF".into()).await?;
        Ok(())
    }
}

#[saga]
async fn bill(cents: u32) -> Result<(), Failure> {
    charge(cents).await?;
    Ok(())
}

#[test]
fn a_parameter_with_a_default_may_be_added_where_the_code_gives_it() {
    let journal = journal_of(bill(300));
    assert_eq!(goes_on::<more::bill>(&journal), Ok(()));
    let told = goes_on::<more::bill_in_francs>(&journal).unwrap_err();
    assert!(told.contains("CHF") && told.contains("300"), "{told}");
}

#[saga]
async fn waits(cents: u32) -> Result<(), Failure> {
    sleep("2h").await;
    approve(format!("Charge {cents}?")).within("1h").await?;
    charge(cents).await?;
    Ok(())
}

#[saga(name = "waits")]
async fn waits_longer(cents: u32) -> Result<(), Failure> {
    sleep("200h").await;
    approve(format!("Charge {cents}?")).within("100h").await?;
    charge(cents).await?;
    Ok(())
}

#[saga(name = "waits")]
async fn asks_otherwise(cents: u32) -> Result<(), Failure> {
    sleep("2h").await;
    approve(format!("Shall {cents} be charged?")).within("1h").await?;
    charge(cents).await?;
    Ok(())
}

#[test]
fn a_sleep_or_a_limit_may_be_another_and_a_question_may_not() {
    let journal = journal_of(waits(300));
    assert_eq!(goes_on::<waits_longer>(&journal), Ok(()));
    let told = goes_on::<asks_otherwise>(&journal).unwrap_err();
    assert!(told.contains("Charge 300?") && told.contains("Shall 300 be charged?"), "{told}");
}

#[test]
fn the_same_call_finds_its_saga_after_a_change() {
    in_virtual_time(async {
        let test = TestRuntime::start(|b| b.saga::<bill>()).await.unwrap();
        test.run("bill", bill(300)).await.unwrap().outcome().await.unwrap();
        let next = saga::Runtime::builder(test.store()).saga::<more::bill>().start().await.unwrap();
        next.run("bill", more::bill(300, 0)).await.unwrap();
        let conflict = next.run("bill", more::bill(300, 5)).await.unwrap_err();
        assert!(matches!(conflict, saga::RunError::IdConflict { .. }), "{conflict}");
        next.shutdown().await;
    });
}
