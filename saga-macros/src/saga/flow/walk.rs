//! The walk over a body: an abstract run that goes each way, with the set of points at which control may have been
//! last.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Block, Expr, ExprAwait, ExprIf, ExprMatch, Label, Lifetime, Local, Pat, Stmt};

use super::pattern::{self, Side, side};
use super::{By, Edges, Frontier, Point, To};

/// A loop or a block that can be left by `break`.
struct Frame {
    label: Option<Lifetime>,
    is_loop: bool,
    /// What it is left with is what the saga gives.
    is_tail: bool,
    breaks: Frontier,
    continues: Frontier,
}

pub(super) struct Walker<'a> {
    numbers: HashMap<*const ExprAwait, usize>,
    fails: &'a [bool],
    at: Frontier,
    edges: Edges,
    exits: Vec<(*const Expr, Found)>,
    frames: Vec<Frame>,
    /// The names that are bound in the function, and the sites that have their results kept under one.
    bound: Vec<String>,
    kept: HashMap<String, usize>,
}

/// An exit by failure: its first token and its last, how it is written, and where control may have been last before it.
type Found = ((Span, Span), By, Frontier);

impl<'a> Walker<'a> {
    /// Walks over the whole body.
    pub(super) fn over(
        block: &Block,
        numbers: HashMap<*const ExprAwait, usize>,
        fails: &'a [bool],
        bound: Vec<String>,
    ) -> (Edges, Vec<Found>) {
        let (at, edges) = (Frontier::from([Point::Start]), Edges::new());
        let (exits, frames, kept) = (Vec::new(), Vec::new(), HashMap::new());
        let mut walker = Walker { numbers, fails, at, edges, exits, frames, bound, kept };
        walker.tail_block(block);
        (walker.edges, walker.exits.into_iter().map(|(_, found)| found).collect())
    }
}

