//! What a step must say, and what it cannot say at once.

mod identity;
mod tool;

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::Expr;

use crate::diagnostic::{Diagnostic, Report};
use crate::names::{nearest, plain};
use crate::signature::{Function, Role};
use crate::step::model::mention;
use crate::step::parse::{Asked, Call, InDoubt};

/// Reports what is wrong with the words of a step, all at once.
pub(crate) fn check(asked: &mut Asked, function: &Function, report: &mut Report) {
    contradictions(asked, function, report);
    pointless(asked, report);
    times(asked, report);
    attempts(asked, report);
    doubt(asked, function, report);
    conclusive(asked, function, report);
    names(asked, function, report);
    // What could not be read may have been what is missing.
    if !asked.incomplete {
        says_how_it_is_undone(asked, function, report);
        says_why_a_repeat_is_harmless(asked, function, report);
    }
    identity::check(asked, function, report);
    tool::check(asked, function, report);
    if function.sound {
        itself(asked, function, report);
        scopes(asked, function, report);
    }
}

fn says_how_it_is_undone(asked: &Asked, function: &Function, report: &mut Report) {
    let says = asked.compensate.is_some()
        || asked.irreversible.is_some()
        || asked.readonly.is_some()
        || asked.retriable.is_some();
    if says {
        return;
    }
    let name = &function.ident;
    let diagnostic = Diagnostic::at("SG0101", name.span(), format!("step `{name}` does not say how it is undone"))
        .why("when a later step fails, all that was done is undone")
        .fix("`#[step(compensate = release(output.id))]`, or `irreversible` if nothing undoes it, or `readonly` if it has no effect, or `retriable` if it only undoes others");
    report.add(diagnostic);
}

fn says_why_a_repeat_is_harmless(asked: &Asked, function: &Function, report: &mut Report) {
    let says = asked.readonly.is_some()
        || asked.idempotent.is_some()
        || function.takes_key()
        // `rerun` without a reason is an error of its own.
        || matches!(asked.in_doubt, Some((_, InDoubt::DeadLetter(_) | InDoubt::Rerun(_))));
    if says {
        return;
    }
    let name = &function.ident;
    let diagnostic = Diagnostic::at("SG0102", name.span(), format!("step `{name}` does not say why a repeat is harmless"))
        .why("after a crash it is not known whether it happened, and it is run again")
        .fix("let it take `key: &IdempotencyKey` and hand that to the service; or say `idempotent` if doing it twice is as doing it once; or `in_doubt = dead_letter`, and a person is asked");
    report.add(diagnostic);
}

/// Reports two words that contradict each other.
fn contradictions(asked: &Asked, function: &Function, report: &mut Report) {
    let compensate = asked.compensate.as_ref().map(|(key, _)| key);
    let (irreversible, readonly) = (asked.irreversible.as_ref(), asked.readonly.as_ref());
    let dead_letter = match &asked.in_doubt {
        Some((_, InDoubt::DeadLetter(word))) if asked.idempotent.is_none() && !function.takes_key() => {
            Some(word)
        }
        _ => None,
    };
    // The last one said is pointed at, and that is as a rule the second here.
    let repeated =
        "the step has no key and is not idempotent, so it must not be done again unless a person says so";
    let pairs = [
        (readonly, compensate, "what has no effect has nothing to undo", ""),
        (irreversible, compensate, "what can be undone is not irreversible", ""),
        (readonly, irreversible, "what has no effect can always be gone back from", ""),
        (dead_letter, asked.retry.as_ref().map(|(key, _)| key), repeated, KEYED),
        (dead_letter, asked.retriable.as_ref(), repeated, KEYED),
    ];
    for (one, other, why, instead) in pairs {
        if let (Some(one), Some(other)) = (one, other) {
            let what = format!("`{one}` and `{other}` contradict each other");
            let fix = format!("keep `{one}` or `{other}`{instead}");
            report.add(Diagnostic::at("SG0103", other.span(), what).why(why).fix(fix));
        }
    }
}

const KEYED: &str = ", or let the step take `key: &IdempotencyKey`";

