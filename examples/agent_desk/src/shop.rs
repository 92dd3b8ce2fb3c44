//! The shop: orders, seats, notes, vouchers, refunds and mails in a SQLite database that saga does not know of.
//!
//! Each effect is one transaction, and is remembered under the key that it came with: a repeat gets the first answer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use saga::prelude::*;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const TABLES: [&str; 6] = ["orders", "seats", "notes", "vouchers", "refunds", "mails"];

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT, address TEXT, paid INTEGER, open INTEGER);
    CREATE TABLE IF NOT EXISTS seats (seat TEXT PRIMARY KEY, held_by INTEGER);
    CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, order_id INTEGER, text TEXT);
    CREATE TABLE IF NOT EXISTS vouchers (id TEXT PRIMARY KEY, order_id INTEGER, cents INTEGER);
    CREATE TABLE IF NOT EXISTS refunds (id TEXT PRIMARY KEY, order_id INTEGER, cents INTEGER);
    CREATE TABLE IF NOT EXISTS mails (id TEXT PRIMARY KEY, order_id INTEGER, text TEXT);
    CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT);
    INSERT OR IGNORE INTO orders VALUES (7, 'Ann', '1 Old Road', 9900, 1), (8, 'Bob', '2 High Street', 4500, 1);
    INSERT OR IGNORE INTO seats VALUES ('12A', NULL), ('12B', NULL), ('12C', NULL);
";

/// Why the shop does not do something.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
pub enum ShopError {
    /// There is no order of that number.
    #[error("there is no order {0}; the orders are 7 and 8")]
    #[permanent]
    NoOrder(u32),
    /// There is no seat of that name.
    #[error("there is no seat {0}; call list_free_seats")]
    #[permanent]
    NoSeat(String),
    /// Another order holds the seat.
    #[error("seat {0} is taken; call list_free_seats")]
    #[permanent]
    Taken(String),
    /// What was to be put back has been changed by another since.
    #[error("the address is {0:?} by now, which another has set")]
    #[permanent]
    ChangedSince(String),
    /// More than the customer paid.
    #[error("{0} cents is more than was paid for the order")]
    #[permanent]
    TooMuch(u32),
    /// The database does not answer.
    #[error("the shop does not answer: {0}")]
    #[transient]
    Down(String),
}

