//! The body of a saga rewritten: each `.await` states its place, each turn of a loop around one is counted,
//! each `?` and `return` is an exit. It goes the way that [`crate::saga::body`] went.

mod forgotten;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprAwait, ExprForLoop, ExprLoop, ExprTry, ExprWhile, Path, Stmt, parse_quote,
    parse_quote_spanned,
};

use crate::names::path_at;
use crate::saga::body::{Body, block_awaits, expr_awaits, is_bound};
use crate::saga::check::unmark;
use crate::saga::operand::Kind;
use forgotten::{is_awaited, is_free};

/// Returns the block, rewritten.
pub(crate) fn rewrite(block: &Block, body: &Body, saga: &Path) -> Block {
    let mut block = block.clone();
    let mut rewriter = Rewriter { body, saga, sites: 0, loops: 0 };
    rewriter.visit_block_mut(&mut block);
    debug_assert_eq!(rewriter.sites, body.sites.len(), "both passes go the same way");
    block
}

/// Returns true if control never reaches the end of the block.
pub(crate) fn never_ends(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Return(_), _)) => true,
        Some(Stmt::Expr(Expr::Loop(node), _)) => !Breaks::in_block(&node.body),
        Some(Stmt::Macro(node)) => {
            let name = node.mac.path.segments.last().map(|s| s.ident.to_string());
            let never = ["panic", "unreachable", "todo", "unimplemented"];
            name.is_some_and(|name| never.contains(&&*name))
        }
        _ => false,
    }
}

/// Finds a `break`, of whatever loop.
struct Breaks(bool);

impl Breaks {
    fn in_block(block: &Block) -> bool {
        let mut breaks = Breaks(false);
        syn::visit::Visit::visit_block(&mut breaks, block);
        breaks.0
    }
}

impl<'ast> syn::visit::Visit<'ast> for Breaks {
    fn visit_expr_break(&mut self, _: &'ast syn::ExprBreak) {
        self.0 = true;
    }
}

struct Rewriter<'a> {
    body: &'a Body,
    saga: &'a Path,
    sites: usize,
    loops: usize,
}

