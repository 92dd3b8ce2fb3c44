//! Mistyped names: of an undo, of an output's field, of a step. This does not compile, which is the point: `cargo check
//! --manifest-path peers/saga/Cargo.toml --features mistyped`.

use harness::Life;
use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Room {
    number: u32,
}

#[step(idempotent, compensate = cancel_hotell(output.number))]
async fn book_hotel(life: &Life) -> Result<Room, Failure> {
    life.world.book("hotel");
    Ok(Room { number: 7 })
}

#[step(idempotent, compensate = cancel_hotel(output.nummer))]
async fn book_other_hotel(life: &Life) -> Result<Room, Failure> {
    life.world.book("hotel");
    Ok(Room { number: 8 })
}

#[step(idempotent, retriable)]
async fn cancel_hotel(life: &Life, _number: u32) -> Result<(), Failure> {
    life.world.cancel("hotel");
    Ok(())
}

#[saga]
async fn trip() -> Result<(), Failure> {
    book_hotel().await?;
    book_other_hottel().await?;
    Ok(())
}

fn main() {}
