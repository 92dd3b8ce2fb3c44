//! The awaits and loops of a saga's body, numbered in the order of the text. [`crate::saga::rewrite`] goes the same way,
//! and finds each by its number.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprAwait, ExprForLoop, ExprLoop, ExprWhile, Lit, LitStr, Local, Pat, Path, Type,
};

use crate::diagnostic::{Diagnostic, Report};
use crate::names::plain;
use crate::saga::check::offence;
use crate::saga::operand::{self, Kind};
use crate::words::number_of;

/// What is awaited in a body, and the loops around.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) sites: Vec<AwaitPoint>,
    pub(crate) loops: Vec<Loop>,
}

/// One `.await`.
pub(crate) struct AwaitPoint {
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
    let mut reader = Reader {
        body: Body::default(),
        around: Vec::new(),
        named: Vec::new(),
        variables: Vec::new(),
        given: None,
        root,
        report,
    };
    reader.visit_block(block);
    reader.names();
    reader.body
}

/// The type of `let value: Type = ….await`.
struct Given {
    of: Type,
    /// True if a `?` follows the await.
    split: bool,
}

struct Reader<'a> {
    body: Body,
    around: Vec<usize>,
    /// The names that sites were given.
    named: Vec<LitStr>,
    /// The variables in scope that may be called.
    variables: Vec<Ident>,
    /// The type that a `let` gives to the value of the await in it.
    given: Option<Given>,
    root: &'a Path,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn site(&mut self, awaited: &ExprAwait) {
        let (loops, given) = (self.around.clone(), self.given.take());
        let span = awaited.await_token.span;
        let site = match operand::read(&awaited.base, self.root) {
            Ok(mut operand) => {
                if let (Kind::Signal(of @ None), Some(given)) = (&mut operand.kind, given) {
                    // With a limit it gives a `Result`.
                    *of = (given.split == operand.within).then_some(given.of);
                }
                let label = plain(&operand.label);
                // What is no step, and is reported, has no type.
                let variable = self.variable(&operand.kind);
                let offends = variable || operand.kind.paths().into_iter().any(|p| offence(p).is_some());
                let kind = Some(operand.kind).filter(|_| !offends);
                let name = operand.name.as_ref().map(LitStr::value);
                self.named.extend(operand.name);
                let alike = |s: &&AwaitPoint| s.name.is_none() && s.label == label;
                let occurrence = match name {
                    Some(_) => 1,
                    None => self.body.sites.iter().filter(alike).count() as u32 + 1,
                };
                AwaitPoint { label, occurrence, name, kind, loops, span }
            }
            Err(diagnostic) => {
                // What is `async` there is reported as such.
                if !Asyncs::stand_in(&awaited.base) {
                    self.report.add(diagnostic);
                }
                AwaitPoint { label: String::new(), occurrence: 1, name: None, kind: None, loops, span }
            }
        };
        self.body.sites.push(site);
    }

    /// Reports what is called by a variable; whether there is any.
    fn variable(&mut self, kind: &Kind) -> bool {
        let is_variable = |path: &&Path| path.get_ident().is_some_and(|name| self.variables.contains(name));
        let Some(path) = kind.paths().into_iter().find(is_variable) else { return false };
        let what = format!("`{}` is a variable, and does not show the step", path.to_token_stream());
        let diagnostic = Diagnostic::over("SG0602", path, what)
            .why("the machine names each place in a saga after the step that is called there")
            .fix("call the step itself: `hold_flight(trip).await`");
        self.report.add(diagnostic);
        true
    }

    /// Reports names that are those of other sites as well.
    fn names(&mut self) {
        for (number, name) in self.named.iter().enumerate() {
            let text = name.value();
            let of_call = self.body.sites.iter().any(|s| s.name.is_none() && s.label == text);
            let what = if self.named[..number].iter().any(|before| before.value() == text) {
                format!("two sites are named {text:?}")
            } else if of_call {
                format!(
                    "{text:?} is the name of another site: that of `{text}(…)`, which has none of its own"
                )
            } else {
                continue;
            };
            let diagnostic = Diagnostic::at("SG0502", name.span(), what)
                .why("what happens at a site is recorded under its name, and found again by it")
                .fix("another name: one for each");
            self.report.add(diagnostic);
        }
    }

    /// Enters a loop around an await; gives its number.
    fn enter(&mut self, word: &str, span: Span, attrs: &[Attribute]) -> usize {
        let bound = bound_of(attrs, self.report);
        if bound.is_none() && word != "for" && !attrs.iter().any(is_bound) {
            self.report.add(unbounded(span, word, attrs));
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
            let diagnostic = Diagnostic::over("SG0505", attr, "a bound on a loop without an `.await`")
                .why("only turns in which something is awaited are recorded, and so counted")
                .fix("leave the `#[bound(…)]` out");
            self.report.add(diagnostic);
        }
    }
}

/// Returns true if the attribute is `#[bound(…)]`.
pub(crate) fn is_bound(attr: &Attribute) -> bool {
    attr.path().is_ident("bound")
}

