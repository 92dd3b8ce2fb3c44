//! Hash maps and sets that the body iterates over: their order differs in each process. Only those are seen that show
//! their type in the text. An iteration is fine where the order does not matter, or is made by sorting.

use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprMethodCall, ExprWhile, GenericArgument,
    Ident, Local, Pat, PatIdent, Path, Stmt, Type, parse_quote,
};

use crate::diagnostic::{Diagnostic, Report};
use crate::signature::Function;

/// Reports iterations over a hash map or set. An iteration over something of a type that the text does not show is
/// marked, for types to judge it.
pub(super) fn check(function: &mut Function, report: &mut Report) {
    let known = function.recorded().map(|p| (p.ident.to_string(), hashed(&p.ty)));
    let mut walker = Walker { known: known.collect(), ordered: None, unknown: Vec::new(), report };
    walker.visit_block(&function.block);
    let mut marker = Marker { walks: walker.unknown };
    marker.visit_block_mut(&mut function.block);
}

/// What stands on a call that goes through something of an unknown type, until the body is rewritten.
const MARK: &str = "__goes_through";

/// Takes the mark off; whether it was there.
pub(crate) fn unmark(method: &mut ExprMethodCall) -> bool {
    let before = method.attrs.len();
    method.attrs.retain(|attr| !attr.path().is_ident(MARK));
    method.attrs.len() < before
}

/// Marks these calls.
struct Marker {
    walks: Vec<*const ExprMethodCall>,
}

impl VisitMut for Marker {
    fn visit_expr_method_call_mut(&mut self, method: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, method);
        if self.walks.contains(&std::ptr::from_ref(method)) {
            let mark = Ident::new(MARK, method.method.span());
            method.attrs.push(parse_quote!(#[#mark]));
        }
    }

    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// What goes through all of it in its own order.
const WALKS: [&str; 14] = [
    "iter",
    "iter_mut",
    "keys",
    "values",
    "values_mut",
    "into_iter",
    "into_keys",
    "into_values",
    "drain",
    "extract_if",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
];
/// What gives the same in whatever order.
const ORDERLESS: [&str; 18] = [
    "sum",
    "product",
    "count",
    "len",
    "any",
    "all",
    "max",
    "min",
    "is_empty",
    "sorted",
    "sorted_by",
    "sorted_by_key",
    "sorted_unstable",
    "sorted_unstable_by",
    "sorted_unstable_by_key",
    "contains",
    "is_subset",
    "is_superset",
];
/// Collections that have an order of their own, or none.
const COLLECTIONS: [&str; 5] = ["BTreeMap", "BTreeSet", "HashMap", "HashSet", "BinaryHeap"];

struct Walker<'a> {
    /// The variables in scope, innermost last, and the hashed type that each is shown to have.
    known: Vec<(String, Option<&'static str>)>,
    /// The chain in which the order does not matter.
    ordered: Option<*const Expr>,
    /// What goes through something of an unknown type.
    unknown: Vec<*const ExprMethodCall>,
    report: &'a mut Report,
}

impl Walker<'_> {
    fn scoped(&mut self, look: impl FnOnce(&mut Self)) {
        let before = self.known.len();
        look(self);
        self.known.truncate(before);
    }

    fn bind(&mut self, pat: &Pat, is: Option<&'static str>) {
        let mut names = Names(Vec::new());
        names.visit_pat(pat);
        let is = is.filter(|_| matches!(pat, Pat::Ident(_) | Pat::Type(_)));
        self.known.extend(names.0.into_iter().map(|name| (name.to_string(), is)));
    }

    /// Returns the hash map or set that the expression names.
    fn named(&self, expr: &Expr) -> Option<(String, &'static str)> {
        match expr {
            Expr::Reference(inner) => self.named(&inner.expr),
            Expr::Paren(inner) => self.named(&inner.expr),
            Expr::Group(inner) => self.named(&inner.expr),
            Expr::MethodCall(method) if method.method == "clone" => self.named(&method.receiver),
            Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                let is = self.known.iter().rev().find(|(known, _)| *known == name)?.1?;
                Some((name, is))
            }
            _ => None,
        }
    }

