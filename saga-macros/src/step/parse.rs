//! What `#[step(…)]` was given, word by word, each with its span.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::{Expr, ExprCall, ExprLit, FnArg, Lit, LitStr, Pat, Path, Signature, Type};

use crate::diagnostic::{Diagnostic, Report};
use crate::duration;
use crate::names::plain;
use crate::words::{UNHEARD, Words, shown};

const WORDS: &[&str] = &[
    "compensate",
    "leaves",
    "undo_within",
    "irreversible",
    "readonly",
    "retriable",
    "idempotent",
    "conclusive",
    "probe",
    "in_doubt",
    "retry",
    "timeout",
    "identity",
    "tool",
    "name",
    "crate",
];

/// The words of a step.
pub(crate) struct Asked {
    pub(crate) compensate: Option<(Ident, Call)>,
    pub(crate) leaves: Option<(Ident, LitStr)>,
    pub(crate) undo_within: Option<(Ident, u64)>,
    pub(crate) irreversible: Option<Ident>,
    pub(crate) readonly: Option<Ident>,
    pub(crate) retriable: Option<Ident>,
    pub(crate) idempotent: Option<Ident>,
    pub(crate) conclusive: Option<(Ident, u64)>,
    pub(crate) probe: Option<(Ident, Call)>,
    pub(crate) in_doubt: Option<(Ident, InDoubt)>,
    pub(crate) retry: Option<(Ident, Retry)>,
    pub(crate) timeout: Option<(Ident, u64)>,
    /// The inputs that make a call the same as another.
    pub(crate) identity: Option<(Ident, Vec<Ident>)>,
    pub(crate) tool: Option<Ident>,
    pub(crate) name: String,
    pub(crate) saga: Path,
    /// Something could not be read, so that nothing follows from what is missing.
    pub(crate) incomplete: bool,
}

/// A call of another step, `path(args)`.
pub(crate) struct Call {
    pub(crate) path: Path,
    pub(crate) call: ExprCall,
}

/// What to do in doubt.
pub(crate) enum InDoubt {
    Rerun(Ident),
    DeadLetter(Ident),
    Call(Box<Call>),
}

/// How transient errors are tried again.
#[derive(Default)]
pub(crate) struct Retry {
    pub(crate) attempts: Option<(Ident, u32)>,
    pub(crate) backoff: Option<(Ident, (u64, u64))>,
    pub(crate) within: Option<(Ident, u64)>,
}

/// Reads the words.
pub(crate) fn read(tokens: TokenStream, of: &Signature, report: &mut Report) -> Asked {
    let taken = undone_of(of);
    let before = report.count();
    let mut words = Words::read("#[step]", WORDS, tokens, report);
    let mut asked = Asked {
        compensate: call("compensate", ["release(output.id)", &taken], &mut words, report),
        leaves: words.text("leaves", "\"a fee of 10 euros\"", report),
        undo_within: words.millis("undo_within", report),
        irreversible: words.flag("irreversible", report),
        readonly: words.flag("readonly", report),
        retriable: words.flag("retriable", report),
        idempotent: words.flag("idempotent", report),
        conclusive: words.millis_like("conclusive", "\"24h\"", report),
        probe: call("probe", ["find_charge(key)", "key"], &mut words, report),
        in_doubt: in_doubt(&mut words, report),
        retry: retry(&mut words, report),
        timeout: words.millis("timeout", report),
        identity: words.names("identity", "order_id, seat", report),
        tool: words.flag("tool", report),
        name: words.name(&of.ident, report),
        saga: words.crate_path(report),
        incomplete: false,
    };
    asked.incomplete = report.count() > before;
    asked
}

/// Returns what a step that undoes this one is probably called with: what it gave, or else what it was called with.
fn undone_of(of: &Signature) -> String {
    let gives_nothing = shown(&of.output.to_token_stream()).replace(' ', "").contains("Result<()");
    let given = of.inputs.iter().find_map(|input| match input {
        FnArg::Typed(typed) if !matches!(*typed.ty, Type::Reference(_)) => match &*typed.pat {
            Pat::Ident(name) => Some(plain(&name.ident)),
            _ => None,
        },
        _ => None,
    });
    given.filter(|_| gives_nothing).unwrap_or_else(|| "output".to_owned())
}

/// Reads a call, with an example of one, and of what it is called with.
fn call(
    name: &str,
    [example, taken]: [&str; 2],
    words: &mut Words,
    report: &mut Report,
) -> Option<(Ident, Call)> {
    let (key, value) = words.value(name, example, report)?;
    Some((key, call_of(name, [example, taken], value, report)?))
}

fn call_of(name: &str, [example, taken]: [&str; 2], value: Expr, report: &mut Report) -> Option<Call> {
    if let Expr::Call(call) = &value
        && let Expr::Path(path) = &*call.func
        && path.qself.is_none()
        && path.path.segments.iter().all(|s| s.arguments.is_none())
    {
        return Some(Call { path: path.path.clone(), call: call.clone() });
    }
    let fix = match &value {
        Expr::Path(path) => format!(
            "call it: `{name} = {}({taken})`, with what it takes",
            shown(&path.path.to_token_stream()),
        ),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            format!("call it, without quotes: `{name} = {}({taken})`", text.value())
        }
        Expr::MethodCall(_) => format!("a free function that is a step, like `{name} = {example}`"),
        _ => format!(
            "write it like `{name} = {example}`; what has to be worked out belongs into its arguments, or into that step"
        ),
    };
    let diagnostic =
        Diagnostic::over("SG0115", &value, format!("`{name}` is exactly one call of another step"))
            .why("the call is recorded as data: the step's name and its input")
            .fix(fix);
    report.add(diagnostic);
    None
}

fn in_doubt(words: &mut Words, report: &mut Report) -> Option<(Ident, InDoubt)> {
    let (key, value) = words.value("in_doubt", "dead_letter", report)?;
    if let Expr::Path(path) = &value
        && let Some(word) = path.path.get_ident()
    {
        if word == "rerun" {
            return Some((key, InDoubt::Rerun(word.clone())));
        }
        if word == "dead_letter" {
            return Some((key, InDoubt::DeadLetter(word.clone())));
        }
        let what = format!("`{word}` is not known to `in_doubt`");
        let known = ["rerun", "dead_letter"];
        let meant = crate::names::nearest(&word.to_string(), &known);
        let meant = meant.map(|m| format!("did you mean `{m}`? ")).unwrap_or_default();
        let fix = format!("{meant}it takes `rerun`, `dead_letter` or a call like `cancel_order(order_id)`");
        report.add(Diagnostic::at("SG0108", word.span(), what).why(UNHEARD).fix(fix));
        return None;
    }
    let call = call_of("in_doubt", ["cancel_order(order_id)", "key"], value, report)?;
    Some((key, InDoubt::Call(Box::new(call))))
}

fn retry(words: &mut Words, report: &mut Report) -> Option<(Ident, Retry)> {
    let example = "attempts = 4, backoff = \"200ms..5s\"";
    let (key, mut words) = words.list("retry", &["attempts", "backoff", "within"], example, report)?;
    let retry = Retry {
        attempts: words.number("attempts", report),
        backoff: words
            .value("backoff", "\"200ms..5s\"", report)
            .and_then(|(key, value)| Some((key, duration::read_range("backoff", &value, report)?))),
        within: words.millis("within", report),
    };
    Some((key, retry))
}
