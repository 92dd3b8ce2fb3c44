//! What may not stand in the body of a saga: awaits and exits that the rewriting cannot reach, and what would give
//! something else, or happen again, when the body runs again.

mod items;
mod macros;
mod maps;
mod statics;
mod steady;

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprAssign, ExprAsync, ExprAwait, ExprBinary, ExprCall, ExprClosure, ExprMethodCall, ExprPath,
    ExprReturn, ExprTry, ItemFn, ItemMacro, Macro, Path,
};

use crate::diagnostic::{Diagnostic, Report};
use crate::duration;
use crate::saga::body::{Body, expr_awaits};
use crate::saga::{flow, operand};
use crate::signature::Function;
use crate::words::shown;

pub(crate) use maps::unmark;
pub(crate) use steady::offence;

/// Reports what the body may not have.
pub(crate) fn check(function: &mut Function, root: &Path, report: &mut Report) {
    let mut checker = Checker { inside: None, root, report };
    checker.visit_block(&function.block);
    items::check(&function.block, report);
    maps::check(function, report);
}

/// Reports a saga that calls itself.
pub(crate) fn check_recursion(function: &Function, body: &Body, report: &mut Report) {
    let paths = body.sites.iter().filter_map(|site| site.kind.as_ref()).flat_map(|kind| kind.paths());
    let name = &function.ident;
    for path in paths.filter(|path| path.is_ident(name)) {
        let diagnostic = Diagnostic::over("SG0619", path, format!("`{name}` calls itself"))
            .why("a child saga runs in the journal of its parent, and its automaton is a part of its parent's: this one would have no end")
            .fix("a loop around what is done again and again: `#[bound(100)] loop { … }`, with a `break` or a `return` in it");
        report.add(diagnostic);
    }
}

/// What something stands in that has a life of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Closure,
    Async,
    Function,
    Macro,
}

struct Checker<'a> {
    inside: Option<Inside>,
    root: &'a Path,
    report: &'a mut Report,
}