impl From<rusqlite::Error> for ShopError {
    fn from(error: rusqlite::Error) -> Self {
        ShopError::Down(error.to_string())
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The name of the customer.
    pub customer: String,
    /// The address that it goes to.
    pub address: String,
    /// What was paid, in cents.
    pub paid: u32,
    /// True if it is open.
    pub open: bool,
}

/// The contents of the shop's tables, row by row, without what it keeps for repeats.
pub type Books = BTreeMap<&'static str, Vec<String>>;

/// The shop.
pub struct Shop(Mutex<Connection>);

impl Shop {
    /// Opens the shop in a file, and fills it if it is new.
    ///
    /// # Errors
    /// [`rusqlite::Error`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, rusqlite::Error> {
        let db = Connection::open(path)?;
        db.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(db)))
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the books.
    ///
    /// # Errors
    /// [`ShopError::Down`].
    pub fn books(&self) -> Result<Books, ShopError> {
        let db = self.db();
        TABLES.into_iter().map(|table| Ok((table, rows(&db, table)?))).collect()
    }

    /// Does something once under that key; a repeat gets the first answer.
    fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &IdempotencyKey,
        effect: impl FnOnce(&Transaction<'_>) -> Result<T, ShopError>,
    ) -> Result<T, ShopError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        let known: Option<String> = tx
            .query_row("SELECT answer FROM answers WHERE key = ?1", [key.to_string()], |row| row.get(0))
            .optional()?;
        if let Some(known) = known {
            return serde_json::from_str(&known).map_err(|error| ShopError::Down(error.to_string()));
        }
        let answer = effect(&tx)?;
        let text = serde_json::to_string(&answer).map_err(|error| ShopError::Down(error.to_string()))?;
        tx.execute("INSERT INTO answers VALUES (?1, ?2)", params![key.to_string(), text])?;
        tx.commit()?;
        Ok(answer)
    }

    /// Returns an order.
    ///
    /// # Errors
    /// [`ShopError`].
    pub fn order(&self, order: u32) -> Result<Order, ShopError> {
        find_order(&self.db(), order)
    }

    /// Returns the free seats.
    ///
    /// # Errors
    /// [`ShopError::Down`].
    pub fn free_seats(&self) -> Result<Vec<String>, ShopError> {
        let db = self.db();
        let mut found = db.prepare("SELECT seat FROM seats WHERE held_by IS NULL ORDER BY seat")?;
        let seats = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(seats)
    }

    /// Holds a seat.
    ///
    /// # Errors
    /// [`ShopError`].
    pub fn hold(&self, key: &IdempotencyKey, order: u32, seat: &str) -> Result<(), ShopError> {
        self.once(key, |tx| {
            find_order(tx, order)?;
            let holder: Option<Option<u32>> = tx
                .query_row("SELECT held_by FROM seats WHERE seat = ?1", [seat], |row| row.get(0))
                .optional()?;
            match holder {
                None => Err(ShopError::NoSeat(seat.to_owned())),
                Some(Some(_)) => Err(ShopError::Taken(seat.to_owned())),
                Some(None) => {
                    tx.execute("UPDATE seats SET held_by = ?1 WHERE seat = ?2", params![order, seat])?;
                    Ok(())
                }
            }
        })
    }

    /// Frees a seat that the order holds.
    ///
    /// # Errors
    /// [`ShopError::Down`].
    pub fn free(&self, key: &IdempotencyKey, order: u32, seat: &str) -> Result<(), ShopError> {
        self.once(key, |tx| {
            let mine = params![seat, order];
            tx.execute("UPDATE seats SET held_by = NULL WHERE seat = ?1 AND held_by = ?2", mine)?;
            Ok(())
        })
    }

    /// Sets the address of an order, and returns the one before.
    ///
    /// # Errors
    /// [`ShopError`].
    pub fn readdress(&self, key: &IdempotencyKey, order: u32, address: &str) -> Result<String, ShopError> {
        self.once(key, |tx| {
            let before = find_order(tx, order)?.address;
            tx.execute("UPDATE orders SET address = ?1 WHERE id = ?2", params![address, order])?;
            Ok(before)
        })
    }

    /// Puts an address back, unless another has changed it since.
    ///
    /// # Errors
    /// [`ShopError::ChangedSince`]; [`ShopError::Down`].
    pub fn put_back(
        &self,
        key: &IdempotencyKey,
        order: u32,
        before: &str,
        since: &str,
    ) -> Result<(), ShopError> {
        self.once(key, |tx| {
            let now = find_order(tx, order)?.address;
            if now != since {
                return Err(ShopError::ChangedSince(now));
            }
            tx.execute("UPDATE orders SET address = ?1 WHERE id = ?2", params![before, order])?;
            Ok(())
        })
    }

    /// Opens or closes an order.
    ///
    /// # Errors
    /// [`ShopError`].
    pub fn set_open(&self, key: &IdempotencyKey, order: u32, open: bool) -> Result<(), ShopError> {
        self.once(key, |tx| {
            find_order(tx, order)?;
            tx.execute("UPDATE orders SET open = ?1 WHERE id = ?2", params![open, order])?;
            Ok(())
        })
    }

    /// Adds a row about an order to a table. Its id is the key.
    ///
    /// # Errors
    /// [`ShopError`].
    pub fn add(
        &self,
        key: &IdempotencyKey,
        table: Table,
        order: u32,
        what: &str,
    ) -> Result<String, ShopError> {
        self.once(key, |tx| {
            find_order(tx, order)?;
            let id = key.to_string();
            let insert = format!("INSERT INTO {} VALUES (?1, ?2, ?3)", table.name());
            tx.execute(&insert, params![id, order, what])?;
            Ok(id)
        })
    }

    /// Removes a row.
    ///
    /// # Errors
    /// [`ShopError::Down`].
    pub fn remove(&self, key: &IdempotencyKey, table: Table, id: &str) -> Result<(), ShopError> {
        self.once(key, |tx| {
            tx.execute(&format!("DELETE FROM {} WHERE id = ?1", table.name()), [id])?;
            Ok(())
        })
    }
}

/// A table of things that are added to an order.
#[derive(Debug, Clone, Copy)]
pub enum Table {
    /// Notes.
    Notes,
    /// Vouchers.
    Vouchers,
    /// Refunds.
    Refunds,
    /// Mails.
    Mails,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Table::Notes => "notes",
            Table::Vouchers => "vouchers",
            Table::Refunds => "refunds",
            Table::Mails => "mails",
        }
    }
}

fn find_order(db: &Connection, order: u32) -> Result<Order, ShopError> {
    let found =
        db.query_row("SELECT customer, address, paid, open FROM orders WHERE id = ?1", [order], |row| {
            Ok(Order { customer: row.get(0)?, address: row.get(1)?, paid: row.get(2)?, open: row.get(3)? })
        });
    found.optional()?.ok_or(ShopError::NoOrder(order))
}

fn rows(db: &Connection, table: &str) -> Result<Vec<String>, ShopError> {
    let mut all = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1"))?;
    let columns = all.column_count();
    // Of a row that was added, the key of its call is of no interest here.
    let first = usize::from(!matches!(table, "orders" | "seats"));
    let rows = all.query_map([], |row| {
        let values: Result<Vec<String>, _> = (first..columns)
            .map(|column| {
                row.get_ref(column).map(|value| match value {
                    rusqlite::types::ValueRef::Null => "-".to_owned(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
                })
            })
            .collect();
        values.map(|values| values.join(" · "))
    })?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    rows.sort();
    Ok(rows)
}