/// Reports a word that means nothing beside another, or without it.
fn pointless(asked: &Asked, report: &mut Report) {
    let effectless = [
        (asked.probe.as_ref().map(|(key, _)| key), "it is simply run again"),
        (asked.in_doubt.as_ref().map(|(key, _)| key), "it is simply run again"),
        (asked.idempotent.as_ref(), "a repeat of it is always harmless"),
        (asked.conclusive.as_ref().map(|(key, _)| key), "its errors clear no doubt"),
    ];
    if let Some(readonly) = &asked.readonly {
        for (word, why) in effectless {
            if let Some(word) = word {
                let diagnostic = Diagnostic::at(
                    "SG0104",
                    word.span(),
                    format!("`{word}` means nothing beside `readonly`"),
                )
                .why(format!("a step without effect is never in doubt: {why}"))
                .fix(format!("leave `{word}` out, or `{readonly}` if it has an effect"));
                report.add(diagnostic);
            }
        }
    }
    if asked.compensate.is_none() && !asked.incomplete {
        let about_undoing =
            [asked.leaves.as_ref().map(|(key, _)| key), asked.undo_within.as_ref().map(|(key, _)| key)];
        for word in about_undoing.into_iter().flatten() {
            let diagnostic =
                Diagnostic::at("SG0105", word.span(), format!("`{word}` stands without `compensate`"))
                    .why("it says something about undoing, and nothing undoes this step")
                    .fix(format!("add `compensate = …`, or leave `{word}` out"));
            report.add(diagnostic);
        }
    }
}

fn doubt(asked: &Asked, function: &Function, report: &mut Report) {
    let Some((_, InDoubt::Rerun(word))) = &asked.in_doubt else { return };
    if asked.idempotent.is_some() || function.takes_key() || asked.readonly.is_some() {
        return;
    }
    let diagnostic = Diagnostic::at("SG0106", word.span(), "`rerun` may do it twice")
        .why("the step neither takes a key nor is idempotent, so a repeat is another effect")
        .fix("let the step take `key: &IdempotencyKey`, or say `idempotent`, or `in_doubt = dead_letter`");
    report.add(diagnostic);
}

/// Reports errors under a key that the step does not take, and errors of a repeat that never is.
fn conclusive(asked: &Asked, function: &Function, report: &mut Report) {
    let Some((word, _)) = asked.conclusive.as_ref().filter(|_| asked.readonly.is_none()) else { return };
    if !function.takes_key() {
        if function.sound {
            let diagnostic = Diagnostic::at("SG0118", word.span(), "`conclusive` requires a key")
                .why("an error of a repeat tells of the first attempt only if the service knows the repeat by its key, and answers what it answered then")
                .fix("let the step take `key: &IdempotencyKey` and hand that to the service; or leave `conclusive` out");
            report.add(diagnostic);
        }
    } else if matches!(asked.in_doubt, Some((_, InDoubt::Call(_)))) {
        let diagnostic = Diagnostic::at(
            "SG0118",
            word.span(),
            "`conclusive` means nothing beside a call in `in_doubt`",
        )
        .why("in doubt that call is made instead of a repeat, so that no repeat is answered")
        .fix("leave `conclusive` out; or leave `in_doubt` out, and the step is run again under its key");
        report.add(diagnostic);
    }
}

/// Lengths of time that do not go together.
fn times(asked: &Asked, report: &mut Report) {
    if let (Some((word, window)), Some((timeout, length))) = (&asked.conclusive, &asked.timeout)
        && length >= window
    {
        let diagnostic = Diagnostic::at("SG0107", word.span(), format!("`{timeout}` is as long as `{word}`"))
            .why("no attempt is repeated under its key once that time is over, and the first may take as long")
            .fix("for how long the service remembers a key, by its documentation: `conclusive = \"24h\"`; or a shorter `timeout`");
        report.add(diagnostic);
    }
    let Some((_, retry)) = &asked.retry else { return };
    let Some((_, within)) = &retry.within else { return };
    if let Some((key, timeout)) = &asked.timeout
        && timeout > within
    {
        let diagnostic = Diagnostic::at("SG0107", key.span(), "one attempt may take longer than all of them")
            .why("`timeout` is of one attempt, and no attempt begins later than `within` after the first")
            .fix("a `timeout` shorter than `within`, or a longer `within`");
        report.add(diagnostic);
    }
    if let Some((key, (first, _))) = &retry.backoff
        && first >= within
    {
        let diagnostic =
            Diagnostic::at("SG0107", key.span(), "the first wait is as long as all attempts may take")
                .why("no attempt begins later than `within` after the first, so there would be no second")
                .fix("a `backoff` that begins shorter than `within`, or a longer `within`");
        report.add(diagnostic);
    }
}