impl Walker<'_> {
    fn go(&mut self, from: &Frontier, to: To) {
        for point in from {
            self.edges.entry(*point).or_default().insert(to);
        }
    }

    /// Notes that the saga may fail at `expr`, shown between `ends`, after control was last at `from`.
    fn fail(&mut self, expr: &Expr, (ends, by): ((Span, Span), By), from: Frontier) {
        self.go(&from, To::RollingBack);
        match self.exits.iter_mut().find(|(known, _)| std::ptr::eq(*known, expr)) {
            Some((_, (.., known))) => known.extend(from),
            None => self.exits.push((expr, (ends, by, from))),
        }
    }

    /// Returns the site that gives this expression as its result, if the text shows that: an await, or an await with
    /// its `Ok` and `Err` mapped, or the name under which it is kept.
    fn direct(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::Await(node) => self.numbers.get(&std::ptr::from_ref(node)).copied(),
            Expr::Paren(inner) => self.direct(&inner.expr),
            Expr::Group(inner) => self.direct(&inner.expr),
            Expr::Reference(inner) => self.direct(&inner.expr),
            Expr::Path(path) => {
                let site = *self.kept.get(&path.path.get_ident()?.to_string())?;
                // Once control has been elsewhere it does not show any more how that ended.
                let is_last = |point: &Point| *point == Point::Done(site) || *point == Point::Failed(site);
                self.at.iter().all(is_last).then_some(site)
            }
            Expr::MethodCall(call) => {
                let keeps = ["map", "map_err", "inspect", "inspect_err"].iter().any(|m| call.method == m);
                keeps.then(|| self.direct(&call.receiver)).flatten()
            }
            _ => None,
        }
    }

    /// Remembers under which name the result of a site is kept, if no other value has that name.
    fn keep(&mut self, pat: &Pat, init: &Expr) {
        let pat = match pat {
            Pat::Type(typed) => &*typed.pat,
            pat => pat,
        };
        if let (Pat::Ident(name), Some(site)) = (pat, self.direct(init))
            && name.mutability.is_none()
            && name.subpat.is_none()
        {
            let name = name.ident.to_string();
            if self.bound.iter().filter(|bound| **bound == name).count() == 1 {
                self.kept.insert(name, site);
            }
        }
    }

    /// Returns the parts of the frontier at which that site is done, and at which it has failed.
    fn split(&self, site: usize) -> (Frontier, Frontier) {
        let only = |point| self.at.iter().copied().filter(|p| *p == point).collect();
        (only(Point::Done(site)), only(Point::Failed(site)))
    }

    /// Evaluates `expr` and holds it against `pat`: where control is if it fits, and if not.
    fn test(&mut self, pat: &Pat, expr: &Expr) -> (Frontier, Frontier) {
        self.visit_expr(expr);
        let Some(site) = self.direct(expr) else { return (self.at.clone(), self.at.clone()) };
        let (done, failed) = self.split(site);
        match side(pat) {
            Side::Ok { always: true } => (done, failed),
            Side::Err { always: true } => (failed, done),
            Side::Ok { always: false } => (done, self.at.clone()),
            Side::Err { always: false } => (failed, self.at.clone()),
            Side::Both => (self.at.clone(), self.at.clone()),
        }
    }

    /// Evaluates a condition: where control is if it holds, and if not.
    fn condition(&mut self, expr: &Expr) -> (Frontier, Frontier) {
        match expr {
            Expr::Paren(inner) => self.condition(&inner.expr),
            Expr::Group(inner) => self.condition(&inner.expr),
            Expr::Let(node) => self.test(&node.pat, &node.expr),
            Expr::Unary(node) if matches!(node.op, syn::UnOp::Not(_)) => {
                let (holds, fails) = self.condition(&node.expr);
                (fails, holds)
            }
            Expr::Binary(node) if matches!(node.op, BinOp::And(_)) => {
                let (holds, mut fails) = self.condition(&node.left);
                self.at = holds;
                let (holds, fails_too) = self.condition(&node.right);
                fails.extend(fails_too);
                (holds, fails)
            }
            Expr::Binary(node) if matches!(node.op, BinOp::Or(_)) => {
                let (mut holds, fails) = self.condition(&node.left);
                self.at = fails;
                let (holds_too, fails) = self.condition(&node.right);
                holds.extend(holds_too);
                (holds, fails)
            }
            Expr::MethodCall(call) if call.args.is_empty() && self.direct(&call.receiver).is_some() => {
                self.visit_expr(expr);
                let (done, failed) = self.direct(&call.receiver).map(|s| self.split(s)).unwrap_or_default();
                match &*call.method.to_string() {
                    "is_ok" => (done, failed),
                    "is_err" => (failed, done),
                    _ => (self.at.clone(), self.at.clone()),
                }
            }
            other => {
                self.visit_expr(other);
                (self.at.clone(), self.at.clone())
            }
        }
    }

    /// Walks a branch from `from`, by `walk`, and returns where control is then.
    fn branch(&mut self, from: Frontier, walk: impl FnOnce(&mut Self)) -> Frontier {
        self.at = from;
        walk(self);
        std::mem::take(&mut self.at)
    }

    fn walk_if(&mut self, node: &ExprIf, is_tail: bool) {
        let (holds, fails) = self.condition(&node.cond);
        let mut out = self.branch(holds, |this| match is_tail {
            true => this.tail_block(&node.then_branch),
            false => this.visit_block(&node.then_branch),
        });
        out.extend(self.branch(fails, |this| {
            if let Some((_, other)) = &node.else_branch {
                this.value(other, is_tail);
            }
        }));
        self.at = out;
    }

    fn walk_match(&mut self, node: &ExprMatch, is_tail: bool) {
        self.visit_expr(&node.expr);
        let site = self.direct(&node.expr);
        let (mut rest, mut out) = (self.at.clone(), Frontier::new());
        for arm in &node.arms {
            let fits = match (site, side(&arm.pat)) {
                (Some(site), Side::Ok { .. }) => {
                    rest.iter().copied().filter(|p| *p != Point::Failed(site)).collect()
                }
                (Some(site), Side::Err { .. }) => {
                    rest.iter().copied().filter(|p| *p != Point::Done(site)).collect()
                }
                _ => rest.clone(),
            };
            out.extend(self.branch(fits, |this| this.walk_arm(arm, is_tail, &mut rest)));
            // What an arm takes whole does not reach the next.
            match (site, side(&arm.pat)) {
                (Some(site), Side::Ok { always: true }) => rest.remove(&Point::Done(site)),
                (Some(site), Side::Err { always: true }) => rest.remove(&Point::Failed(site)),
                _ => false,
            };
        }
        self.at = out;
    }

    fn walk_arm(&mut self, arm: &Arm, is_tail: bool, rest: &mut Frontier) {
        if let Pat::Guard(guarded) = &arm.pat {
            let (holds, fails) = self.condition(&guarded.guard);
            rest.extend(fails);
            self.at = holds;
        }
        self.value(&arm.body, is_tail);
    }

    /// Goes round until nothing new is found: `turn` is one turn, from the head to its end; it gives where control is
    /// if the loop ends by its condition.
    fn walk_loop(&mut self, label: Option<&Label>, is_tail: bool, turn: impl Fn(&mut Self) -> Frontier) {
        let mut head = std::mem::take(&mut self.at);
        loop {
            self.at = head.clone();
            self.frames.push(Frame {
                label: label.map(|l| l.name.clone()),
                is_loop: true,
                is_tail,
                breaks: Frontier::new(),
                continues: Frontier::new(),
            });
            let mut out = turn(self);
            let frame = self.frames.pop().expect("it was pushed above");
            out.extend(frame.breaks);
            let before = head.len();
            head.append(&mut self.at);
            head.extend(frame.continues);
            if head.len() == before {
                self.at = out;
                return;
            }
        }
    }

    fn walk_labelled(&mut self, block: &Block, label: &Label, is_tail: bool) {
        let (breaks, continues) = (Frontier::new(), Frontier::new());
        self.frames.push(Frame {
            label: Some(label.name.clone()),
            is_loop: false,
            is_tail,
            breaks,
            continues,
        });
        if is_tail {
            self.tail_block(block)
        } else {
            self.visit_block(block)
        }
        let frame = self.frames.pop().expect("it was pushed above");
        self.at.extend(frame.breaks);
    }

    /// Returns the loop or block that a `break` or `continue` means.
    fn frame(&mut self, label: Option<&Lifetime>) -> Option<&mut Frame> {
        self.frames.iter_mut().rev().find(|frame| match label {
            Some(label) => frame.label.as_ref() == Some(label),
            None => frame.is_loop,
        })
    }

    /// Walks a value: the saga's result, if it is the tail.
    fn value(&mut self, expr: &Expr, is_tail: bool) {
        if is_tail { self.tail(expr) } else { self.visit_expr(expr) }
    }

    fn tail_block(&mut self, block: &Block) {
        let Some((last, before)) = block.stmts.split_last() else { return };
        before.iter().for_each(|stmt| self.visit_stmt(stmt));
        match last {
            Stmt::Expr(expr, None) => self.tail(expr),
            other => self.visit_stmt(other),
        }
    }

    /// Walks the tail of the saga: it is infallible only as `Ok(…)`, or where each branch ends so.
    fn tail(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(inner) => self.tail(&inner.expr),
            Expr::Group(inner) => self.tail(&inner.expr),
            Expr::Unsafe(inner) => self.tail_block(&inner.block),
            Expr::Block(inner) => match &inner.label {
                Some(label) => self.walk_labelled(&inner.block, label, true),
                None => self.tail_block(&inner.block),
            },
            Expr::If(node) => self.walk_if(node, true),
            Expr::Match(node) => self.walk_match(node, true),
            Expr::Loop(node) => self.walk_loop(node.label.as_ref(), true, |this| {
                this.visit_block(&node.body);
                Frontier::new()
            }),
            other => self.leaf(other),
        }
    }

    fn leaf(&mut self, expr: &Expr) {
        self.visit_expr(expr);
        let at = std::mem::take(&mut self.at);
        let called = match expr {
            Expr::Call(call) => pattern::variant_of(&call.func),
            _ => None,
        };
        match (called.as_deref(), self.direct(expr)) {
            (Some("Ok"), _) => self.go(&at, To::Completed),
            (Some("Err"), _) => self.fail(expr, (ends(expr), By::Value), at),
            (_, Some(site)) => {
                let (failed, done) = at.into_iter().partition(|p| *p == Point::Failed(site));
                self.go(&done, To::Completed);
                if !failed.is_empty() {
                    self.fail(expr, (ends(expr), By::Value), failed);
                }
            }
            // Where control never arrives there is no end.
            _ if at.is_empty() => {}
            _ => {
                self.go(&at, To::Completed);
                self.fail(expr, (ends(expr), By::Value), at);
            }
        }
    }

    /// Walks a compound assignment. Which side comes first depends on its types, which are not known here: where both
    /// await, `check` refuses it.
    fn either_order(&mut self, left: &Expr, right: &Expr) {
        let before = self.at.clone();
        self.visit_expr(left);
        self.visit_expr(right);
        let after = std::mem::replace(&mut self.at, before);
        self.visit_expr(right);
        self.visit_expr(left);
        self.at.extend(after);
    }

    /// Moves control elsewhere.
    fn jump(&mut self, expr: &Expr) {
        match expr {
            Expr::Return(node) => {
                if let Some(value) = &node.expr {
                    self.tail(value);
                }
                self.at.clear();
            }
            Expr::Break(node) => {
                let is_tail = self.frame(node.label.as_ref()).is_some_and(|frame| frame.is_tail);
                if let Some(value) = &node.expr {
                    self.value(value, is_tail);
                }
                let at = std::mem::take(&mut self.at);
                if let Some(frame) = self.frame(node.label.as_ref()) {
                    frame.breaks.extend(at);
                }
            }
            Expr::Continue(node) => {
                let at = std::mem::take(&mut self.at);
                if let Some(frame) = self.frame(node.label.as_ref()) {
                    frame.continues.extend(at);
                }
            }
            other => self.visit_expr(other),
        }
    }

    fn question(&mut self, expr: &Expr, tried: &syn::ExprTry) {
        self.visit_expr(&tried.expr);
        let mark = tried.question_token.span();
        let of = self.direct(&tried.expr);
        let from = match of {
            Some(site) => {
                let (done, failed) = self.split(site);
                self.at = done;
                failed
            }
            None => self.at.clone(),
        };
        if !from.is_empty() {
            self.fail(expr, ((mark, mark), By::Question(of)), from);
        }
    }
}

