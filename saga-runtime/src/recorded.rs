//! What can be recorded.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What can stand in a journal: it can be written as JSON, be read again, and go to another thread. Nothing
/// implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded [SG0901]",
    label = "it would have to be `Serialize`, `Deserialize` and `Send`, and own what it holds",
    note = "why: what a step or a saga takes and gives is written into a journal, and read again after a crash",
    note = "fix: `#[derive(serde::Serialize, serde::Deserialize)]` on the type, or on the one in it that has none of it"
)]
pub trait Recorded: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Recorded for T {}
