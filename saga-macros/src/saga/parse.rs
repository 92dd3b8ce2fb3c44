//! What `#[saga(…)]` was given, word by word.

use proc_macro2::{Ident, TokenStream};
use syn::Path;

use crate::diagnostic::Report;
use crate::words::Words;

const WORDS: &[&str] = &["version", "deadline", "undoable", "name", "crate"];

/// The words of a saga.
pub(crate) struct Asked {
    pub(crate) version: Option<u32>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) undoable: Option<Ident>,
    pub(crate) name: String,
    pub(crate) saga: Path,
}

/// Reads the words.
pub(crate) fn read(tokens: TokenStream, ident: &Ident, report: &mut Report) -> Asked {
    let mut words = Words::read("#[saga]", WORDS, tokens, report);
    Asked {
        version: words.number("version", report).map(|(_, n)| n),
        deadline_ms: words.millis("deadline", report).map(|(_, ms)| ms),
        undoable: words.flag("undoable", report),
        name: words.name(ident, report),
        saga: words.crate_path(report),
    }
}
