//! Names: of generated things, and the nearest to one that was misspelt.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Path;

/// Converts `hold_flight` to `HoldFlight`.
pub(crate) fn pascal(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    for part in name.split(['_', '-']) {
        let mut letters = part.chars();
        pascal.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        pascal.push_str(letters.as_str());
    }
    pascal
}

/// Returns a local of generated code, which the user's code cannot see.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Returns the path of a crate at that span. Its names keep theirs if it begins with `::`: the compiler underlines the name
/// that it cannot find, and reports the same mistake at the same place once.
pub(crate) fn path_at(path: &Path, span: Span) -> TokenStream {
    let at = |mut token: TokenTree| {
        if path.leading_colon.is_none() || !matches!(token, TokenTree::Ident(_)) {
            token.set_span(span);
        }
        token
    };
    path.to_token_stream().into_iter().map(at).collect()
}

/// Returns the name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Returns true if the name stands anywhere in the tokens.
pub(crate) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}

/// Returns true if something of that name is surely what a program works with, and no data: `client`, `bank_client`,
/// `Pool`.
pub(crate) fn is_resource(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = [
        "client",
        "pool",
        "gateway",
        "connection",
        "conn",
        "db",
        "database",
        "resources",
        "http",
        "key",
        "repository",
        "api",
    ];
    ends.iter().any(|end| name == *end || name.strip_suffix(end).is_some_and(|before| before.ends_with('_')))
}

/// Returns the one of `known` that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let close = known.iter().map(|k| (distance(word, k), *k)).min()?;
    (close.0 <= 1 + word.len() / 4).then_some(close.1)
}

/// Returns how many letters must be put in, left out, replaced or swapped.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_and_mended() {
        assert_eq!(pascal("hold_flight"), "HoldFlight");
        assert_eq!(nearest("compensat", &["compensate", "probe"]), Some("compensate"));
        assert_eq!(nearest("idempotnet", &["idempotent", "in_doubt"]), Some("idempotent"));
        assert_eq!(nearest("xyz", &["compensate", "probe"]), None);
    }
}