    /// Returns the innermost receiver of a chain of methods, if going through it begins there.
    fn walked<'e>(&self, chain: &'e Expr) -> Option<(&'e Expr, String, &'static str)> {
        let Expr::MethodCall(method) = chain else { return None };
        if WALKS.iter().any(|walk| method.method == walk)
            && let Some((name, is)) = self.named(&method.receiver)
        {
            return Some((chain, name, is));
        }
        self.walked(&method.receiver)
    }

    fn reported(&mut self, at: &Expr, name: &str, is: &'static str) {
        let tree = if is == "HashSet" { "BTreeSet" } else { "BTreeMap" };
        let what = format!("the order of `{name}`, a `{is}`, is another in each process");
        let diagnostic = Diagnostic::over("SG0706", at, what)
            .why("after a crash the body runs again over its records, and would come by them in another order")
            .fix(format!(
                "a `{tree}` in place of the `{is}`; or sort first: `let mut items: Vec<_> = {name}.into_iter().collect(); items.sort();`"
            ));
        self.report.add(diagnostic);
    }
}

impl<'ast> Visit<'ast> for Walker<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|this| {
            for (at, stmt) in block.stmts.iter().enumerate() {
                if let Stmt::Local(local) = stmt
                    && is_sorted_in(&block.stmts[at + 1..], &local.pat)
                {
                    this.ordered = local.init.as_ref().map(|init| &*init.expr as *const Expr);
                }
                this.visit_stmt(stmt);
            }
        });
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let annotated = match &local.pat {
            Pat::Type(typed) => Some(&*typed.ty),
            _ => None,
        };
        if let Some(init) = &local.init {
            if annotated.is_some_and(in_any_order) {
                self.ordered = Some(&*init.expr);
            }
            visit::visit_local_init(self, init);
        }
        let made = local.init.as_ref().and_then(|init| match &*init.expr {
            Expr::Path(_) => self.named(&init.expr).map(|(_, is)| is),
            other => made(other),
        });
        let is = annotated.map_or(made, |ty| match ty {
            Type::Infer(_) => made,
            ty => hashed(ty),
        });
        self.bind(&local.pat, is);
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        let (known, unknown) = (self.walked(expr), innermost_walk(expr));
        if known.is_none() && unknown.is_none() {
            return visit::visit_expr(self, expr);
        }
        let ordered = self.ordered.take_if(|ordered| std::ptr::eq(*ordered, expr)).is_some();
        match known {
            _ if ordered || ends_in_any_order(expr) => {}
            Some((at, name, is)) => self.reported(at, &name, is),
            None => self.unknown.extend(unknown.map(std::ptr::from_ref)),
        }
        // Its arguments may go through another.
        let mut link = expr;
        while let Expr::MethodCall(method) = link {
            method.args.iter().for_each(|arg| self.visit_expr(arg));
            link = &method.receiver;
        }
        self.visit_expr(link);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && collects(&path.path)
        {
            self.ordered = call.args.first().map(|arg| arg as *const Expr);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        match self.named(&node.expr) {
            Some((name, is)) => self.reported(&node.expr, &name, is),
            None => self.visit_expr(&node.expr),
        }
        self.scoped(|this| {
            this.bind(&node.pat, None);
            this.visit_block(&node.body);
        });
    }

    fn visit_expr_closure(&mut self, node: &'ast ExprClosure) {
        self.scoped(|this| {
            for pat in &node.inputs {
                let is = match pat {
                    Pat::Type(typed) => hashed(&typed.ty),
                    _ => None,
                };
                this.bind(pat, is);
            }
            this.visit_expr(&node.body);
        });
    }

    fn visit_expr_if(&mut self, node: &'ast ExprIf) {
        self.scoped(|this| visit::visit_expr_if(this, node));
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.scoped(|this| visit::visit_expr_while(this, node));
    }

    fn visit_expr_let(&mut self, node: &'ast syn::ExprLet) {
        self.visit_expr(&node.expr);
        self.bind(&node.pat, None);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.scoped(|this| {
            this.bind(&arm.pat, None);
            visit::visit_arm(this, arm);
        });
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// The names that a pattern binds.
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.push(pat.ident.clone());
        visit::visit_pat_ident(self, pat);
    }
}

