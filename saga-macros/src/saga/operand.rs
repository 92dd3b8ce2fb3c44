//! What is awaited, as its syntax shows it: a call `path(args)` with `.named(…)` and the like, or a combinator over
//! such calls.

use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprMethodCall, Ident, LitStr, Macro, Path, Stmt, Token};

use crate::diagnostic::Diagnostic;
use crate::duration;
use crate::words::is_name;

/// Something awaited.
pub(crate) struct Operand {
    /// The name of what is called: the last segment of its path.
    pub(crate) label: Ident,
    /// The name that its site was given.
    pub(crate) name: Option<LitStr>,
    pub(crate) kind: Kind,
}

/// What is awaited.
pub(crate) enum Kind {
    /// A step or a saga, of that path.
    Call(Path),
    Sleep,
    Now,
    Uuid,
    Signal,
    Approve,
    /// `all` of a tuple.
    All(Vec<Kind>),
    /// `all` of an iterator of these.
    Each(Box<Kind>),
    /// A branch of `all` with a name of its own.
    Named(LitStr, Box<Kind>),
}

impl Operand {
    fn into_branch(self) -> Kind {
        match self.name {
            Some(name) => Kind::Named(name, Box::new(self.kind)),
            None => self.kind,
        }
    }
}

impl Kind {
    /// The paths of the steps and sagas in it.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Kind::Call(path) => vec![path],
            Kind::All(kinds) => kinds.iter().flat_map(Kind::paths).collect(),
            Kind::Each(kind) | Kind::Named(_, kind) => kind.paths(),
            Kind::Sleep | Kind::Now | Kind::Uuid | Kind::Signal | Kind::Approve => Vec::new(),
        }
    }
}

/// The methods that a call may have before its `.await`.
const METHODS: [&str; 3] = ["named", "within", "limit"];

/// Reads what stands before an `.await`.
pub(crate) fn read(operand: &Expr, root: &Path) -> Result<Operand, Diagnostic> {
    match operand {
        Expr::Paren(inner) => read(&inner.expr, root),
        Expr::Group(inner) => read(&inner.expr, root),
        Expr::Call(call) => read_call(call, root),
        Expr::MethodCall(method) => read_method(method, root),
        other => Err(hidden(other)),
    }
}

fn hidden(operand: &Expr) -> Diagnostic {
    let fix = match operand {
        Expr::Path(_) => "await the call where it is made: `hold_flight(trip).await`",
        Expr::Async(_) => "put it into a `#[step]`, and await a call of that",
        _ => {
            "a call `step(…)`, with `.named(\"…\")` if you like; or `all((a(…), b(…)))`; or `all(items.map(|i| step(i)))`"
        }
    };
    Diagnostic::over(operand, "what is awaited here does not show its step")
        .why("the machine names each place in a saga after the step that is called there")
        .fix(fix)
}

fn read_method(method: &ExprMethodCall, root: &Path) -> Result<Operand, Diagnostic> {
    let mut operand = read(&method.receiver, root)?;
    if !METHODS.iter().any(|known| method.method == known) {
        let what = format!("`.{}` of a call that is not awaited yet", method.method);
        let mut diagnostic = Diagnostic::at(method.method.span(), what)
            .why("a call is inert: it has no value before its `.await`");
        diagnostic = diagnostic.fix(format!("await the call first, and then `.{}`", method.method));
        return Err(diagnostic);
    }
    if method.method == "named" {
        operand.name = Some(site_name(method)?);
    }
    Ok(operand)
}

fn site_name(method: &ExprMethodCall) -> Result<LitStr, Diagnostic> {
    let text = method.args.first().and_then(duration::text_of);
    match text {
        Some(text) if is_name(&text.value()) => Ok(text.clone()),
        Some(text) => {
            Err(Diagnostic::at(text.span(), format!("{:?} cannot be the name of a site", text.value()))
                .why("sites are paths, such as `all.1/hold#2[3]`")
                .fix("use letters, digits, `_` and `-`, and begin with a letter"))
        }
        None => Err(Diagnostic::over(&method.args, "a site's name is text in quotes")
            .why("the state of the saga has a variant of that name")
            .fix("`.named(\"outbound\")`; in a loop the turn is added by itself")),
    }
}

