//! Panics of what users write, where they end: their text, and destructors that panic. A destructor that panics while
//! another panic unwinds is beyond that: Rust aborts the process, and the saga is recovered as after any death.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::value::text::bounded;

/// Returns the text of a panic. What it carried is dropped here.
pub(crate) fn message_of(panic: Box<dyn Any + Send>) -> String {
    let message = match panic.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => panic.downcast_ref::<&str>().map_or("a panic without a message", |m| *m).to_owned(),
    };
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // What it carries may panic when dropped, and so on for ever.
        std::mem::forget(again);
    }
    bounded(message)
}

/// Calls what a user wrote; the text of its panic is the error. What it gives it puts into its place itself, so that
/// this is compiled once.
pub(crate) fn caught(call: &mut dyn FnMut()) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(message_of)
}

/// Drops a user's value; a panic in its destructor ends here.
pub(crate) fn drop_quietly<T>(what: &str, value: T) {
    let mut value = Some(value);
    dropped_quietly(what, &mut || value = None);
}

fn dropped_quietly(what: &str, drops: &mut dyn FnMut()) {
    if let Err(why) = caught(drops) {
        tracing::error!(what, why, "a destructor panicked");
    }
}

/// A user's value that is dropped quietly, wherever it is dropped.
pub(crate) struct Quiet<T>(Option<T>);

impl<T> Quiet<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn get(&mut self) -> &mut T {
        self.0.as_mut().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Quiet<T> {
    fn drop(&mut self) {
        drop_quietly("what a saga runs", self.0.take());
    }
}
