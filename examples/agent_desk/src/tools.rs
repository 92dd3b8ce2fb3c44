//! The tools of the desk: what the model may call. What undoes them is not offered to it.

use std::time::Duration;

use saga::prelude::*;
use saga::tools::Toolbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shop::{Order, Shop, ShopError, Table};

/// The tools, in the order in which the model reads them.
pub fn toolbox() -> Toolbox {
    Toolbox::new()
        .offer::<find_order>()
        .offer::<list_free_seats>()
        .offer::<hold_seat>()
        .offer::<change_address>()
        .offer::<close_order>()
        .offer::<add_note>()
        .offer::<issue_voucher>()
        .offer::<refund>()
        .offer::<mail_customer>()
}

/// Finds an order by its number.
#[step(tool, readonly)]
pub async fn find_order(shop: &Shop, order: u32) -> Result<Order, ShopError> {
    shop.order(order)
}

/// Lists the seats that are free.
#[step(tool, readonly)]
pub async fn list_free_seats(shop: &Shop) -> Result<Vec<String>, ShopError> {
    shop.free_seats()
}

/// Holds a seat for an order.
#[step(tool, compensate = free_seat(order, seat))]
pub async fn hold_seat(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    /// The seat, such as "12A".
    seat: String,
) -> Result<(), ShopError> {
    shop.hold(key, order, &seat)
}

#[step(retriable)]
async fn free_seat(shop: &Shop, key: &IdempotencyKey, order: u32, seat: String) -> Result<(), ShopError> {
    shop.free(key, order, &seat)
}

/// An address that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// The address before.
    pub before: String,
}

/// Changes the address that an order goes to.
#[step(tool, compensate = put_address_back(order, output.before, address))]
pub async fn change_address(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    address: String,
) -> Result<Changed, ShopError> {
    shop.readdress(key, order, &address).map(|before| Changed { before })
}

/// Puts an address back, and overwrites nothing that another has written since.
#[step(retriable)]
async fn put_address_back(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    before: String,
    since: String,
) -> Result<(), ShopError> {
    shop.put_back(key, order, &before, &since)
}

/// Closes an order.
#[step(tool, compensate = reopen_order(order))]
pub async fn close_order(shop: &Shop, key: &IdempotencyKey, order: u32) -> Result<(), ShopError> {
    shop.set_open(key, order, false)
}

#[step(retriable)]
async fn reopen_order(shop: &Shop, key: &IdempotencyKey, order: u32) -> Result<(), ShopError> {
    shop.set_open(key, order, true)
}

/// Something that was added to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Added {
    /// Its id.
    pub id: String,
}

/// Adds a note to an order, for the colleagues.
#[step(tool, compensate = remove_note(output.id))]
pub async fn add_note(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    text: String,
) -> Result<Added, ShopError> {
    shop.add(key, Table::Notes, order, &text).map(|id| Added { id })
}

#[step(retriable)]
async fn remove_note(shop: &Shop, key: &IdempotencyKey, id: String) -> Result<(), ShopError> {
    shop.remove(key, Table::Notes, &id)
}

/// Issues a voucher for an order. One voucher an order: another amount is another voucher, and refused.
#[step(tool, identity(order), compensate = void_voucher(output.id), timeout = "5s")]
pub async fn issue_voucher(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    /// The amount, in cents.
    cents: u32,
) -> Result<Added, ShopError> {
    let added = shop.add(key, Table::Vouchers, order, &cents.to_string())?;
    // The shop's printer is slow: the voucher is there before its answer.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(Added { id: added })
}

#[step(retriable)]
async fn void_voucher(shop: &Shop, key: &IdempotencyKey, id: String) -> Result<(), ShopError> {
    shop.remove(key, Table::Vouchers, &id)
}

/// Refunds a part of what was paid for an order, once. The money leaves when the session is committed.
#[step(tool, identity(order), irreversible, retriable)]
pub async fn refund(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    /// The amount, in cents.
    cents: u32,
) -> Result<Added, ShopError> {
    shop.add(key, Table::Refunds, order, &cents.to_string()).map(|id| Added { id })
}

/// Mails the customer of an order. The mail is sent when the session is committed.
#[step(tool, irreversible, retriable)]
pub async fn mail_customer(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    text: String,
) -> Result<Added, ShopError> {
    shop.add(key, Table::Mails, order, &text).map(|id| Added { id })
}