fn bound_of(attrs: &[Attribute], report: &mut Report) -> Option<Expr> {
    let attr = attrs.iter().find(|a| is_bound(a))?;
    let bound: syn::Result<Expr> = attr.parse_args();
    match bound {
        Ok(bound) if number_of(&bound) == Some(0) => {
            let diagnostic = Diagnostic::over("SG0504", &bound, "a loop with a bound of 0 never runs")
                .why("the bound is the number of turns that are allowed")
                .fix("a number from 1, such as `#[bound(100)]`");
            report.add(diagnostic);
            Some(bound)
        }
        Ok(Expr::Unary(bound)) if matches!(bound.op, syn::UnOp::Neg(_)) => {
            let turns = number_of(&bound.expr).unwrap_or(100).max(1);
            let diagnostic = Diagnostic::over(
                "SG0504",
                &bound,
                "a bound is a number of turns, and this is less than none",
            )
            .why("past that many turns the saga is dead-lettered")
            .fix(format!("`#[bound({turns})]`"));
            report.add(diagnostic);
            None
        }
        Ok(bound) if !matches!(&bound, Expr::Lit(lit) if !matches!(lit.lit, Lit::Int(_))) => Some(bound),
        _ => {
            let diagnostic = Diagnostic::over("SG0504", attr, "a bound is a number of turns")
                .why("past that many turns the saga is dead-lettered")
                .fix("`#[bound(100)]`");
            report.add(diagnostic);
            None
        }
    }
}

const ENDS: &str = "a saga ends; one that goes round for ever would fill its journal";

/// Returns a loop that may go round for ever.
fn unbounded(span: Span, word: &str, attrs: &[Attribute]) -> Diagnostic {
    let guessed = attrs.iter().find(|attr| GUESSED.iter().any(|name| attr.path().is_ident(name)));
    let past = "past that many turns the saga is dead-lettered, for a person to look at";
    let fix = match guessed {
        Some(attr) => {
            let turns = attr.parse_args().ok().and_then(|turns| number_of(&turns)).unwrap_or(100);
            let attr = crate::words::shown(&attr.meta.to_token_stream());
            format!("`#[bound({turns})]` in place of `#[{attr}]`: {past}")
        }
        None => format!("`#[bound(100)]` before it: {past}"),
    };
    Diagnostic::at("SG0503", span, format!("a `{word}` around an `.await` has no bound")).why(ENDS).fix(fix)
}

/// What others call a bound.
const GUESSED: [&str; 10] = [
    "limit",
    "bounded",
    "max",
    "max_turns",
    "max_iterations",
    "iterations",
    "turns",
    "times",
    "loop_limit",
    "max_attempts",
];

/// Returns true if what is gone through has no end, as far as its syntax shows.
fn endless(items: &Expr) -> bool {
    match items {
        Expr::Paren(inner) => endless(&inner.expr),
        Expr::Group(inner) => endless(&inner.expr),
        Expr::Range(range) => range.end.is_none(),
        Expr::MethodCall(method) => {
            let whole = ["map", "enumerate", "inspect", "skip", "step_by", "filter", "into_iter"];
            method.method == "cycle"
                || whole.iter().any(|name| method.method == name) && endless(&method.receiver)
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let names: Vec<_> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                matches!(names[..], [.., "iter", "repeat" | "repeat_with"])
            }
            _ => false,
        },
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let before = self.variables.len();
        visit::visit_block(self, block);
        self.variables.truncate(before);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let init = local.init.as_ref().map(|init| &*init.expr);
        let given = |split| match &local.pat {
            Pat::Type(pat) => Some(Given { of: (*pat.ty).clone(), split }),
            _ => None,
        };
        self.given = match init {
            Some(Expr::Await(_)) => given(false),
            Some(Expr::Try(exit)) if matches!(*exit.expr, Expr::Await(_)) => given(true),
            _ => None,
        };
        visit::visit_local(self, local);
        self.given = None;
        if let (Pat::Ident(name), Some(Expr::Closure(_) | Expr::Path(_))) = (&local.pat, init) {
            self.variables.push(name.ident.clone());
        }
    }

    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        self.site(awaited);
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        if !block_awaits(&node.body) {
            self.no_bound(&node.attrs);
            return self.visit_block(&node.body);
        }
        let number = self.enter("loop", node.loop_token.span, &node.attrs);
        self.visit_block(&node.body);
        self.leave(number);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        if !block_awaits(&node.body) && !expr_awaits(&node.cond) {
            self.no_bound(&node.attrs);
            self.visit_expr(&node.cond);
            return self.visit_block(&node.body);
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
        if endless(&node.expr) && !node.attrs.iter().any(is_bound) {
            let diagnostic = Diagnostic::over("SG0503", &node.expr, "a `for` around an `.await` goes through what has no end")
                .why(ENDS)
                .fix("an end, such as `1..=100`; or `#[bound(100)]` before the `for`, past which the saga is dead-lettered");
            self.report.add(diagnostic);
        }
        let number = self.enter("for", node.for_token.span, &node.attrs);
        self.visit_block(&node.body);
        self.leave(number);
    }

    /// Those of loops are read with the loop.
    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        if is_bound(attr) {
            let diagnostic = Diagnostic::over("SG0505", attr, "a bound on what is no loop")
                .why("it is the number of turns that a loop may make")
                .fix("put it before the `while`, `loop` or `for` around the `.await`");
            self.report.add(diagnostic);
        }
    }

    // Nothing is awaited in these; `check` says so.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Returns true if something is awaited in the block.
pub(crate) fn block_awaits(block: &Block) -> bool {
    let mut finder = Finder(false);
    finder.visit_block(block);
    finder.0
}

/// Returns true if something is awaited in the expression.
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

/// Finds `async` blocks and closures.
struct Asyncs(bool);

impl Asyncs {
    fn stand_in(expr: &Expr) -> bool {
        let mut asyncs = Self(false);
        asyncs.visit_expr(expr);
        asyncs.0
    }
}

impl<'ast> Visit<'ast> for Asyncs {
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {
        self.0 = true;
    }
    fn visit_expr_closure(&mut self, node: &'ast syn::ExprClosure) {
        self.0 |= node.asyncness.is_some();
        visit::visit_expr_closure(self, node);
    }
}
