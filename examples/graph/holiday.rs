//! A saga with everything that can be drawn. Its steps do nothing.

use saga::prelude::*;

/// Looks for a place that is free.
#[step(readonly)]
async fn find_place(_turn: u32) -> Result<String, Failure> {
    Ok("Porto".to_owned())
}

/// Holds a room until it is paid for.
#[step(compensate = cancel_room(output), undo_within = "48h", leaves = "a fee of € 10", idempotent)]
async fn book_room(_place: String) -> Result<u32, Failure> {
    Ok(7)
}

#[step(retriable, idempotent)]
async fn cancel_room(_room: u32) -> Result<(), Failure> {
    Ok(())
}

/// Pays in advance. In doubt a person decides.
#[step(compensate = refund(output), probe = find_payment(key), in_doubt = dead_letter)]
async fn pay_deposit(key: &IdempotencyKey, _amount: u32) -> Result<String, Failure> {
    Ok(key.to_string())
}

#[step(retriable, idempotent)]
async fn refund(_payment: String) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn find_payment(_key: IdempotencyKey) -> Result<Probe<String>, Failure> {
    Ok(Probe::NotHappened)
}

/// Invites a guest.
#[step(compensate = apologize(guest), in_doubt = apologize(guest), idempotent)]
async fn invite(guest: String) -> Result<(), Failure> {
    drop(guest);
    Ok(())
}

#[step(retriable, idempotent)]
async fn apologize(_guest: String) -> Result<(), Failure> {
    Ok(())
}

/// Sends the tickets.
#[step(irreversible, retriable, idempotent)]
async fn send_tickets(_tickets: u32) -> Result<(), Failure> {
    Ok(())
}

/// Buys what cannot be given back.
#[step(irreversible, idempotent)]
async fn buy_tickets(_place: String) -> Result<u32, Failure> {
    Ok(2)
}

/// Books a room, and pays a deposit.
#[saga(undoable)]
pub async fn lodging(place: String) -> Result<u32, Failure> {
    let room = book_room(place).await?;
    pay_deposit(50).await?;
    Ok(room)
}

/// Finds a place, books a room, buys tickets and invites the guests.
#[saga(version = 3)]
pub async fn holiday(guests: Vec<String>) -> Result<u32, Failure> {
    let mut turn = 0;
    let mut place = String::new();
    #[bound(5)]
    while place.is_empty() {
        place = find_place(turn).await?;
        turn += 1;
    }
    let room = match lodging(place.clone()).await {
        Ok(room) => room,
        // If there is no room, book a place for a tent.
        Err(_) => book_room("camping".to_owned()).named("tent").await?,
    };
    if guests.len() > 3 {
        approve("So many?").await?;
    }
    all(guests.into_iter().map(invite)).await?;
    let tickets = buy_tickets(place).await?;
    sleep("1h").await;
    send_tickets(tickets).await;
    Ok(room)
}
