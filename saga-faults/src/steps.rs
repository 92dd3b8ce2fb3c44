//! The steps, one of each kind that there is, as a user writes them; all act upon the ledger.

use saga::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ledger::{Known, Undoes};
use crate::world::World;

/// What every step gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slip {
    /// What the ledger knows it by.
    pub(crate) id: String,
}

/// What came of a call, if not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub(crate) enum WorldError {
    #[error("busy")]
    #[transient]
    Busy,
    #[error("refused")]
    #[permanent]
    Refused,
    #[error("no clear answer")]
    #[in_doubt]
    Unclear,
}

/// Keyed; run again in doubt.
#[step(compensate = release(output.id), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn hold(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "hold", Known::ByKey, None).await
}

/// Undoes what has an id.
#[step(retriable, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn release(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    id: String,
) -> Result<(), WorldError> {
    world.act(cx, key, "release", Known::ByKey, Some(Undoes::This(id))).await.map(drop)
}

/// Without a key: a repeat changes nothing.
#[step(idempotent, compensate = unset(output.id), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn set(world: &World, cx: &StepContext, _what: u32) -> Result<Slip, WorldError> {
    world.act(cx, cx.key(), "set", Known::ByNature, None).await
}

/// Undoes it; a repeat changes nothing.
#[step(retriable, idempotent, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn unset(world: &World, cx: &StepContext, id: String) -> Result<(), WorldError> {
    world.act(cx, cx.key(), "unset", Known::ByNature, Some(Undoes::This(id))).await.map(drop)
}

/// Keyed, with a probe.
#[step(compensate = release(output.id), probe = find(key), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn book(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "book", Known::ByKey, None).await
}

/// Whether a keyed call happened; if it did not, it never will.
#[step(readonly, retry(attempts = 4, backoff = "2ms..20ms"))]
pub(crate) async fn find(world: &World, of: IdempotencyKey) -> Result<Probe<Slip>, WorldError> {
    world.probe(&of).await
}

/// A repeat does harm: in doubt a person is asked.
#[step(compensate = release(output.id), in_doubt = dead_letter, timeout = "120ms")]
pub(crate) async fn stamp(world: &World, cx: &StepContext, _what: u32) -> Result<Slip, WorldError> {
    world.act(cx, cx.key(), "stamp", Known::NotAtAll, None).await
}

/// Keyed; in doubt it is called off by its key.
#[step(compensate = release(output.id), in_doubt = call_off(key), timeout = "120ms")]
pub(crate) async fn reserve(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "reserve", Known::ByKey, None).await
}

/// Undoes what has that key, if it is there, and sees to it that it never will be.
#[step(retriable, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn call_off(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    of: IdempotencyKey,
) -> Result<(), WorldError> {
    let undoes = Some(Undoes::IfThere(of.to_string()));
    world.act(cx, key, "call_off", Known::ByKey, undoes).await.map(drop)
}

/// Irreversible, with a probe.
#[step(irreversible, probe = find(key), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn charge(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "charge", Known::ByKey, None).await
}

/// Irreversible; retried until it succeeds.
#[step(irreversible, retriable, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn mail(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "mail", Known::ByKey, None).await
}

/// Undone by `release`; retried until it succeeds.
#[step(compensate = release(output.id), retriable, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn keep(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "keep", Known::ByKey, None).await
}