/// Returns true if it is `+=` or the like.
pub(crate) fn is_assignment(op: &BinOp) -> bool {
    use BinOp::*;
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// Returns the spans of its first token and of its last.
fn ends(expr: &Expr) -> (Span, Span) {
    let mut spans = expr.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

impl<'ast> Visit<'ast> for Walker<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Await(node) => {
                self.visit_expr(&node.base);
                let Some(site) = self.numbers.get(&std::ptr::from_ref(node)).copied() else { return };
                if self.at.is_empty() {
                    return;
                }
                let at = std::mem::take(&mut self.at);
                self.go(&at, To::AwaitPoint(site));
                self.at.insert(Point::Done(site));
                if self.fails.get(site).is_some_and(|fails| *fails) {
                    self.at.insert(Point::Failed(site));
                }
            }
            Expr::Try(tried) => self.question(expr, tried),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => self.jump(expr),
            Expr::If(node) => self.walk_if(node, false),
            Expr::Match(node) => self.walk_match(node, false),
            Expr::Loop(node) => self.walk_loop(node.label.as_ref(), false, |this| {
                this.visit_block(&node.body);
                Frontier::new()
            }),
            Expr::While(node) => self.walk_loop(node.label.as_ref(), false, |this| {
                let (holds, fails) = this.condition(&node.cond);
                this.at = holds;
                this.visit_block(&node.body);
                fails
            }),
            Expr::ForLoop(node) => {
                self.visit_expr(&node.expr);
                self.walk_loop(node.label.as_ref(), false, |this| {
                    let head = this.at.clone();
                    this.visit_block(&node.body);
                    head
                });
            }
            Expr::Block(node) => match &node.label {
                Some(label) => self.walk_labelled(&node.block, label, false),
                None => self.visit_block(&node.block),
            },
            Expr::Binary(node) if matches!(node.op, BinOp::And(_) | BinOp::Or(_)) => {
                let (mut holds, fails) = self.condition(expr);
                holds.extend(fails);
                self.at = holds;
            }
            Expr::Binary(node) if is_assignment(&node.op) => self.either_order(&node.left, &node.right),
            Expr::Assign(node) => {
                self.visit_expr(&node.right);
                self.visit_expr(&node.left);
            }
            Expr::Macro(node) => self.visit_macro(&node.mac),
            // What happens there happens elsewhere, and awaits nothing.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => {}
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let Some(init) = &local.init else { return };
        let Some((_, other)) = &init.diverge else {
            self.visit_expr(&init.expr);
            return self.keep(&local.pat, &init.expr);
        };
        let (fits, fails) = self.test(&local.pat, &init.expr);
        self.branch(fails, |this| this.visit_expr(other));
        self.at = fits;
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        if pattern::never_returns(node) {
            self.at.clear();
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