impl Rewriter<'_> {
    fn next_loop(&mut self) -> usize {
        self.loops += 1;
        self.loops - 1
    }

    /// Writes what holds a loop to its bound; past the bound that does not return.
    fn bound(&self, number: usize) -> Option<TokenStream> {
        let (saga, known) = (self.saga, &self.body.loops[number]);
        let (bound, shown) = (known.bound.as_ref()?, &known.shown);
        Some(quote!(#saga::within_bound(#number, #bound, #shown).await;))
    }

    /// Writes an await with its place.
    fn rewrite_await(&mut self, awaited: &mut ExprAwait) -> Option<Expr> {
        let number = self.sites;
        self.sites += 1;
        self.visit_operand(&mut awaited.base);
        let site = self.body.sites.get(number)?;
        let (occurrence, loops) = (site.occurrence, &site.loops);
        if let Some(kind) = &site.kind {
            self.branches(&mut awaited.base, kind);
            self.own(&mut awaited.base, kind);
        }
        let base = unparenthesized(&awaited.base);
        // What is wrong with the call is one error, shown where it begins.
        let span = first_span(base);
        let root = path_at(self.saga, span);
        let end = awaited.await_token.span;
        let wait = quote_spanned!(end=> .await);
        let arm = quote_spanned! {span=>
            () => {
                let call = #base;
                let place = #root::reached(#number, #occurrence, &[#(#loops),*]);
                #root::Awaited::awaited(call, place) #wait
            }
        };
        // It ends where the `.await` does: what the compiler suggests to put around it comes around all of it.
        let mut arm = Group::new(Delimiter::Brace, arm);
        arm.set_span(end);
        syn::parse2(quote_spanned!(span=> match () #arm)).ok()
    }

    /// Rewrites a `?` as an exit.
    fn rewrite_try(&mut self, tried: &mut ExprTry) -> Expr {
        let span = tried.question_token.span();
        // What is behind no `.await` is no failure of a step, and has another message.
        let by = Ident::new(if is_awaited(&tried.expr) { "by" } else { "by_error" }, span);
        self.visit_value(&mut tried.expr);
        let (saga, inner) = (path_at(self.saga, span), unparenthesized(&tried.expr));
        // Nothing of the user's stands where these are in scope.
        let (value, failure) = (Ident::new("value", span), Ident::new("failure", span));
        // Taken apart where the `?` stands: what cannot be is shown there.
        parse_quote_spanned! {span=>
            match #inner {
                #value => match #saga::Fallible::split(#value) {
                    ::core::result::Result::Ok(#value) => #value,
                    ::core::result::Result::Err(#failure) => return #saga::Exit::#by(#failure),
                },
            }
        }
    }

    /// The branches of an `all` as what they must be: what cannot be awaited is shown where it stands.
    fn branches(&self, awaited: &mut Expr, kind: &Kind) {
        match (awaited, kind) {
            (Expr::Paren(inner), _) => self.branches(&mut inner.expr, kind),
            (Expr::Group(inner), _) => self.branches(&mut inner.expr, kind),
            (Expr::MethodCall(method), _) => self.branches(&mut method.receiver, kind),
            (awaited, Kind::Named(_, kind)) => self.branches(awaited, kind),
            (Expr::Call(call), Kind::All(kinds)) => {
                let Some(Expr::Tuple(tuple)) = call.args.first_mut().map(unparenthesized_mut) else { return };
                for (branch, kind) in tuple.elems.iter_mut().zip(kinds) {
                    self.branches(branch, kind);
                    if matches!(kind, Kind::Call(_)) {
                        let span = first_span(branch);
                        let root = path_at(self.saga, span);
                        *branch = parse_quote_spanned!(span=> #root::OneBranch::branch(#branch));
                    }
                    self.own(branch, kind);
                }
            }
            (Expr::Call(call), Kind::Each(each)) => {
                let Some(items) = call.args.first_mut() else { return };
                let span = first_span(items);
                let root = path_at(self.saga, span);
                *items = parse_quote_spanned!(span=> #root::ManyBranches::branches(#items));
                if let Some(name) = each.own() {
                    let name = Ident::new(name, span);
                    *items = parse_quote_spanned!(span=> #root::own_calls::<#root::own::#name, _>(#items));
                }
            }
            _ => {}
        }
    }

    /// Leads a call by one of the crate's own names to the crate's own function.
    fn own(&self, call: &mut Expr, kind: &Kind) {
        let Some(name) = kind.own() else { return };
        let span = first_span(call);
        let (root, name) = (path_at(self.saga, span), Ident::new(name, span));
        *call = parse_quote_spanned!(span=> #root::own_call::<#root::own::#name, _>(#call));
    }

    fn rewrite_loop(&mut self, node: &mut ExprLoop) -> Expr {
        let number = self.next_loop();
        self.visit_block_mut(&mut node.body);
        let (saga, bound) = (self.saga, self.bound(number));
        node.attrs.retain(|a| !is_bound(a));
        let (attrs, label, token, stmts) = (&node.attrs, &node.label, &node.loop_token, &node.body.stmts);
        parse_quote!({
            #saga::enter(#number);
            #(#attrs)*
            #label #token {
                #saga::next_turn(#number);
                #bound
                #(#stmts)*
            }
        })
    }

    fn rewrite_for(&mut self, node: &mut ExprForLoop) -> Expr {
        let number = self.next_loop();
        self.visit_block_mut(&mut node.body);
        let (saga, bound) = (self.saga, self.bound(number));
        node.attrs.retain(|a| !is_bound(a));
        let (attrs, label, pat, expr, stmts) =
            (&node.attrs, &node.label, &node.pat, &node.expr, &node.body.stmts);
        let (for_token, in_token) = (&node.for_token, &node.in_token);
        parse_quote!({
            #saga::enter(#number);
            #(#attrs)*
            #label #for_token #pat #in_token #expr {
                #saga::next_turn(#number);
                #bound
                #(#stmts)*
            }
        })
    }

    /// Rewrites a `while`: where the condition awaits, it belongs to the turn that it may begin: `loop { if cond { … }
    /// else { break } }`.
    fn rewrite_while(&mut self, node: &mut ExprWhile) -> Expr {
        let number = self.next_loop();
        let awaits = expr_awaits(&node.cond);
        self.visit_expr_mut(&mut node.cond);
        self.visit_block_mut(&mut node.body);
        let (saga, bound) = (self.saga, self.bound(number));
        node.attrs.retain(|a| !is_bound(a));
        let (attrs, label, cond, stmts) = (&node.attrs, &node.label, &node.cond, &node.body.stmts);
        let token = &node.while_token;
        if !awaits {
            return parse_quote!({
                #saga::enter(#number);
                #(#attrs)*
                #label #token #cond {
                    #saga::next_turn(#number);
                    #bound
                    #(#stmts)*
                }
            });
        }
        parse_quote!({
            #saga::enter(#number);
            #(#attrs)*
            #label loop {
                #saga::next_turn(#number);
                if #cond {
                    #bound
                    #(#stmts)*
                } else {
                    break;
                }
            }
        })
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Await(awaited) => {
                if let Some(rewritten) = self.rewrite_await(awaited) {
                    *expr = rewritten;
                }
            }
            Expr::Try(tried) => *expr = self.rewrite_try(tried),
            Expr::Return(node) => {
                let Some(value) = &mut node.expr else { return };
                self.visit_expr_mut(value);
                let saga = self.saga;
                **value = parse_quote!(#saga::Exit::<Self::Output, Self::Error>::of(#value));
            }
            Expr::Loop(node) if block_awaits(&node.body) => *expr = self.rewrite_loop(node),
            Expr::While(node) if block_awaits(&node.body) || expr_awaits(&node.cond) => {
                *expr = self.rewrite_while(node);
            }
            Expr::ForLoop(node) => {
                self.visit_expr_mut(&mut node.expr);
                if forgotten::may_be_hashed(&node.expr) {
                    *node.expr = self.steady(&node.expr);
                }
                if block_awaits(&node.body) {
                    *expr = self.rewrite_for(node);
                } else {
                    self.visit_block_mut(&mut node.body);
                }
            }
            // A failure that is handled: of a call that is not awaited there is none.
            Expr::Match(node) => {
                self.visit_value(&mut node.expr);
                node.arms.iter_mut().for_each(|arm| self.visit_arm_mut(arm));
            }
            Expr::Let(node) => self.visit_value(&mut node.expr),
            Expr::Call(call) if is_free(call) => {
                self.visit_operand(expr);
                *expr = self.kept(expr);
            }
            Expr::MethodCall(method) => {
                let goes_through = unmark(method);
                visit_mut::visit_expr_method_call_mut(self, method);
                if goes_through {
                    *expr = self.steady(expr);
                }
            }
            // Its length is a constant.
            Expr::Repeat(node) => self.visit_expr_mut(&mut node.expr),
            // What returns here returns from something else.
            Expr::Closure(node) => self.in_closure(node),
            Expr::Async(_) | Expr::Const(_) => {}
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        for at in 0..block.stmts.len() {
            let (before, after) = block.stmts.split_at_mut(at + 1);
            self.visit_stmt_before(&mut before[at], after);
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        self.visit_stmt_before(stmt, &[]);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn first_span(expr: &Expr) -> Span {
    expr.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn unparenthesized_mut(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Paren(paren) => unparenthesized_mut(&mut paren.expr),
        other => other,
    }
}

/// Parentheses that have become needless.
fn unparenthesized(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) if paren.attrs.is_empty() => unparenthesized(&paren.expr),
        other => other,
    }
}
