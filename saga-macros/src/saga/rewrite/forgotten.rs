//! What a body forgets: calls that are not awaited, and failures that are never read. Types judge whether it is so;
//! this file writes the code that asks them.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ExprClosure, ExprMethodCall, Pat, Path, Stmt, parse_quote_spanned};

use super::{Rewriter, first_span};
use crate::names::{mentions, path_at};
use crate::saga::check::unmark;

impl Rewriter<'_> {
    /// Goes on into what has to have a value, or to be awaited.
    pub(super) fn visit_value(&mut self, value: &mut Expr) {
        if !may_be_call(value) {
            return self.visit_expr_mut(value);
        }
        self.visit_operand(value);
        *value = self.checked(value);
    }

    /// Goes on into what is awaited, or is judged in another way: its calls are not kept.
    pub(super) fn visit_operand(&mut self, operand: &mut Expr) {
        match operand {
            Expr::Paren(inner) => self.visit_operand(&mut inner.expr),
            Expr::Group(inner) => self.visit_operand(&mut inner.expr),
            Expr::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| self.visit_operand(elem)),
            Expr::Array(array) => array.elems.iter_mut().for_each(|elem| self.visit_operand(elem)),
            Expr::MethodCall(method) => {
                let goes_through = unmark(method);
                self.visit_operand(&mut method.receiver);
                method.args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
                if goes_through {
                    *operand = self.steady(operand);
                }
            }
            Expr::Call(call) => {
                let last = match &*call.func {
                    Expr::Path(path) => path.path.segments.last(),
                    _ => None,
                };
                let takes_calls = last.is_some_and(|s| s.ident == "all" || s.ident == "on_commit");
                for arg in &mut call.args {
                    match takes_calls {
                        true => self.visit_operand(arg),
                        false => self.visit_expr_mut(arg),
                    }
                }
            }
            other => self.visit_expr_mut(other),
        }
    }

    /// A statement, and those that come after it in its block.
    pub(super) fn visit_stmt_before(&mut self, stmt: &mut Stmt, after: &[Stmt]) {
        match stmt {
            Stmt::Expr(expr, Some(_)) => self.visit_dropped(expr),
            Stmt::Local(local) => {
                let Some(init) = local.init.as_mut().filter(|init| init.diverge.is_none()) else {
                    return visit_mut::visit_local_mut(self, local);
                };
                if matches!(local.pat, Pat::Wild(_)) {
                    self.visit_value(&mut init.expr);
                } else if never_looked_at(&local.pat, after) {
                    self.visit_dropped(&mut init.expr);
                } else {
                    self.visit_expr_mut(&mut init.expr);
                    if may_hold_calls(&init.expr, after) {
                        *init.expr = self.kept(&init.expr);
                    }
                }
            }
            other => visit_mut::visit_stmt_mut(self, other),
        }
    }

    /// Goes on into what is thrown away when it has been evaluated.
    fn visit_dropped(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Paren(inner) => self.visit_dropped(&mut inner.expr),
            Expr::Group(inner) => self.visit_dropped(&mut inner.expr),
            Expr::MethodCall(method) if drops_failure(method) => {
                self.visit_dropped(&mut method.receiver);
                method.args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
            }
            Expr::MethodCall(method) if is_awaited(&method.receiver) => {
                self.visit_expr_mut(expr);
                *expr = self.dropped(expr);
            }
            Expr::Await(_) => {
                self.visit_expr_mut(expr);
                *expr = self.dropped(expr);
            }
            Expr::Call(call) if is_drop(call) => {
                call.args.iter_mut().for_each(|arg| self.visit_dropped_argument(arg));
            }
            Expr::If(node) => {
                self.visit_expr_mut(&mut node.cond);
                self.visit_dropped_block(&mut node.then_branch);
                if let Some((_, other)) = &mut node.else_branch {
                    self.visit_dropped(other);
                }
            }
            Expr::Match(node) => {
                self.visit_value(&mut node.expr);
                for arm in &mut node.arms {
                    self.visit_pat_mut(&mut arm.pat);
                    self.visit_dropped(&mut arm.body);
                }
            }
            Expr::Block(node) if node.label.is_none() => self.visit_dropped_block(&mut node.block),
            other => self.visit_value(other),
        }
    }

    /// Visits the argument of `drop`.
    fn visit_dropped_argument(&mut self, argument: &mut Expr) {
        match argument {
            Expr::Await(_) => self.visit_dropped(argument),
            other => self.visit_value(other),
        }
    }

    fn visit_dropped_block(&mut self, block: &mut syn::Block) {
        let last = block.stmts.len().saturating_sub(1);
        for at in 0..block.stmts.len() {
            let (before, after) = block.stmts.split_at_mut(at + 1);
            match &mut before[at] {
                Stmt::Expr(expr, None) if at == last => self.visit_dropped(expr),
                stmt => self.visit_stmt_before(stmt, after),
            }
        }
    }

    /// In a closure nothing is awaited; what it calls and forgets is found all the same.
    pub(super) fn in_closure(&self, closure: &mut ExprClosure) {
        InClosure(self).visit_expr_mut(&mut closure.body);
    }

    /// Wraps the value of what may be a call without its `.await`: if it is one, that does not compile.
    fn checked(&self, value: &Expr) -> Expr {
        let span = first_span(value);
        let root = path_at(self.saga, span);
        // The user's own tokens stand outside of what is imported here.
        parse_quote_spanned! {span=>
            match #value {
                value => {
                    #[allow(unused_imports)]
                    use #root::Checked as _;
                    #root::Unawaited(value).checked()
                }
            }
        }
    }

    /// Returns the value of what is thrown away: if it is a failure, that does not compile.
    fn dropped(&self, value: &Expr) -> Expr {
        let span = first_span(value);
        let root = path_at(self.saga, span);
        parse_quote_spanned! {span=>
            match #value {
                value => {
                    #[allow(unused_imports)]
                    use #root::Droppable as _;
                    #root::Dropped(value).checked()
                }
            }
        }
    }

    /// Returns what is gone through, which gives the same order each time.
    pub(super) fn steady(&self, value: &Expr) -> Expr {
        let span = first_span(value);
        let root = path_at(self.saga, span);
        parse_quote_spanned! {span=>
            match #value {
                value => {
                    #[allow(unused_imports)]
                    use #root::Steady as _;
                    #root::Walked(value).steady()
                }
            }
        }
    }

    /// Returns the value, which holds no call.
    pub(super) fn kept(&self, value: &Expr) -> Expr {
        let span = first_span(value);
        let root = path_at(self.saga, span);
        parse_quote_spanned!(span=> #root::Kept(#value).value())
    }
}

