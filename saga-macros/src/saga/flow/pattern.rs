//! What the syntax of a pattern, a call or a macro shows of the flow.

use syn::visit::{self, Visit};
use syn::{Expr, Macro, Pat, PatIdent};

/// Which side of a `Result` a pattern takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Only an `Ok`; any, or some.
    Ok { always: bool },
    /// Only an `Err`; any, or some.
    Err { always: bool },
    /// Either, as far as can be seen.
    Both,
}

/// Returns the side that a pattern takes.
pub(super) fn side(pat: &Pat) -> Side {
    match pat {
        Pat::Paren(inner) => side(&inner.pat),
        Pat::Reference(inner) => side(&inner.pat),
        // The guard may refuse what the pattern takes.
        Pat::Guard(inner) => match side(&inner.pat) {
            Side::Ok { .. } => Side::Ok { always: false },
            Side::Err { .. } => Side::Err { always: false },
            Side::Both => Side::Both,
        },
        Pat::Ident(ident) => ident.subpat.as_ref().map_or(Side::Both, |(_, inner)| side(inner)),
        Pat::TupleStruct(node) => {
            let always = node.elems.iter().all(takes_all);
            match node.path.segments.last().map(|s| s.ident.to_string()).as_deref() {
                Some("Ok") => Side::Ok { always },
                Some("Err") => Side::Err { always },
                _ => Side::Both,
            }
        }
        Pat::Or(cases) => {
            let mut sides = cases.cases.iter().map(side);
            let first = sides.next().unwrap_or(Side::Both);
            sides.fold(first, |all, one| match (all, one) {
                (Side::Ok { always: a }, Side::Ok { always: b }) => Side::Ok { always: a || b },
                (Side::Err { always: a }, Side::Err { always: b }) => Side::Err { always: a || b },
                _ => Side::Both,
            })
        }
        _ => Side::Both,
    }
}

/// Returns true if the pattern fits whatever there is. A capital may be a constant.
fn takes_all(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(ident) => {
            let capital = ident.ident.to_string().starts_with(char::is_uppercase);
            !capital && ident.subpat.as_ref().is_none_or(|(_, inner)| takes_all(inner))
        }
        Pat::Tuple(tuple) => tuple.elems.iter().all(takes_all),
        Pat::Paren(inner) => takes_all(&inner.pat),
        Pat::Reference(inner) => takes_all(&inner.pat),
        Pat::Type(inner) => takes_all(&inner.pat),
        _ => false,
    }
}

/// The names that the patterns of a body bind, each as often as it is bound.
pub(super) struct Bound(pub(super) Vec<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.push(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

/// Returns the name of the variant that is called, if it is one.
pub(super) fn variant_of(func: &Expr) -> Option<String> {
    match func {
        Expr::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        Expr::Paren(inner) => variant_of(&inner.expr),
        _ => None,
    }
}

/// Returns true if control does not come out of that macro.
pub(super) fn never_returns(node: &Macro) -> bool {
    let name = node.path.segments.last().map(|s| s.ident.to_string());
    let never = ["panic", "unreachable", "todo", "unimplemented"];
    name.is_some_and(|name| never.contains(&&*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse::Parser as _;

    fn side_of(text: &str) -> Side {
        side(&Pat::parse_multi.parse_str(text).expect("it is a pattern"))
    }

    #[test]
    fn a_pattern_shows_which_side_of_a_result_it_takes() {
        assert_eq!(side_of("Ok(_)"), Side::Ok { always: true });
        assert_eq!(side_of("Ok(Hold { id, .. })"), Side::Ok { always: false });
        assert_eq!(side_of("Ok((a, b))"), Side::Ok { always: true });
        assert_eq!(side_of("Err(error)"), Side::Err { always: true });
        assert_eq!(side_of("Err(NONE)"), Side::Err { always: false });
        assert_eq!(side_of("Err(A) | Err(B)"), Side::Err { always: false });
        assert_eq!(side_of("failure @ Err(_)"), Side::Err { always: true });
        for either in ["_", "result", "Ok(_) | Err(_)", "Some(x)"] {
            assert_eq!(side_of(either), Side::Both, "{either}");
        }
    }
}