impl Checker<'_> {
    fn both_sides(&mut self, left: &Expr, right: &Expr) {
        if expr_awaits(left) && expr_awaits(right) {
            let diagnostic = Diagnostic::over("SG0618", left, "both sides of an assignment await something")
                .why("which of them comes first depends on their types, and a journal is read in one order")
                .fix(
                    "`let value = …;` before it, with what is awaited on the right, and `value` in its place",
                );
            self.report.add(diagnostic);
        }
    }

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
            Some(Inside::Closure) => self.report.add(in_closure(span)),
            // That block is reported already.
            Some(Inside::Async) => {}
            Some(Inside::Function) => self.report.add(in_function(span)),
            Some(Inside::Macro) => self.report.add(in_macro(span)),
        }
        visit::visit_expr_await(self, node);
    }

    fn visit_expr_try(&mut self, node: &'ast ExprTry) {
        // One that stands behind an `.await` is one mistake with it.
        if self.inside == Some(Inside::Macro) && !matches!(*node.expr, Expr::Await(_)) {
            self.report.add(macros::question(node.question_token.spans[0]));
        }
        visit::visit_expr_try(self, node);
    }

    fn visit_expr_return(&mut self, node: &'ast ExprReturn) {
        if self.inside == Some(Inside::Macro) {
            self.report.add(macros::returns(node.return_token.span));
        }
        visit::visit_expr_return(self, node);
    }

    fn visit_expr_closure(&mut self, node: &'ast ExprClosure) {
        if self.inside == Some(Inside::Async) {
            return visit::visit_expr_closure(self, node);
        }
        if let Some(token) = &node.asyncness {
            let of_calls = Calls::found_by(|calls| calls.visit_expr(&node.body));
            self.report.add(async_block(token.span, "an `async` closure", of_calls, true));
            return self.within(Inside::Async, |this| visit::visit_expr_closure(this, node));
        }
        self.within(Inside::Closure, |this| visit::visit_expr_closure(this, node));
    }

    fn visit_expr_async(&mut self, node: &'ast ExprAsync) {
        if self.inside != Some(Inside::Async) {
            let of_calls = Calls::found_by(|calls| calls.visit_block(&node.block));
            let in_closure = self.inside == Some(Inside::Closure);
            self.report.add(async_block(node.async_token.span, "an `async` block", of_calls, in_closure));
        }
        self.within(Inside::Async, |this| visit::visit_expr_async(this, node));
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.within(Inside::Function, |this| visit::visit_item_fn(this, node));
    }

    /// Passes over a `macro_rules!`: its code is checked where it is used.
    fn visit_item_macro(&mut self, _: &'ast ItemMacro) {}

    fn visit_macro(&mut self, node: &'ast Macro) {
        macros::check(self, node);
    }

    fn visit_expr_assign(&mut self, node: &'ast ExprAssign) {
        self.both_sides(&node.left, &node.right);
        visit::visit_expr_assign(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        if flow::is_assignment(&node.op) {
            self.both_sides(&node.left, &node.right);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let class = ["transient", "permanent", "in_doubt"].iter().find(|class| node.method == class);
        if let Some(class) = class
            && awaited(&node.receiver).is_some_and(operand::is_call)
        {
            self.report.add(of_steps(node.method.span(), class));
        }
        if let Expr::Await(before) = &*node.receiver
            && is_of_call(node)
        {
            self.report.add(behind(node, &before.base));
        }
        self.report.extend(statics::offence(node));
        // That of an approval or a signal; others have a `within` as well, of another type.
        if node.method == "within"
            && operand::is_call(&node.receiver)
            && let Some(length) = node.args.first()
        {
            duration::check_argument(".within", length, self.report);
        }
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        if let Expr::Path(path) = &*node.func
            && operand::built_in(&path.path, self.root).as_deref() == Some("sleep")
            && let Some(length) = node.args.first()
        {
            duration::check_argument("sleep", length, self.report);
        }
        let spawned = match &*node.func {
            Expr::Path(path) => offence(&path.path),
            _ => None,
        };
        let Some(diagnostic) = spawned else { return visit::visit_expr_call(self, node) };
        self.report.add(diagnostic);
        // What is wrong inside of it is so because of it.
        self.within(Inside::Async, |this| node.args.iter().for_each(|arg| this.visit_expr(arg)));
    }

    fn visit_expr_path(&mut self, node: &'ast ExprPath) {
        if let Some(diagnostic) = offence(&node.path) {
            self.report.add(diagnostic);
        }
    }
}

/// Returns what was awaited, of what an `.await` gave.
fn awaited(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Await(awaited) => Some(&awaited.base),
        Expr::Paren(inner) => awaited(&inner.expr),
        Expr::Group(inner) => awaited(&inner.expr),
        Expr::MethodCall(method) => awaited(&method.receiver),
        _ => None,
    }
}

/// Returns true if it is `.named("…")` or `.within("…")`, which say something of a call.
fn is_of_call(node: &ExprMethodCall) -> bool {
    (node.method == "named" || node.method == "within")
        && node.args.len() == 1
        && node.args.first().and_then(duration::text_of).is_some()
}

fn behind(node: &ExprMethodCall, call: &Expr) -> Diagnostic {
    let (method, argument) = (&node.method, node.args.first().map(|argument| argument.to_token_stream()));
    let said = format!(".{method}({})", shown(&argument.unwrap_or_default()));
    let call = shown(&call.to_token_stream());
    Diagnostic::at(
        "SG0603",
        method.span(),
        format!("`.{method}` stands behind the `.await` of the call that it is about"),
    )
    .why("it says something of what is to be done, and by then that is done")
    .fix(format!("before it: `{call}{said}.await`"))
}

fn of_steps(span: Span, class: &str) -> Diagnostic {
    Diagnostic::at(
        "SG0620",
        span,
        format!("`.{class}()` says what an error means for a step, and this is a saga"),
    )
    .why("what failed here has been tried as often as the step says; a saga goes on, or is rolled back")
    .fix(format!("leave `.{class}()` out: `….await?` makes it the saga's error"))
}

const RECORDED: &str = "only what the saga itself awaits has a place in its journal";

fn in_closure(span: Span) -> Diagnostic {
    Diagnostic::at("SG0604", span, "an `.await` in a closure cannot be recorded")
        .why(RECORDED)
        .fix("`all(items.into_iter().map(|item| step(item))).await?` for all at once, or a `for` loop that awaits one after the other")
}

fn in_function(span: Span) -> Diagnostic {
    Diagnostic::at("SG0605", span, "an `.await` in a nested function cannot be recorded")
        .why(RECORDED)
        .fix("make that function a saga of its own, `#[saga] async fn`, beside this one, and await a call of it; or a `#[step]` if it acts on the world")
}

fn in_macro(span: Span) -> Diagnostic {
    Diagnostic::at("SG0606", span, "an `.await` in a macro cannot be recorded")
        .why("what a macro makes of it is not seen here, and only what the saga itself awaits has a place in its journal")
        .fix("await before it, into a variable, and use that in the macro")
}

/// Returns what stands in it decides what was meant: steps are awaited by the saga itself.
fn async_block(span: Span, what: &str, of_calls: bool, in_closure: bool) -> Diagnostic {
    let fix = match (of_calls, in_closure) {
        (true, true) => {
            "`all(items.into_iter().map(|item| step(item))).await?`, with neither `async` nor `.await` in the closure"
        }
        (true, false) => {
            "await its steps in the saga itself, one after the other; or several at once: `all((a(…), b(…))).await?`"
        }
        (false, _) => {
            "put it into a `#[step]` and await that; several at once are `all((a(…), b(…))).await?`"
        }
    };
    Diagnostic::at("SG0607", span, format!("{what} in a saga"))
        .why("what happens in it is not recorded, and would happen again after a crash")
        .fix(fix)
}

/// Finds what is awaited that may be a step.
#[derive(Default)]
struct Calls(bool);

impl Calls {
    fn found_by(look: impl FnOnce(&mut Self)) -> bool {
        let mut calls = Self::default();
        look(&mut calls);
        calls.0
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_await(&mut self, node: &'ast ExprAwait) {
        self.0 |= operand::is_call(&node.base);
        visit::visit_expr_await(self, node);
    }
}
