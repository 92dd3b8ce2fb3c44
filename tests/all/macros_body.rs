//! Ordinary code in the body of a saga, which none of the rules about awaits and determinism may refuse.
#![deny(unused_must_use, unused_imports, unreachable_code, clippy::all)]
#![allow(clippy::unwrap_used, clippy::needless_return, clippy::useless_vec)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use saga::prelude::*;
use saga::test::TestRuntime;

/// Gives its input.
#[step(readonly)]
async fn look(item: u64) -> Result<u64, Failure> {
    if item > 900 { Err(Failure::permanent("too dear")) } else { Ok(item) }
}

/// Gives the length of a text.
#[step(readonly)]
async fn measure(text: String) -> Result<u64, Failure> {
    text.len().try_into().permanent()
}

/// The error of these sagas.
#[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize, SagaError)]
enum BodyError {
    #[error("not seen")]
    Look(#[source] StepFailure<Failure>),
    #[error("{0}")]
    Other(#[source] Failure),
}

async fn outcome<S: saga::Saga>(call: saga::SagaCall<S>) -> Option<S::Output> {
    let runtime = TestRuntime::start(|builder| builder.saga::<S>()).await.unwrap();
    runtime.run("saga-1", call).await.unwrap().outcome().await.unwrap().completed()
}

/// A module of the user's own, not the system's clock.
mod clock {
    pub(crate) fn now(of: u64) -> u64 {
        of
    }
}

/// A plain function with a value that may be ignored.
fn count(items: &mut Vec<u64>) -> usize {
    items.push(1);
    items.len()
}

fn fits(items: &[u64]) -> Result<(), Failure> {
    if items.len() < 9 { Ok(()) } else { Err(Failure::permanent("too many")) }
}

/// Maps are looked into, counted, summed and sorted; only their order is not used.
#[saga]
async fn maps(prices: HashMap<String, u64>, seen: HashSet<u64>) -> Result<u64, Failure> {
    let sum: u64 = prices.values().sum();
    let most = prices.values().copied().max().unwrap_or_default();
    let any = seen.iter().any(|item| *item > 1);
    let many = seen.iter().filter(|item| **item > 1).count() as u64;
    let mut names: Vec<&String> = prices.keys().collect();
    names.sort();
    let sorted: BTreeMap<String, u64> = prices.clone().into_iter().collect();
    let again = seen.iter().copied().collect::<BTreeSet<u64>>();
    let third = BTreeSet::from_iter(seen.iter().copied());
    let first = prices.get("a").copied().unwrap_or_default();
    let prices = sorted;
    let mut looked = 0;
    for (name, price) in &prices {
        looked += measure(name.clone()).await? * look(*price).await?;
    }
    assert!(any && names.len() == prices.len() && again == third, "{names:?}");
    Ok(sum + most + many + first + looked)
}

/// Macros, closures and functions with exits of their own.
#[saga]
async fn closures(items: Vec<u64>) -> Result<u64, BodyError> {
    let halves = items.iter().map(|item| {
        if *item == 0 {
            return Ok(0);
        }
        Ok(u8::try_from(*item).permanent()? / 2)
    });
    let halves: Vec<u8> = halves.collect::<Result<_, Failure>>()?;
    let all_small = matches!(halves.as_slice(), [0..=99, ..] | []);
    let shown = format!(
        "{:?} of {items:?}",
        halves
            .iter()
            .map(|half| {
                return *half;
            })
            .collect::<Vec<_>>()
    );
    fn twice(item: u64) -> Option<u64> {
        let item = item.checked_mul(2)?;
        Some(item)
    }
    macro_rules! thrice {
        ($item:expr) => {
            $item * 3
        };
    }
    println!("{shown} {all_small} {}", clock::now(1));
    let mut items = items;
    count(&mut items);
    let _ = count(&mut items);
    fits(&items)?;
    let lots = vec![twice(1).unwrap_or_default(); 2];
    look(thrice!(items.len() as u64) + lots.iter().sum::<u64>()).await.map_err(BodyError::Look)
}

/// Loops end by themselves, or are bounded.
#[saga]
async fn loops(items: Vec<u64>) -> Result<u64, Failure> {
    let mut sum = 0;
    for (at, item) in items.iter().enumerate().skip(1) {
        sum += look(*item).await? * at as u64;
    }
    for item in (1..).take(2) {
        sum += look(item).await?;
    }
    #[bound(9)]
    for item in 5.. {
        if look(item).await? > 6 {
            break;
        }
        sum += 1;
    }
    let mut plain = 0;
    while plain < 3 {
        plain += 1;
    }
    Ok(sum + plain)
}

/// Values lent to the branches of an `all` may change before a later `?`.
#[saga]
async fn lent(items: Vec<u64>) -> Result<u64, Failure> {
    let mut texts = vec!["one".to_owned(), "three".to_owned()];
    let lengths = all(texts.iter().map(|text| measure(text.clone()))).await;
    texts.push("seven".to_owned());
    let looked = all((look(items[0]), measure(texts.join("+")))).await;
    texts.clear();
    let sum: u64 = lengths?.iter().sum();
    texts.extend(["a".to_owned()]);
    let (first, joined) = looked?;
    Ok(sum + first + joined + texts.len() as u64)
}

/// A failure that is kept, and returned later.
#[saga]
async fn kept(items: Vec<u64>) -> Result<u64, BodyError> {
    let first = look(items[0]).await;
    let second = look(items[1]).named("second").await;
    let sum = match (first, second) {
        (Ok(first), Ok(second)) => first + second,
        (Err(failure), _) | (_, Err(failure)) => return Err(failure.into()),
    };
    if sum > 5 { Ok(sum) } else { look(sum).await.map_err(BodyError::Look) }
}

#[tokio::test(start_paused = true)]
async fn ordinary_code_is_no_mistake() {
    let prices = HashMap::from([("a".to_owned(), 2), ("bc".to_owned(), 3)]);
    assert_eq!(outcome(maps(prices, HashSet::from([1, 2, 3]))).await, Some(5 + 3 + 2 + 2 + 2 + 6));
    assert_eq!(outcome(closures(vec![0, 8])).await, Some(12 + 4));
    assert_eq!(outcome(loops(vec![1, 2])).await, Some(2 + 3 + 2 + 3));
}

#[tokio::test(start_paused = true)]
async fn what_is_lent_may_change_before_a_later_exit() {
    assert_eq!(outcome(lent(vec![4])).await, Some(8 + 4 + 15 + 1));
    assert_eq!(outcome(lent(vec![901])).await, None);
    assert_eq!(outcome(kept(vec![1, 2])).await, Some(3));
    assert_eq!(outcome(kept(vec![1, 901])).await, None);
}
