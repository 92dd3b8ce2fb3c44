//! Checksums of rows: CRC-32 over their columns, as typed values, in order. They detect changes by a disk, a copy or a
//! person when the row is read. They do not protect against deliberate forgery.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

/// A checksum that is being computed.
pub(crate) struct Sum(crc32fast::Hasher);

impl Sum {
    pub(crate) fn new() -> Self {
        Self(crc32fast::Hasher::new())
    }

    /// Adds numbers, in order.
    pub(crate) fn numbers<const N: usize>(mut self, numbers: [i64; N]) -> Self {
        for number in numbers {
            let mut bytes = [b'i'; 9];
            bytes[1..].copy_from_slice(&number.to_le_bytes());
            self.0.update(&bytes);
        }
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(b't', text.as_bytes())
    }

    /// Adds a value of any type. This crate writes no blobs or floats; their checksums differ from those of all it
    /// writes.
    pub(crate) fn value(self, value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => self.bytes(b'n', &[]),
            ValueRef::Integer(number) => self.numbers([number]),
            ValueRef::Real(number) => self.bytes(b'r', &number.to_le_bytes()),
            ValueRef::Text(text) => self.bytes(b't', text),
            ValueRef::Blob(blob) => self.bytes(b'b', blob),
        }
    }

    /// Adds bytes with their length first: no byte can move from one column to the next unnoticed.
    fn bytes(mut self, kind: u8, bytes: &[u8]) -> Self {
        self.0.update(&[kind]);
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Returns the checksum in its stored form.
    pub(crate) fn finish(self) -> i64 {
        i64::from(self.0.finalize())
    }
}

/// Returns true if the column after the first `columns` of a row is their checksum.
pub(crate) fn is_whole(row: &Row<'_>, columns: usize) -> rusqlite::Result<bool> {
    let mut sum = Sum::new();
    for column in 0..columns {
        sum = sum.value(row.get_ref(column)?);
    }
    Ok(row.get_ref(columns)? == ValueRef::Integer(sum.finish()))
}

/// Defines the SQL function `saga_sum(a, b, …)` on this connection. Other crates need it only in tests that write rows.
///
/// # Errors
/// The error of SQLite.
pub fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(c"saga_sum", -1, flags, |values| {
        let sum = (0..values.len()).fold(Sum::new(), |sum, n| sum.value(values.get_raw(n)));
        Ok(sum.finish())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_and_this_crate_come_to_the_same() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let of = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(of("SELECT saga_sum(1, -2, 'three')"), Sum::new().numbers([1, -2]).text("three").finish());
        let different =
            ["'ab', 'c'", "'a', 'bc'", "'abc'", "x'616263'", "NULL, 'abc'", "1, 2", "2, 1", "1.0, 2"];
        let sums: std::collections::BTreeSet<i64> =
            different.iter().map(|values| of(&format!("SELECT saga_sum({values})"))).collect();
        assert_eq!(sums.len(), different.len());
    }

    #[test]
    fn no_flip_of_a_bit_goes_unseen() {
        let sum = |text: &[u8]| Sum::new().numbers([7]).value(ValueRef::Text(text)).finish();
        let text = b"[{\"done\":{\"site\":\"charge\",\"cents\":300}}]";
        for bit in 0..text.len() * 8 {
            let mut flipped = *text;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(sum(&flipped), sum(text), "bit {bit}");
        }
    }
}
