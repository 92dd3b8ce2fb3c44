//! What is awaited, as its syntax shows it: a call `path(args)` with `.named(…)` and the like, or a combinator over
//! such calls.

use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Expr, ExprCall, ExprMethodCall, GenericArgument, Ident, LitStr, Macro, Path, PathArguments, PathSegment,
    Stmt, Token, Type,
};

use crate::diagnostic::Diagnostic;
use crate::duration;
use crate::words::is_name;

/// The operand of an `.await`.
pub(crate) struct Operand {
    /// The name of what is called: the last segment of its path.
    pub(crate) label: Ident,
    /// The name that its site was given.
    pub(crate) name: Option<LitStr>,
    pub(crate) kind: Kind,
    /// True if it has a `.within(…)`.
    pub(crate) within: bool,
}

/// The kind of thing that an operand is.
pub(crate) enum Kind {
    /// A step or a saga, of that path.
    Call(Path),
    /// A step that is deferred to the commit: the path of what it is then, and the step's name.
    Deferred(Path, Ident),
    Sleep,
    Now,
    Uuid,
    /// A signal; `None` if its type is not written.
    Signal(Option<Type>),
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
    /// Returns the name of the crate's own that it goes by.
    pub(crate) fn own(&self) -> Option<&'static str> {
        match self {
            Kind::Call(_) => None,
            Kind::Deferred(..) => Some("on_commit"),
            Kind::Sleep => Some("sleep"),
            Kind::Now => Some("now"),
            Kind::Uuid => Some("uuid"),
            Kind::Signal(_) => Some("signal"),
            Kind::Approve => Some("approve"),
            Kind::All(_) => Some("all"),
            Kind::Each(_) => Some("each"),
            Kind::Named(_, kind) => kind.own(),
        }
    }

    /// Returns the paths of the steps and sagas in it.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Kind::Call(path) | Kind::Deferred(path, _) => vec![path],
            Kind::All(kinds) => kinds.iter().flat_map(Kind::paths).collect(),
            Kind::Each(kind) | Kind::Named(_, kind) => kind.paths(),
            Kind::Sleep | Kind::Now | Kind::Uuid | Kind::Signal(_) | Kind::Approve => Vec::new(),
        }
    }

    /// Returns the types of the signals in it; `None` for one whose type is not written.
    pub(crate) fn signals(&self) -> Vec<Option<&Type>> {
        match self {
            Kind::Signal(of) => vec![of.as_ref()],
            Kind::All(kinds) => kinds.iter().flat_map(Kind::signals).collect(),
            Kind::Each(kind) | Kind::Named(_, kind) => kind.signals(),
            Kind::Call(_) | Kind::Deferred(..) | Kind::Sleep | Kind::Now | Kind::Uuid | Kind::Approve => {
                Vec::new()
            }
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
        Expr::Path(_) | Expr::Reference(_) | Expr::Field(_) => {
            "await the call where it is made: `hold_flight(trip).await`"
        }
        Expr::If(_) | Expr::Match(_) => {
            "await in each branch: `if cheap { bus(…).await } else { taxi(…).await }`"
        }
        Expr::Block(_) | Expr::Unsafe(_) => {
            "await the call itself, at the end of the block: `{ …; hold_flight(trip).await }`"
        }
        Expr::Await(_) | Expr::Try(_) => "one `.await` is enough: it gives what the step gave",
        _ => {
            "await a call `step(…)`, with `.named(\"…\")` if you like; or `all((a(…), b(…)))`; or `all(items.map(|i| step(i)))`"
        }
    };
    Diagnostic::over("SG0602", operand, "what is awaited here does not show its step")
        .why("the machine names each place in a saga after the step that is called there")
        .fix(fix)
}

/// Reports a method of something, or a function of a type: a step is neither.
fn no_step(operand: &Expr, shown: &str) -> Diagnostic {
    let fix = match operand {
        Expr::MethodCall(_) => {
            "a `#[step] async fn` that takes the object as `client: &Client` and awaits this; and await a call of that step here"
        }
        _ => "a `#[step] async fn` that awaits this; and await a call of that step here",
    };
    Diagnostic::over("SG0601", operand, format!("`{shown}` is no step, and only steps are awaited in a saga"))
        .why("after a crash the body runs again over its records, and nothing would record what this gives")
        .fix(fix)
}