fn read_call(call: &ExprCall, root: &Path) -> Result<Operand, Diagnostic> {
    let Expr::Path(path) = &*call.func else { return Err(hidden(&Expr::Call(call.clone()))) };
    let Some(last) = path.path.segments.last().filter(|_| path.qself.is_none()) else {
        return Err(hidden(&Expr::Call(call.clone())));
    };
    let label = last.ident.clone();
    let kind = match built_in(&path.path, root).as_deref() {
        Some("sleep") => Kind::Sleep,
        Some("now") => Kind::Now,
        Some("uuid") => Kind::Uuid,
        Some("signal") => Kind::Signal,
        Some("approve") => Kind::Approve,
        Some("all") => match call.args.first() {
            Some(branches) => all(branches, root)?,
            None => return Err(hidden(&Expr::Call(call.clone()))),
        },
        _ => Kind::Call(path.path.clone()),
    };
    Ok(Operand { label, name: None, kind })
}

/// The name of what is called, if it is the crate's own: without a path, or right below the crate or its prelude.
fn built_in(path: &Path, root: &Path) -> Option<String> {
    let name = path.segments.last()?.ident.to_string();
    let own = ["sleep", "now", "uuid", "signal", "approve", "all"].contains(&&*name);
    let near = match path.segments.iter().rev().nth(1) {
        None => true,
        Some(parent) => {
            let root = root.segments.last().is_some_and(|root| root.ident == parent.ident);
            root || parent.ident == "saga" || parent.ident == "prelude"
        }
    };
    (own && near).then_some(name)
}

fn all(branches: &Expr, root: &Path) -> Result<Kind, Diagnostic> {
    match branches {
        Expr::Paren(inner) => all(&inner.expr, root),
        Expr::Group(inner) => all(&inner.expr, root),
        Expr::Tuple(tuple) => {
            let kinds = tuple.elems.iter().map(|e| read(e, root).map(Operand::into_branch));
            kinds.collect::<Result<_, _>>().map(Kind::All)
        }
        iterator => match ends_in(iterator, root) {
            Some(kind) => kind.map(|kind| Kind::Each(Box::new(kind))),
            None => Err(Diagnostic::over(iterator, "the branches of this `all` do not show their step")
                .why("the machine names each place in a saga after the step that is called there")
                .fix("`all((a(…), b(…)))`, or `all(items.map(|item| step(item)))`")),
        },
    }
}

/// What the items of an iterator are, as the closure that makes them shows it.
fn ends_in(iterator: &Expr, root: &Path) -> Option<Result<Kind, Diagnostic>> {
    match iterator {
        Expr::MethodCall(method) => {
            let made = method.args.iter().rev().find_map(|arg| match arg {
                Expr::Closure(closure) => value_of(&closure.body, root),
                Expr::Path(path) if method.method == "map" && path.qself.is_none() => {
                    Some(Ok(Kind::Call(path.path.clone())))
                }
                _ => None,
            });
            made.or_else(|| ends_in(&method.receiver, root))
        }
        Expr::Paren(inner) => ends_in(&inner.expr, root),
        Expr::Group(inner) => ends_in(&inner.expr, root),
        Expr::Array(array) => array.elems.first().map(|e| read(e, root).map(Operand::into_branch)),
        Expr::Macro(mac) if mac.mac.path.segments.last().is_some_and(|s| s.ident == "vec") => {
            first_of(&mac.mac).map(|e| read(&e, root).map(Operand::into_branch))
        }
        _ => None,
    }
}

fn first_of(mac: &Macro) -> Option<Expr> {
    let items = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    items.into_iter().next()
}

/// What a closure gives, if its end is a call.
fn value_of(body: &Expr, root: &Path) -> Option<Result<Kind, Diagnostic>> {
    match body {
        Expr::Block(block) => last_of(&block.block.stmts).and_then(|last| value_of(last, root)),
        Expr::If(branch) => last_of(&branch.then_branch.stmts).and_then(|last| value_of(last, root)),
        Expr::Match(branches) => branches.arms.iter().find_map(|arm| value_of(&arm.body, root)),
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Paren(_) | Expr::Group(_) => {
            // A closure of another kind, such as a filter's, ends in anything.
            read(body, root).ok().filter(|o| shows(&o.kind)).map(|o| Ok(o.into_branch()))
        }
        _ => None,
    }
}

/// `Some(x)` and `Foo::new(x)` are calls as well, and no steps.
fn shows(kind: &Kind) -> bool {
    match kind {
        Kind::Call(path) => {
            let capital = |s: &syn::PathSegment| s.ident.to_string().starts_with(char::is_uppercase);
            !path.segments.iter().any(capital)
        }
        _ => true,
    }
}

fn last_of(stmts: &[Stmt]) -> Option<&Expr> {
    match stmts.last()? {
        Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    }
}
