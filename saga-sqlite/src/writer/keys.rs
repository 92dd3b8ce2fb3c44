//! The namespace of the idempotency keys.

use rusqlite::OptionalExtension as _;
use saga_core::KeyNamespace;
use saga_core::store::StoreError;

use super::Writer;
use crate::error::corrupt;
use crate::sum;

impl Writer {
    /// Returns the namespace that the file has, after it was given one.
    pub(crate) fn key_namespace(
        &mut self,
        given: Option<&KeyNamespace>,
    ) -> Result<Option<KeyNamespace>, StoreError> {
        self.still_there()?;
        let found = self.transaction(|connection, _| {
            if let Some(given) = given {
                let keep = "INSERT OR IGNORE INTO stored_keys VALUES (1, ?1, saga_sum(1, ?1))";
                connection.execute(keep, [given.as_str()])?;
            }
            let mut find = connection.prepare("SELECT only, namespace, sum FROM stored_keys")?;
            let found = find.query_row([], |row| Ok((sum::is_whole(row, 2)?, row.get::<_, String>(1)?)));
            let Some((is_whole, namespace)) = found.optional()? else { return Ok(None) };
            let namespace = KeyNamespace::new(&namespace).ok().filter(|_| is_whole);
            match namespace {
                Some(namespace) => Ok(Some(namespace)),
                None => Err(corrupt("the key namespace is not as it was written").into()),
            }
        })?;
        Ok(found)
    }
}