fn read_method(method: &ExprMethodCall, root: &Path) -> Result<Operand, Diagnostic> {
    let name = method.method.to_string();
    if !METHODS.contains(&&*name) && !is_call(&method.receiver) {
        return Err(no_step(&Expr::MethodCall(method.clone()), &format!(".{name}(…)")));
    }
    let mut operand = read(&method.receiver, root)?;
    if !METHODS.contains(&&*name) {
        return Err(between(method));
    }
    if let Some(diagnostic) = of_others(method, &operand.kind) {
        return Err(diagnostic);
    }
    if name == "named" {
        if operand.name.is_some() {
            return Err(Diagnostic::at("SG0502", method.method.span(), "a site has one name")
                .why("what happens here is recorded under it")
                .fix("leave one of the two `.named(…)` out"));
        }
        operand.name = Some(site_name(method)?);
    }
    operand.within |= name == "within";
    Ok(operand)
}

/// Reports a method that other calls have.
fn of_others(method: &ExprMethodCall, kind: &Kind) -> Option<Diagnostic> {
    let name = method.method.to_string();
    let (of, why, fix) = match (&*name, kind) {
        ("within", Kind::Signal(_) | Kind::Approve) | ("limit", Kind::Each(_)) | ("named", _) => return None,
        ("within", Kind::Call(_)) => (
            "`signal` and `approve`",
            "how long a step may take is said where it is defined, and is so wherever it is called",
            "`#[step(timeout = \"10s\")]` on the step, and leave `.within(…)` out",
        ),
        ("within", _) => ("`signal` and `approve`", "nothing else waits", "leave it out"),
        _ => ("`all` of an iterator", "it says how many of many run at a time", "leave it out"),
    };
    let what = format!("`.{name}` is for {of}");
    Some(Diagnostic::at("SG0603", method.method.span(), what).why(why).fix(fix))
}

/// Reports a method that a call does not have before its `.await`.
fn between(method: &ExprMethodCall) -> Diagnostic {
    let name = method.method.to_string();
    let fix = match &*name {
        "timeout" | "with_timeout" => "`#[step(timeout = \"10s\")]` where the step is defined".to_owned(),
        "retry" | "retries" => "`#[step(retry(attempts = 3))]` where the step is defined".to_owned(),
        _ => format!("await the call first: `let value = step(…).await?;`, and then `value.{name}(…)`"),
    };
    Diagnostic::at(
        "SG0603",
        method.method.span(),
        format!("`.{name}` stands between a call and its `.await`"),
    )
    .why("before its `.await` a call has no value: there is nothing but what it was called with")
    .fix(fix)
}

/// Returns true if it is a call of a free function, with or without methods after it.
pub(crate) fn is_call(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => is_call(&inner.expr),
        Expr::Group(inner) => is_call(&inner.expr),
        Expr::MethodCall(method) => is_call(&method.receiver),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if !of_type(&path.path)),
        _ => false,
    }
}

/// Returns true if the path is of something in a type, such as `Client::new` or `Some`: no step is.
fn of_type(path: &Path) -> bool {
    path.segments.iter().any(|s| s.ident.to_string().starts_with(char::is_uppercase))
}

fn site_name(method: &ExprMethodCall) -> Result<LitStr, Diagnostic> {
    let text = method.args.first().and_then(duration::text_of);
    match text {
        Some(text) if is_name(&text.value()) => Ok(text.clone()),
        Some(text) => Err(Diagnostic::at(
            "SG0501",
            text.span(),
            format!("{:?} cannot be the name of a site", text.value()),
        )
        .why("sites are paths, such as `all.1/hold#2[3]`, and a name is a part of one")
        .fix("use letters, digits, `_` and `-`, and begin with a letter")),
        None => Err(Diagnostic::over("SG0501", method, "a site's name is text in quotes")
            .why("the state of the saga has a variant of that name, so it is known to the compiler")
            .fix("`.named(\"outbound\")`; in a loop the number of the turn is added by itself")),
    }
}

fn read_call(call: &ExprCall, root: &Path) -> Result<Operand, Diagnostic> {
    let Expr::Path(path) = &*call.func else { return Err(hidden(&Expr::Call(call.clone()))) };
    let Some(last) = path.path.segments.last().filter(|_| path.qself.is_none()) else {
        return Err(no_step(&Expr::Call(call.clone()), "a function of a type"));
    };
    if of_type(&path.path) {
        let names: Vec<_> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        return Err(no_step(&call.func, &names.join("::")));
    }
    let label = last.ident.clone();
    let kind = match built_in(&path.path, root).as_deref() {
        Some("sleep") => Kind::Sleep,
        Some("now") => Kind::Now,
        Some("uuid") => Kind::Uuid,
        Some("signal") => Kind::Signal(type_of(last)),
        Some("approve") => Kind::Approve,
        Some("on_commit") => return deferred(call, root),
        Some("all") => match call.args.first() {
            Some(branches) => all(branches, root)?,
            None => return Err(hidden(&Expr::Call(call.clone()))),
        },
        _ => match call.args.iter().find(|arg| matches!(arg, Expr::Reference(_))) {
            Some(borrowed) => return Err(borrows(borrowed)),
            None => Kind::Call(path.path.clone()),
        },
    };
    Ok(Operand { label, name: None, kind, within: false })
}

