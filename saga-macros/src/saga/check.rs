//! What may not stand in the body of a saga: awaits and exits that the rewriting cannot reach, and what would give
//! something else, or happen again, when the body runs again.

mod items;
mod macros;
mod maps;
mod steady;

use proc_macro2::Span;
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
            self.report.add(async_block(token.span, "an `async` closure"));
            return self.within(Inside::Async, |this| visit::visit_expr_closure(this, node));
        }
        self.within(Inside::Closure, |this| visit::visit_expr_closure(this, node));
    }

    fn visit_expr_async(&mut self, node: &'ast ExprAsync) {
        if self.inside != Some(Inside::Async) {
            self.report.add(async_block(node.async_token.span, "an `async` block"));
        }
        self.within(Inside::Async, |this| visit::visit_expr_async(this, node));
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.within(Inside::Function, |this| visit::visit_item_fn(this, node));
    }

    /// What a `macro_rules!` says happens where it is used.
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
            && is_awaited(&node.receiver)
        {
            self.report.add(of_steps(node.method.span(), class));
        }
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

/// Whether it is what an `.await` gave.
fn is_awaited(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Paren(inner) => is_awaited(&inner.expr),
        Expr::Group(inner) => is_awaited(&inner.expr),
        Expr::MethodCall(method) => is_awaited(&method.receiver),
        _ => false,
    }
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

fn async_block(span: Span, what: &str) -> Diagnostic {
    Diagnostic::at("SG0607", span, format!("{what} in a saga"))
        .why("what happens in it is not recorded, and would happen again after a crash")
        .fix("put it into a `#[step]` and await that; several at once are `all((a(…), b(…))).await`")
}
