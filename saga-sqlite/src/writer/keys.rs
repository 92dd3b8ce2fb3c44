//! The namespace of the idempotency keys.

use saga_core::KeyNamespace;
use saga_core::store::StoreError;

use super::Writer;
use crate::reader;

impl Writer {
    /// Returns the namespace that the file has, after it was given one.
    pub(crate) fn give_key_namespace(
        &mut self,
        given: &KeyNamespace,
    ) -> Result<Option<KeyNamespace>, StoreError> {
        self.still_there()?;
        let kept = self.transaction(|connection, _| {
            let keep = "INSERT OR IGNORE INTO stored_keys VALUES (1, ?1, saga_sum(1, ?1))";
            connection.execute(keep, [given.as_str()])?;
            reader::key_namespace(connection)
        })?;
        Ok(kept)
    }
}
