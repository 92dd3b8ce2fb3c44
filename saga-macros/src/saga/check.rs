//! What may not stand in the body of a saga: awaits that the rewriting cannot reach, and what would give something
//! else when the body runs again.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ItemFn, Macro, Path};

use crate::diagnostic::{Diagnostic, Report};
use crate::signature::Function;

/// Reports what the body may not have.
pub(crate) fn check(function: &Function, report: &mut Report) {
    let mut checker = Checker { inside: None, report };
    checker.visit_block(&function.block);
}

/// What an `.await` stands in that has a life of its own.
#[derive(Clone, Copy)]
enum Inside {
    Closure,
    Async,
    Function,
}

struct Checker<'a> {
    inside: Option<Inside>,
    report: &'a mut Report,
}

impl Checker<'_> {
    fn within(&mut self, inside: Inside, look: impl FnOnce(&mut Self)) {
        let before = self.inside.replace(inside);
        look(self);
        self.inside = before;
    }
}

impl<'ast> Visit<'ast> for Checker<'_> {
    fn visit_expr_await(&mut self, node: &'ast ExprAwait) {
        let span = node.await_token.span;
        match self.inside {
            None => {}
            Some(Inside::Closure) => self.report.add(misplaced(span, "a closure")),
            // That block or function is reported already, or is none of the saga's.
            Some(Inside::Async) => {}
            Some(Inside::Function) => self.report.add(misplaced(span, "a nested function")),
        }
        visit::visit_expr_await(self, node);
    }

    fn visit_expr_closure(&mut self, node: &'ast ExprClosure) {
        if let Some(token) = &node.asyncness {
            self.report.add(async_block(token.span, "an `async` closure"));
            return self.within(Inside::Async, |this| visit::visit_expr_closure(this, node));
        }
        self.within(Inside::Closure, |this| visit::visit_expr_closure(this, node));
    }

    fn visit_expr_async(&mut self, node: &'ast ExprAsync) {
        self.report.add(async_block(node.async_token.span, "an `async` block"));
        self.within(Inside::Async, |this| visit::visit_expr_async(this, node));
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.within(Inside::Function, |this| visit::visit_item_fn(this, node));
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        if let Some(span) = awaits(&node.tokens) {
            self.report.add(misplaced(span, "a macro"));
        }
        visit::visit_macro(self, node);
    }

    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        if let Expr::Path(path) = &*node.func
            && let Some(diagnostic) = offence(&path.path)
        {
            self.report.add(diagnostic);
        }
        visit::visit_expr_call(self, node);
    }
}

fn misplaced(span: Span, inside: &str) -> Diagnostic {
    Diagnostic::at(span, format!("an `.await` in {inside} cannot be recorded"))
        .why("only what the saga itself awaits has a place in its journal")
        .fix("await in the body of the saga, into a variable; for many at once `all(items.map(|i| step(i))).await`")
}

fn async_block(span: Span, what: &str) -> Diagnostic {
    Diagnostic::at(span, format!("{what} in a saga"))
        .why("what happens in it is not recorded, and would happen again after a crash")
        .fix("put it into a `#[step]` and await that; several at once are `all((a(…), b(…))).await`")
}

/// An `.await` among the tokens of a macro.
fn awaits(tokens: &TokenStream) -> Option<Span> {
    let mut after_dot = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(ident) if after_dot && ident == "await" => return Some(ident.span()),
            TokenTree::Group(group) => {
                if let Some(span) = awaits(&group.stream()) {
                    return Some(span);
                }
            }
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

/// Calls that give something else each time, or do something behind the journal's back; and what to do instead.
fn offence(path: &Path) -> Option<Diagnostic> {
    let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let unsteady = "when the body runs again after a crash it would get another value";
    let unseen = "nothing records it, and it would happen again after a crash";
    let (why, fix) = match &names[..] {
        [.., "SystemTime" | "Instant" | "Utc" | "Local" | "Zoned" | "OffsetDateTime", "now"] => {
            (unsteady, "`now().await`, which is recorded")
        }
        [.., "Uuid", "new_v4" | "now_v7" | "now_v1" | "now_v6"] => {
            (unsteady, "`uuid().await`, which is recorded")
        }
        ["rand", ..] | [.., "thread_rng"] => {
            (unsteady, "draw in a `#[step(readonly)]`, whose output is recorded")
        }
        ["std", "env", ..] | ["env", "var" | "vars" | "var_os" | "args"] => {
            (unsteady, "hand it in with the saga's input, or read it in a `#[step(readonly)]`")
        }
        ["tokio", "spawn"] | ["tokio", "task", ..] | ["task", "spawn" | "spawn_blocking"] => {
            (unseen, "put it into a `#[step]`, or several into `all((…))`")
        }
        ["std", "thread", "spawn"] | ["thread", "spawn"] => (unseen, "put it into a `#[step]`"),
        ["std", "thread", "sleep"] | ["thread", "sleep"] | ["tokio", "time", "sleep"] | ["time", "sleep"] => {
            (unseen, "`sleep(\"10s\").await`, which outlives a crash")
        }
        _ => return None,
    };
    let shown = names.join("::");
    Some(Diagnostic::over(path, format!("`{shown}` in a saga")).why(why).fix(fix))
}
