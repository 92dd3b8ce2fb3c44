//! The `?`s of a step's body, written so that our own trait stands at each: an error that does not say what it means
//! for the step is then explained in our words.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Path, parse_quote_spanned};

use crate::names::path_at;

/// Rewrites those that leave the step.
pub(crate) fn explain(block: &mut Block, saga: &Path) {
    Questions { saga }.visit_block_mut(block);
}

struct Questions<'a> {
    saga: &'a Path,
}

impl VisitMut for Questions<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Try(tried) => {
                self.visit_expr_mut(&mut tried.expr);
                let span = tried.question_token.span();
                let (saga, inner) = (path_at(self.saga, span), &tried.expr);
                let whole = path_at(self.saga, first_span(inner));
                // Nothing of the user's stands where these are in scope.
                let (value, error) = (Ident::new("value", span), Ident::new("error", span));
                *expr = parse_quote_spanned! {span=>
                    match #whole::__private::Attempted::split(#inner) {
                        ::core::result::Result::Ok(#value) => #value,
                        ::core::result::Result::Err(#error) => {
                            return ::core::result::Result::Err(#saga::__private::MadeOf::made_of(#error))
                        }
                    }
                };
            }
            // What returns here returns from something else.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) | Expr::TryBlock(_) => {}
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn first_span(expr: &Expr) -> Span {
    expr.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