/// Reports a `retry` that never retries.
fn attempts(asked: &Asked, report: &mut Report) {
    let Some((key, retry)) = &asked.retry else { return };
    let says = retry.attempts.is_some() || retry.backoff.is_some() || retry.within.is_some();
    if !says && !asked.incomplete {
        let diagnostic = Diagnostic::at("SG0116", key.span(), "`retry` says nothing")
            .why("a retry is bounded by a number, and that is chosen for each step")
            .fix("say how often: `retry(attempts = 4, backoff = \"200ms..5s\")`, or leave it out");
        report.add(diagnostic);
    }
    let waits = [retry.backoff.as_ref().map(|(key, _)| key), retry.within.as_ref().map(|(key, _)| key)];
    if let (Some((attempts, 1)), Some(word)) = (&retry.attempts, waits.into_iter().flatten().next()) {
        let diagnostic =
            Diagnostic::at("SG0116", attempts.span(), format!("`{word}` means nothing with one attempt"))
                .why("attempts are counted with the first, so it is never tried again")
                .fix(format!("`attempts = 2` or more, or leave `{word}` out"));
        report.add(diagnostic);
    }
}

/// Returns the calls beside a step, each with its word.
fn calls(asked: &Asked) -> impl Iterator<Item = (&'static str, &Call)> {
    let in_doubt = match &asked.in_doubt {
        Some((_, InDoubt::Call(call))) => Some(&**call),
        _ => None,
    };
    let calls = [
        ("compensate", asked.compensate.as_ref().map(|(_, call)| call)),
        ("probe", asked.probe.as_ref().map(|(_, call)| call)),
        ("in_doubt", in_doubt),
    ];
    calls.into_iter().filter_map(|(word, call)| Some((word, call?)))
}

/// Names that the calls beside a step give a meaning of their own.
fn names(asked: &Asked, function: &Function, report: &mut Report) {
    if calls(asked).next().is_none() {
        return;
    }
    for param in function.recorded() {
        if param.ident == "output" || param.ident == "key" {
            let name = &param.ident;
            let diagnostic = Diagnostic::at(
                "SG0213",
                name.span(),
                format!("no recorded parameter is called `{name}`"),
            )
            .why("in `compensate` and `probe`, `output` is what the step gave, and `key` its idempotency key")
            .fix(format!("another name, such as `{name}_given`"));
            report.add(diagnostic);
        }
    }
}

/// Reports a step that names itself.
fn itself(asked: &mut Asked, function: &Function, report: &mut Report) {
    let is_itself = |call: &Call| call.path.is_ident(&function.ident);
    let name = &function.ident;
    let found: Vec<&str> = calls(asked).filter(|(_, call)| is_itself(call)).map(|(word, _)| word).collect();
    for (word, call) in calls(asked).filter(|(_, call)| is_itself(call)) {
        let (what, why, fix) = match word {
            "probe" => ("be its own probe", "asking would do it", "a readonly step that asks"),
            _ => ("undo itself", "undoing it would do it once more", "a step that takes its effect back"),
        };
        let diagnostic = Diagnostic::over("SG0302", &call.path, format!("step `{name}` cannot {what}"))
            .why(why)
            .fix(format!("call another step: {fix}"));
        report.add(diagnostic);
    }
    found.into_iter().for_each(|word| asked.forget(word));
}

