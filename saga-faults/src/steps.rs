//! One step of each kind, as a user writes them; all act upon the ledger.

use saga::prelude::*;

use crate::answer::{Slip, WorldError};
use crate::ledger::{Known, Undoes};
use crate::world::World;

/// Keyed; rerun in doubt.
#[step(compensate = release(output.id), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn hold(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "hold", Known::ByKey, None).await
}

/// Undoes the effect of an id.
#[step(retriable, retry(attempts = 8, backoff = "1ms..20ms"), timeout = "120ms")]
pub(crate) async fn release(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    id: String,
) -> Result<(), WorldError> {
    world.act(cx, key, "release", Known::ByKey, Some(Undoes::This(id))).await.map(drop)
}

/// Idempotent, without a key.
#[step(idempotent, compensate = unset(output.id), retry(attempts = 5, backoff = "1ms..10ms"), timeout = "120ms")]
pub(crate) async fn set(world: &World, cx: &StepContext, _what: u32) -> Result<Slip, WorldError> {
    world.act(cx, cx.key(), "set", Known::ByNature, None).await
}

/// Undoes `set`; idempotent.
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

/// Finds out whether a keyed call happened; after a no it never will.
#[step(readonly, retry(attempts = 4, backoff = "2ms..20ms"))]
pub(crate) async fn find(world: &World, of: IdempotencyKey) -> Result<Probe<Slip>, WorldError> {
    world.probe(&of).await
}

/// Not idempotent: in doubt the saga is dead-lettered.
#[step(compensate = release(output.id), in_doubt = dead_letter, timeout = "120ms")]
pub(crate) async fn stamp(world: &World, cx: &StepContext, _what: u32) -> Result<Slip, WorldError> {
    world.act(cx, cx.key(), "stamp", Known::NotAtAll, None).await
}

/// Keyed; in doubt it is undone by its key.
#[step(compensate = release(output.id), in_doubt = call_off(key), timeout = "120ms")]
pub(crate) async fn reserve(
    world: &World,
    cx: &StepContext,
    key: &IdempotencyKey,
    _what: u32,
) -> Result<Slip, WorldError> {
    world.act(cx, key, "reserve", Known::ByKey, None).await
}

/// Undoes the effect of a key if it exists, and bars the key otherwise.
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
