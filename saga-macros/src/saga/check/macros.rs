//! Macros in the body of a saga: what they hide from it.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::Visit as _;
use syn::{Expr, Macro, Path, Token};

use super::{Checker, Inside, in_macro, steady};
use crate::diagnostic::Diagnostic;

/// What leaves the function that it stands in.
const LEAVING: [&str; 8] =
    ["bail", "ensure", "ensure_eq", "ensure_ne", "ensure_whatever", "whatever", "throw", "yeet"];
/// What awaits several at once.
const JOINING: [&str; 4] = ["join", "try_join", "select", "select_biased"];
/// What does nothing with what it is given.
const IDLE: [&str; 4] = ["stringify", "concat", "quote", "parse_quote"];

/// Looks into a macro.
pub(super) fn check(checker: &mut Checker<'_>, node: &Macro) {
    let Some(name) = node.path.segments.last().map(|s| s.ident.to_string()) else { return };
    if IDLE.contains(&&*name) {
        return;
    }
    let of_body = matches!(checker.inside, None | Some(Inside::Macro));
    if of_body && LEAVING.contains(&&*name) {
        checker.report.add(leaves(&node.path, &name));
        return;
    }
    if of_body && JOINING.contains(&&*name) {
        checker.report.add(joins(&node.path, &name));
        return;
    }
    let as_call = node.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
    match as_call {
        Ok(args) if of_body => {
            checker.within(Inside::Macro, |this| args.iter().for_each(|arg| this.visit_expr(arg)));
        }
        Ok(args) => args.iter().for_each(|arg| checker.visit_expr(arg)),
        Err(_) => {
            let mut found = Vec::new();
            scan(&node.tokens, of_body, &mut found);
            found.into_iter().for_each(|diagnostic| checker.report.add(diagnostic));
        }
    }
}

/// Looks through tokens that are not arguments: `vec![a?; 3]`, or a language of the macro's own.
fn scan(tokens: &TokenStream, of_body: bool, found: &mut Vec<Diagnostic>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_punct =
        |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let mut closure = false;
    for (at, token) in tokens.iter().enumerate() {
        closure |= is_punct(at, '|');
        match token {
            TokenTree::Group(group) => scan(&group.stream(), of_body && !closure, found),
            TokenTree::Ident(ident) if ident == "await" && at > 0 && is_punct(at - 1, '.') => {
                found.push(in_macro(ident.span()));
            }
            TokenTree::Ident(ident) if ident == "return" && of_body && !closure => {
                found.push(returns(ident.span()));
            }
            // The start of a path.
            TokenTree::Ident(_) if at == 0 || !(is_punct(at - 1, ':') || is_punct(at - 1, '.')) => {
                found.extend(path_at(&tokens[at..]).and_then(|path| steady::offence(&path)));
            }
            TokenTree::Punct(punct)
                if punct.as_char() == '?'
                    && of_body
                    && !closure
                    && ends_value(at.checked_sub(1).map(|before| &tokens[before]))
                    && !begins_value(tokens.get(at + 1)) =>
            {
                found.push(question(punct.span()));
            }
            _ => {}
        }
    }
}

/// Returns true if a `?` behind it may be the one that leaves the function: `info!(?item)` has another.
fn ends_value(token: Option<&TokenTree>) -> bool {
    match token {
        // One behind an `.await` is one mistake with it.
        Some(TokenTree::Ident(ident)) => ident != "await",
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        None => false,
    }
}

fn begins_value(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(ident)) => ident != "as",
        Some(TokenTree::Literal(_)) => true,
        _ => false,
    }
}

/// Returns the path that the tokens begin with.
fn path_at(tokens: &[TokenTree]) -> Option<Path> {
    let mut path = TokenStream::new();
    let mut rest = tokens.iter();
    while let Some(name @ TokenTree::Ident(_)) = rest.next() {
        path.extend([name.clone()]);
        let (Some(first @ TokenTree::Punct(a)), Some(second @ TokenTree::Punct(b))) =
            (rest.next(), rest.next())
        else {
            break;
        };
        if a.as_char() != ':'
            || b.as_char() != ':'
            || !matches!(rest.as_slice().first(), Some(TokenTree::Ident(_)))
        {
            break;
        }
        path.extend([first.clone(), second.clone()]);
    }
    syn::parse2(path).ok()
}

const SEEN: &str = "the saga has to see where it may fail, so that nothing fails past its point of no return";

/// Reports a `?` in a macro.
pub(super) fn question(span: Span) -> Diagnostic {
    Diagnostic::at("SG0609", span, "a `?` hidden in a macro")
        .why(SEEN)
        .fix("before the macro `let value = …?;`, and `value` in the macro")
}

/// Reports a `return` in a macro.
pub(super) fn returns(span: Span) -> Diagnostic {
    Diagnostic::at("SG0609", span, "a `return` hidden in a macro")
        .why(SEEN)
        .fix("write it without the macro, with `if` or `match`")
}

fn leaves(path: &Path, name: &str) -> Diagnostic {
    let fix = match name {
        "ensure" => "`if !condition { return Err(TripError::…); }`",
        _ => "`return Err(TripError::…);`, with the saga's own error",
    };
    Diagnostic::over("SG0609", path, format!("`{name}!` hides a `return`")).why(SEEN).fix(fix)
}

fn joins(path: &Path, name: &str) -> Diagnostic {
    let fix = match name {
        "select" | "select_biased" => {
            "`.within(\"2h\")` on a signal or an approval, which then may expire; a race between futures belongs into a `#[step]`"
        }
        _ => "`let (a, b) = all((step_a(…), step_b(…))).await?;`",
    };
    Diagnostic::over("SG0704", path, format!("`{name}!` in a saga"))
        .why("what it awaits is not recorded, and would happen again after a crash")
        .fix(fix)
}