struct InClosure<'a, 'b>(&'a Rewriter<'b>);

impl VisitMut for InClosure<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::MethodCall(method) = expr
            && unmark(method)
        {
            *expr = self.0.steady(expr);
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, stmt);
        match stmt {
            Stmt::Expr(expr, Some(_)) if may_be_call(expr) => *expr = self.0.checked(expr),
            _ => {}
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Returns true if a `for` goes through something of which only its type knows the order.
pub(super) fn may_be_hashed(items: &Expr) -> bool {
    match items {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
        Expr::Reference(inner) => may_be_hashed(&inner.expr),
        Expr::Paren(inner) => may_be_hashed(&inner.expr),
        // A call that is awaited, say, and rewritten by now.
        Expr::Match(_) => true,
        Expr::MethodCall(method) => method.method == "clone" && may_be_hashed(&method.receiver),
        _ => false,
    }
}

/// Returns true if it may be a call without its `.await`: one of a free function.
pub(super) fn may_be_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(_)),
        Expr::MethodCall(method) => {
            ["named", "within", "limit"].iter().any(|name| method.method == name)
                && may_be_call(&method.receiver)
        }
        _ => false,
    }
}

/// Returns true if it is a call of a free function, as far as its name shows.
pub(super) fn is_free(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.qself.is_none() && !of_type(&path.path))
}

fn of_type(path: &Path) -> bool {
    path.segments.iter().any(|s| s.ident.to_string().starts_with(char::is_uppercase))
}

/// Returns true if what is bound may hold calls: what an iterator gave, or a collection that is filled from one. What
/// is pushed is judged where it is pushed.
fn may_hold_calls(init: &Expr, after: &[Stmt]) -> bool {
    match init {
        Expr::Macro(mac) => mac.mac.path.segments.last().is_some_and(|s| s.ident == "vec"),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let made =
                    path.path.segments.last().is_some_and(|s| s.ident == "new" || s.ident == "with_capacity");
                let of = path.path.segments.iter().rev().nth(1).map(|s| s.ident.to_string());
                let extend = Ident::new("extend", Span::call_site());
                made && of.is_some_and(|of| COLLECTIONS.contains(&&*of))
                    && after.iter().any(|stmt| mentions(stmt.to_token_stream(), &extend))
            }
            _ => false,
        },
        Expr::MethodCall(method) => {
            method.method == "collect" || method.method == "named" || method.method == "limit"
        }
        _ => false,
    }
}

const COLLECTIONS: [&str; 5] = ["Vec", "VecDeque", "HashMap", "BTreeMap", "LinkedList"];

/// Returns true if it is awaited, or a method of what is.
pub(super) fn is_awaited(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Paren(inner) => is_awaited(&inner.expr),
        Expr::Group(inner) => is_awaited(&inner.expr),
        Expr::MethodCall(method) => is_awaited(&method.receiver),
        _ => false,
    }
}

/// Returns true if the method makes a plain value of a failure, so that it can be thrown away unseen.
fn drops_failure(method: &ExprMethodCall) -> bool {
    let names = ["ok", "err", "is_ok", "is_err", "unwrap_or_default"];
    names.iter().any(|name| method.method == name) && is_awaited(&method.receiver)
}

fn is_drop(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "drop" || s.ident == "forget"))
}

/// Returns true if what is bound has a name that says so, `_held`, and is not mentioned any more.
fn never_looked_at(pat: &Pat, after: &[Stmt]) -> bool {
    match pat {
        Pat::Ident(name) => {
            name.ident.to_string().starts_with('_')
                && !after.iter().any(|stmt| mentions(stmt.to_token_stream(), &name.ident))
        }
        Pat::Type(typed) => never_looked_at(&typed.pat, after),
        _ => false,
    }
}