/// Reports names that a call beside a step cannot know. Such a call is left out: the compiler would report it again.
fn scopes(asked: &mut Asked, function: &Function, report: &mut Report) {
    let mut out_of_scope = Vec::new();
    for (word, call) in calls(asked) {
        let before = report.count();
        if word != "compensate"
            && let Some(output) = mention(&call.call.args, "output")
        {
            let diagnostic = Diagnostic::at(
                "SG0306",
                output.span(),
                format!("there is no `output` in `{word}`"),
            )
            .why("it is called when it is not known whether the step happened, and so without its output")
            .fix("find what it did by what it was called with: the recorded parameters by name, or `key`");
            report.add(diagnostic);
        }
        for param in &function.params {
            let what = match &param.role {
                Role::Resource(_) => "a resource",
                Role::Context => "the context of an attempt",
                Role::Recorded | Role::Key => continue,
            };
            let Some(mentioned) = mention(&call.call.args, &param.ident.to_string()) else { continue };
            let called = call.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
            let left_out =
                format!("leave it out: what `{called}` needs of the runtime it takes itself, by reference");
            let fix = match &param.role {
                // Something of it is handed on, as of what the step was called with.
                Role::Resource(ty) if !call.call.args.iter().any(|arg| is_whole(arg, &param.ident)) => {
                    let ty = crate::words::shown(&ty.to_token_stream());
                    format!(
                        "`{mentioned}: {ty}`, without the `&`, if the step is called with it; else {left_out}"
                    )
                }
                _ => left_out,
            };
            let diagnostic = Diagnostic::at(
                "SG0306",
                mentioned.span(),
                format!("`{mentioned}` is {what}, and cannot be handed on"),
            )
            .why("the call is recorded as data, and run later, perhaps by another process")
            .fix(fix);
            report.add(diagnostic);
        }
        if report.count() == before {
            unknown(word, call, function, report);
        }
        if report.count() > before {
            out_of_scope.push(word);
        }
    }
    out_of_scope.into_iter().for_each(|word| asked.forget(word));
}

impl Asked {
    /// Leaves out a call that was reported, so that nothing is reported of it again.
    fn forget(&mut self, word: &str) {
        match word {
            "compensate" => self.compensate = None,
            "probe" => self.probe = None,
            _ => self.in_doubt = None,
        }
    }
}

/// Names that are surely meant as values, and are none there. What stands inside of other calls, macros and closures is
/// for the compiler to judge.
fn unknown(word: &str, call: &Call, function: &Function, report: &mut Report) {
    let mut known: Vec<String> = function.recorded().map(|param| plain(&param.ident)).collect();
    known.push("key".to_owned());
    if word == "compensate" {
        known.insert(0, "output".to_owned());
    }
    for name in call.call.args.iter().filter_map(root) {
        let text = plain(name);
        if known.contains(&text) || !text.starts_with(|c: char| c.is_lowercase()) {
            continue;
        }
        let words: Vec<&str> = known.iter().map(String::as_str).collect();
        let output = (word == "compensate" && GIVEN.contains(&&*text)).then_some("output");
        let meant = output
            .or_else(|| nearest(&text, &words))
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        let all = words.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let diagnostic = Diagnostic::at("SG0306", name.span(), format!("`{name}` is not known in `{word}`"))
            .why("the call is made later, perhaps by another process, of what was recorded")
            .fix(format!("{meant}there are {all}"));
        report.add(diagnostic);
    }
}

/// What others call that which a step gave.
const GIVEN: [&str; 9] =
    ["result", "res", "ret", "returned", "return_value", "response", "out", "value", "it"];

/// Returns true if it is that name, whole or borrowed.
fn is_whole(value: &Expr, name: &Ident) -> bool {
    match value {
        Expr::Path(path) => path.path.is_ident(name),
        Expr::Reference(reference) => is_whole(&reference.expr, name),
        Expr::Paren(paren) => is_whole(&paren.expr, name),
        Expr::MethodCall(method) => method.method == "clone" && is_whole(&method.receiver, name),
        _ => false,
    }
}

/// Returns the name that a value is taken from: `trip` in `trip.to.clone()`.
fn root(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(method) => root(&method.receiver),
        Expr::Reference(reference) => root(&reference.expr),
        Expr::Index(index) => root(&index.expr),
        Expr::Paren(paren) => root(&paren.expr),
        _ => None,
    }
}
