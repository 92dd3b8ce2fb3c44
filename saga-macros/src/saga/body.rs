//! The awaits and loops of a saga's body, numbered in the order of the text. [`crate::saga::rewrite`] goes the same way,
//! and finds each by its number.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprAwait, ExprForLoop, ExprLoop, ExprWhile, Path};

use crate::diagnostic::{Diagnostic, Report};
use crate::names::plain;
use crate::saga::operand::{self, Kind};
use crate::words::number_of;

/// What is awaited in a body, and the loops around.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) sites: Vec<Site>,
    pub(crate) loops: Vec<Loop>,
}

/// One `.await`.
pub(crate) struct Site {
    /// The name of what is called.
    pub(crate) label: String,
    /// Which of that name it is in the text, from 1; those with a name of their own do not count.
    pub(crate) occurrence: u32,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<Kind>,
    /// The loops around it, outermost first.
    pub(crate) loops: Vec<usize>,
    /// Of the `.await`.
    pub(crate) span: Span,
}

/// One loop with an `.await` in it.
pub(crate) struct Loop {
    pub(crate) bound: Option<Expr>,
    /// What it is called when it passes its bound.
    pub(crate) shown: String,
}

/// Reads a body; what cannot be a site or a loop of one is reported.
pub(crate) fn read(block: &Block, root: &Path, report: &mut Report) -> Body {
    let mut reader = Reader { body: Body::default(), around: Vec::new(), root, report };
    reader.visit_block(block);
    reader.body
}

struct Reader<'a> {
    body: Body,
    around: Vec<usize>,
    root: &'a Path,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn site(&mut self, awaited: &ExprAwait) {
        let loops = self.around.clone();
        let span = awaited.await_token.span;
        let site = match operand::read(&awaited.base, self.root) {
            Ok(operand) => {
                let label = plain(&operand.label);
                let name = operand.name.map(|name| name.value());
                let alike = |s: &&Site| s.name.is_none() && s.label == label;
                let occurrence = match name {
                    Some(_) => 1,
                    None => self.body.sites.iter().filter(alike).count() as u32 + 1,
                };
                self.twice(name.as_deref(), span);
                Site { label, occurrence, name, kind: Some(operand.kind), loops, span }
            }
            Err(diagnostic) => {
                self.report.add(diagnostic);
                Site { label: String::new(), occurrence: 1, name: None, kind: None, loops, span }
            }
        };
        self.body.sites.push(site);
    }

    fn twice(&mut self, name: Option<&str>, span: Span) {
        let Some(name) = name else { return };
        if self.body.sites.iter().any(|s| s.name.as_deref() == Some(name)) {
            let diagnostic = Diagnostic::at(span, format!("two sites are named {name:?}"))
                .why("what happened there is recorded under that name")
                .fix("a name of its own for each");
            self.report.add(diagnostic);
        }
    }

    /// Enters a loop around an await; gives its number.
    fn enter(&mut self, word: &str, span: Span, attrs: &[Attribute]) -> usize {
        let bound = bound_of(attrs, self.report);
        if bound.is_none() && word != "for" && !attrs.iter().any(is_bound) {
            let diagnostic = Diagnostic::at(span, format!("a `{word}` around an `.await` has no bound"))
                .why("a saga ends; one that goes round for ever would fill its journal")
                .fix("`#[bound(100)]` before it: past that many turns the saga is parked");
            self.report.add(diagnostic);
        }
        let number = self.body.loops.len();
        self.body.loops.push(Loop { bound, shown: format!("the `{word}` loop") });
        self.around.push(number);
        number
    }

    fn leave(&mut self, number: usize) {
        self.around.pop();
        let first = self.body.sites.iter().find(|s| s.loops.contains(&number));
        if let Some(site) = first {
            let name = site.name.as_ref().unwrap_or(&site.label);
            self.body.loops[number].shown.push_str(&format!(" around `{name}`"));
        }
    }

    fn no_bound(&mut self, attrs: &[Attribute]) {
        for attr in attrs.iter().filter(|a| is_bound(a)) {
            let diagnostic = Diagnostic::over(attr, "a bound on a loop without an `.await`")
                .why("only turns that are recorded are counted")
                .fix("leave it out");
            self.report.add(diagnostic);
        }
    }
}

/// Whether the attribute is `#[bound(…)]`.
pub(crate) fn is_bound(attr: &Attribute) -> bool {
    attr.path().is_ident("bound")
}

fn bound_of(attrs: &[Attribute], report: &mut Report) -> Option<Expr> {
    let attr = attrs.iter().find(|a| is_bound(a))?;
    let bound: syn::Result<Expr> = attr.parse_args();
    match bound {
        Ok(bound) if number_of(&bound) == Some(0) => {
            let diagnostic = Diagnostic::over(&bound, "a loop with a bound of 0 never runs")
                .why("the bound is the number of turns that are allowed")
                .fix("a number from 1");
            report.add(diagnostic);
            Some(bound)
        }
        Ok(bound) => Some(bound),
        Err(_) => {
            let diagnostic = Diagnostic::over(attr, "a bound is a number of turns").fix("`#[bound(100)]`");
            report.add(diagnostic);
            None
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        self.site(awaited);
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        if !block_awaits(&node.body) {
            self.no_bound(&node.attrs);
            return visit::visit_expr_loop(self, node);
        }
        let number = self.enter("loop", node.loop_token.span, &node.attrs);
        self.visit_block(&node.body);
        self.leave(number);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        if !block_awaits(&node.body) && !expr_awaits(&node.cond) {
            self.no_bound(&node.attrs);
            return visit::visit_expr_while(self, node);
        }
        let number = self.enter("while", node.while_token.span, &node.attrs);
        self.visit_expr(&node.cond);
        self.visit_block(&node.body);
        self.leave(number);
    }

    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        // What is gone through is evaluated once, outside.
        self.visit_expr(&node.expr);
        if !block_awaits(&node.body) {
            self.no_bound(&node.attrs);
            return self.visit_block(&node.body);
        }
        let number = self.enter("for", node.for_token.span, &node.attrs);
        self.visit_block(&node.body);
        self.leave(number);
    }

    // Nothing is awaited in these; `check` says so.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether something is awaited in the block.
pub(crate) fn block_awaits(block: &Block) -> bool {
    let mut finder = Finder(false);
    finder.visit_block(block);
    finder.0
}

/// Whether something is awaited in the expression.
pub(crate) fn expr_awaits(expr: &Expr) -> bool {
    let mut finder = Finder(false);
    finder.visit_expr(expr);
    finder.0
}

struct Finder(bool);

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_await(&mut self, _: &'ast ExprAwait) {
        self.0 = true;
    }
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
