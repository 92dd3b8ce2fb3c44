//! Values that a process keeps beside its sagas: counters, caches and locks in a `static`. Known by the case of its
//! name, and by what is asked of it.

use quote::ToTokens as _;
use syn::{Expr, ExprMethodCall};

use crate::diagnostic::Diagnostic;

/// What a `static` is asked for, or changed by.
const ASKED: [&str; 23] = [
    "load",
    "store",
    "swap",
    "fetch_add",
    "fetch_sub",
    "fetch_and",
    "fetch_or",
    "fetch_xor",
    "fetch_max",
    "fetch_min",
    "fetch_update",
    "compare_exchange",
    "lock",
    "try_lock",
    "read",
    "write",
    "try_read",
    "try_write",
    "with",
    "with_borrow",
    "with_borrow_mut",
    "get_or_init",
    "get_or_try_init",
];

/// Returns what is wrong with calling this in a saga, if anything.
pub(super) fn offence(call: &ExprMethodCall) -> Option<Diagnostic> {
    let asked = ASKED.iter().any(|name| call.method == name);
    let path = match &*call.receiver {
        Expr::Path(path) if asked && path.qself.is_none() => &path.path,
        _ => return None,
    };
    let name = path.segments.last()?.ident.to_string();
    let is_static = name.len() > 1 && name.chars().all(|c| c.is_uppercase() || c.is_numeric() || c == '_');
    let shown = crate::words::shown(&path.to_token_stream());
    let diagnostic = Diagnostic::over("SG0703", path, format!("`{shown}.{}` in a saga", call.method))
        .why("a `static` is of one process: after a crash the body runs again in another, and would get another value than before")
        .fix("hand it in with the saga's input, or ask for it in a `#[step(readonly)]`; what counts the turns of a loop is a local variable");
    is_static.then_some(diagnostic)
}