/// Returns the first call of a chain of methods that goes through what it is called on.
fn innermost_walk(chain: &Expr) -> Option<&ExprMethodCall> {
    let Expr::MethodCall(method) = chain else { return None };
    let is_walk = || WALKS.iter().any(|walk| method.method == walk);
    innermost_walk(&method.receiver).or_else(|| is_walk().then_some(method))
}

/// `HashMap` or `HashSet`, if the type is one.
fn hashed(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Path(path) => hashed_name(&path.path.segments.last()?.ident),
        Type::Reference(inner) => hashed(&inner.elem),
        Type::Paren(inner) => hashed(&inner.elem),
        _ => None,
    }
}

fn hashed_name(ident: &Ident) -> Option<&'static str> {
    ["HashMap", "HashSet"].into_iter().find(|name| ident == name)
}

/// Returns what is made by `HashMap::new()` and the like, or collected into one.
fn made(init: &Expr) -> Option<&'static str> {
    match init {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => hashed_name(&path.path.segments.iter().rev().nth(1)?.ident),
            _ => None,
        },
        Expr::MethodCall(method) => method.turbofish.as_ref()?.args.iter().find_map(|arg| match arg {
            GenericArgument::Type(ty) => hashed(ty),
            _ => None,
        }),
        _ => None,
    }
}

/// Returns true if a later statement sorts what is bound there.
fn is_sorted_in(rest: &[Stmt], pat: &Pat) -> bool {
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    let [name] = &names.0[..] else { return false };
    let mentions = rest.iter().find(|stmt| stmt.to_token_stream().into_iter().any(|t| mentioned(&t, name)));
    let Some(Stmt::Expr(Expr::MethodCall(method), _)) = mentions else { return false };
    matches!(&*method.receiver, Expr::Path(path) if path.path.is_ident(name))
        && method.method.to_string().starts_with("sort")
}

fn mentioned(token: &proc_macro2::TokenTree, name: &Ident) -> bool {
    match token {
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        proc_macro2::TokenTree::Group(group) => group.stream().into_iter().any(|t| mentioned(&t, name)),
        _ => false,
    }
}

/// Returns true if it is `BTreeMap::from_iter` or the like.
fn collects(path: &Path) -> bool {
    let mut segments = path.segments.iter().rev();
    let function = segments.next().is_some_and(|s| s.ident == "from_iter");
    function && segments.next().is_some_and(|s| COLLECTIONS.iter().any(|name| s.ident == name))
}

/// Returns true if the type is a collection to which the order in which it is filled does not matter.
fn in_any_order(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|s| COLLECTIONS.iter().any(|name| s.ident == name))
        }
        _ => false,
    }
}

/// Returns true if what the chain ends in gives the same in whatever order.
fn ends_in_any_order(chain: &Expr) -> bool {
    let Expr::MethodCall(method) = chain else { return false };
    if ORDERLESS.iter().any(|name| method.method == name) {
        return true;
    }
    if method.method == "collect" {
        return turbofish(method).is_some_and(in_any_order);
    }
    // `map.iter().max().copied()`, say.
    ends_in_any_order(&method.receiver)
}

fn turbofish(method: &ExprMethodCall) -> Option<&Type> {
    method.turbofish.as_ref()?.args.iter().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
