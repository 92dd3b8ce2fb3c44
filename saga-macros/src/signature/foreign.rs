//! Errors that are known by name to say nothing of what they mean, and not to be recorded: those of `anyhow` and its
//! like, boxed ones, those of the standard library, and text.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Type};

use super::param::shown;
use crate::diagnostic::Diagnostic;

/// An error that will not do, and what is returned beside it.
pub(super) struct Foreign {
    /// As it is shown.
    error: String,
    /// The good part.
    pub(super) good: Type,
}

/// Returns the error in what is returned, if it is one of these.
pub(super) fn error_of(output: &Type) -> Option<Foreign> {
    let Type::Path(path) = output else { return None };
    let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else { return None };
    let mut types = list.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    let good = types.next()?.clone();
    let error = match (&names[..], types.next()) {
        (["anyhow" | "eyre" | "color_eyre", .., "Result"], None) => format!("{}::Error", names[0]),
        ([.., "io", "Result"], None) => "std::io::Error".to_owned(),
        ([.., "Result"], Some(error)) if is_foreign(error) => shown(error),
        _ => return None,
    };
    Some(Foreign { error, good })
}

fn is_foreign(error: &Type) -> bool {
    match error {
        Type::Path(path) => {
            let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match names[..] {
                ["anyhow" | "eyre", "Error" | "Report"] | [.., "io", "Error"] | ["String"] => true,
                ["Box"] => error.to_token_stream().to_string().contains("dyn"),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Returns true if it is an error of another crate, by its name: `io::Error`, `reqwest::Error`, what is boxed.
pub(crate) fn is_of_others(ty: &Type) -> bool {
    if is_foreign(ty) && !matches!(ty, Type::Path(path) if path.path.is_ident("String")) {
        return true;
    }
    let Type::Path(path) = ty else { return false };
    let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
    matches!(&names[..], [first, .., last] if last.ends_with("Error") && CRATES.contains(&&**first))
}

/// Crates and modules with errors that are known not to be recordable.
const CRATES: [&str; 22] = [
    "std",
    "core",
    "alloc",
    "io",
    "fmt",
    "anyhow",
    "eyre",
    "reqwest",
    "sqlx",
    "serde_json",
    "hyper",
    "rusqlite",
    "diesel",
    "redis",
    "ureq",
    "tokio",
    "tokio_postgres",
    "http",
    "url",
    "csv",
    "toml",
    "tonic",
];

/// Returns what is wrong with it.
pub(super) fn diagnostic(output: &Type, foreign: &Foreign, noun: &str) -> Diagnostic {
    let Foreign { error, good } = foreign;
    let good = shown(good);
    let (code, why, inside) = match noun {
        "step" => (
            "SG0406",
            "whether an attempt happened decides if it is retried, undone, or asked about; and the error is recorded",
            "and `.transient()?`, `.permanent()?` or `.in_doubt()?` where a `?` is, and in place of a `.map_err(…)`; or an error of your own that derives `StepError`",
        ),
        _ => (
            "SG0412",
            "a saga's error is recorded, and read again",
            "of which `?` makes any failure; or an error of your own that derives `SagaError`",
        ),
    };
    Diagnostic::over(code, output, format!("`{error}` cannot be the error of a {noun}"))
        .why(why)
        .fix(format!("`-> Result<{good}, saga::Failure>`, {inside}"))
}
