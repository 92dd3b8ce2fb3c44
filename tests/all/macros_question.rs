//! `?` in the body of a step is that of the language wherever it compiles. Only the compiler's message on a foreign
//! error is ours.
#![deny(missing_docs, unused_qualifications, clippy::pedantic)]
#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::num::ParseIntError;

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum SeatError {
    #[error("no number: {0}")]
    #[permanent]
    NoNumber(String),
    #[error("failed: {0}")]
    #[in_doubt]
    Failed(#[from] Failure),
}

impl From<ParseIntError> for SeatError {
    fn from(error: ParseIntError) -> Self {
        Self::NoNumber(error.to_string())
    }
}

type SeatResult<T = u64> = Result<T, SeatError>;

/// An error of the step's own, made by `From`. Types are inferred through it, and an alias counts as a `Result`.
#[step(readonly)]
async fn seat(text: String) -> SeatResult {
    let (row, seat) = text.split_once('-').ok_or_else(|| SeatError::NoNumber(text.clone()))?;
    let row: u64 = row.parse()?;
    Ok(row * 100 + seat.parse::<u64>()?)
}

/// A `?` that returns from something else is not changed.
#[step(readonly)]
async fn elsewhere(texts: Vec<String>) -> Result<u64, Failure> {
    fn parsed(text: &str) -> Result<u64, ParseIntError> {
        Ok(text.parse::<u64>()? + 1)
    }
    let first = || Some(texts.first()?.len() as u64);
    let last = async { Ok::<_, ParseIntError>(texts.last().map_or("0", String::as_str).parse::<u64>()? + 1) };
    let sum: Result<Vec<u64>, ParseIntError> = texts.iter().map(|text| Ok(parsed(text)? + 1)).collect();
    Ok(first().unwrap_or(0) + last.await.permanent()? + sum.permanent()?.iter().sum::<u64>())
}

/// In expressions, in loops, after an `.await` and inside a macro.
#[step(readonly)]
async fn amid(texts: Vec<String>) -> SeatResult {
    let mut seats = Vec::new();
    for text in texts {
        let found = match seat::run(&Resources::default(), text).await? {
            0 => continue,
            found if found > 900 => return Err(Failure::permanent("too far back"))?,
            found => found,
        };
        seats.push(found);
    }
    let shown = format!("{}", "7".parse::<u64>()?);
    Ok(seats.iter().sum::<u64>() + shown.parse::<u64>()?)
}

#[tokio::test]
async fn it_converts_and_leaves_as_ever() {
    let resources = Resources::default();
    assert_eq!(seat::run(&resources, "3-12".into()).await, Ok(312));
    let error = seat::run(&resources, "3-x".into()).await.unwrap_err();
    assert_eq!(error, SeatError::NoNumber("invalid digit found in string".into()));
    assert_eq!(seat::run(&resources, "3".into()).await, Err(SeatError::NoNumber("3".into())));
}

#[tokio::test]
async fn it_leaves_only_what_it_stands_in() {
    let resources = Resources::default();
    assert_eq!(elsewhere::run(&resources, vec!["12".into(), "3".into()]).await, Ok(2 + 4 + 14 + 5));
    let error = elsewhere::run(&resources, vec!["x".into(), "3".into()]).await.unwrap_err();
    assert_eq!(error.class(), saga::Class::Permanent);
}

#[tokio::test]
async fn it_stands_anywhere() {
    let resources = Resources::default();
    assert_eq!(
        amid::run(&resources, vec!["1-1".into(), "0-0".into(), "2-2".into()]).await,
        Ok(101 + 202 + 7)
    );
    let far = amid::run(&resources, vec!["9-9".into()]).await;
    assert_eq!(far, Err(SeatError::Failed(Failure::permanent("too far back"))));
}