/// Reads what `on_commit` defers: a call of a step, which gives the site its name.
fn deferred(call: &ExprCall, root: &Path) -> Result<Operand, Diagnostic> {
    let inner = match call.args.first() {
        Some(step @ (Expr::Call(_) | Expr::Paren(_) | Expr::Group(_))) => read(step, root)?,
        Some(Expr::MethodCall(method)) if is_call(&method.receiver) => {
            return Err(Diagnostic::at(
                "SG0603",
                method.method.span(),
                "a deferred call has its methods behind `on_commit(…)`",
            )
            .why("the site is that of the whole")
            .fix(format!("`on_commit(step(…)).{}(…)`", method.method)));
        }
        _ => {
            return Err(Diagnostic::over("SG0602", call, "what is deferred here does not show its step")
                .why("the machine names each place in a saga after the step that is called there")
                .fix("make the call where it is deferred: `on_commit(send_mail(…)).await`"));
        }
    };
    let Kind::Call(path) = &inner.kind else {
        return Err(Diagnostic::over("SG0624", call, "only the call of a step is deferred")
            .why("what is done in a commit is one effect, with a key of its own")
            .fix("`on_commit(send_mail(…)).await`, once for each step that is to wait for the commit"));
    };
    let wrapped = syn::parse_quote_spanned!(path.span()=> #root::__private::Deferred<#path>);
    let kind = Kind::Deferred(wrapped, inner.label.clone());
    Ok(Operand { label: inner.label, name: None, kind, within: false })
}

/// Returns the type in `signal::<Type>`.
fn type_of(segment: &PathSegment) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(of) => Some(of.clone()),
        _ => None,
    }
}

/// Reports a borrowed value: a step is called with owned values.
fn borrows(argument: &Expr) -> Diagnostic {
    let Expr::Reference(reference) = argument else { return hidden(argument) };
    let value = crate::words::shown(&reference.expr.to_token_stream());
    Diagnostic::over(
        "SG0621",
        argument,
        format!("`&{value}` is borrowed, and a step is called with what it can keep"),
    )
    .why("what it is called with is recorded; a parameter with `&` is a resource, which the runtime gives")
    .fix(match is_resource(&reference.expr) {
        true => format!(
            "leave `&{value}` out: what a step takes by `&`, as well as its key, the runtime gives it"
        ),
        false => format!("`{value}.clone()` here; and in the step the parameter without `&`"),
    })
}

/// Returns true if it is what a step takes by reference, by its name: `client`, `self.pool`, `Client`.
fn is_resource(value: &Expr) -> bool {
    let name = match value {
        Expr::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    };
    name.is_some_and(|name| crate::names::is_resource(&name))
}

/// Returns the name of what is called, if it is the crate's own: without a path, or right below the crate or its
/// prelude.
pub(crate) fn built_in(path: &Path, root: &Path) -> Option<String> {
    let name = path.segments.last()?.ident.to_string();
    let own = ["sleep", "now", "uuid", "signal", "approve", "on_commit", "all"].contains(&&*name);
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
            None => Err(Diagnostic::over("SG0602", iterator, "the branches of this `all` do not show their step")
                .why("the machine names each place in a saga after the step that is called there")
                .fix("make the calls in the `all`: `all((a(…), b(…)))`, or `all(items.into_iter().map(|item| step(item)))`")),
        },
    }
}

/// Returns what the items of an iterator are, as the closure that makes them shows it.
fn ends_in(iterator: &Expr, root: &Path) -> Option<Result<Kind, Diagnostic>> {
    match iterator {
        Expr::MethodCall(method) => {
            let made = method.args.iter().rev().find_map(|arg| match arg {
                Expr::Closure(closure) => value_of(&closure.body, root),
                Expr::Path(path)
                    if method.method == "map" && path.qself.is_none() && !of_type(&path.path) =>
                {
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

/// Returns what a closure gives, if its end is a call.
fn value_of(body: &Expr, root: &Path) -> Option<Result<Kind, Diagnostic>> {
    match body {
        Expr::Block(block) => last_of(&block.block.stmts).and_then(|last| value_of(last, root)),
        Expr::If(branch) => last_of(&branch.then_branch.stmts).and_then(|last| value_of(last, root)),
        Expr::Match(branches) => branches.arms.iter().find_map(|arm| value_of(&arm.body, root)),
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Paren(_) | Expr::Group(_) => {
            // A closure of another kind, such as a filter's, ends in anything.
            read(body, root).ok().map(|o| Ok(o.into_branch()))
        }
        _ => None,
    }
}

fn last_of(stmts: &[Stmt]) -> Option<&Expr> {
    match stmts.last()? {
        Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    }
}
