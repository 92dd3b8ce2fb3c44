//! What a step must say, and what it cannot say at once.

use proc_macro2::Ident;

use crate::diagnostic::{Diagnostic, Report};
use crate::signature::Function;
use crate::step::parse::{Asked, InDoubt};

/// Reports what is wrong with the words of a step, all at once.
pub(crate) fn check(asked: &Asked, function: &Function, report: &mut Report) {
    contradictions(asked, report);
    pointless(asked, report);
    times(asked, report);
    doubt(asked, function, report);
    names(asked, function, report);
    // What could not be read may have been what is missing.
    if !asked.incomplete {
        says_how_it_is_undone(asked, function, report);
        says_why_a_repeat_is_harmless(asked, function, report);
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
    let diagnostic = Diagnostic::at(name.span(), format!("step `{name}` does not say how it is undone"))
        .code("SG0101")
        .why("when a later step fails, all that was done is undone")
        .fix("`#[step(compensate = release(output.id))]`, or `irreversible` if nothing undoes it, or `readonly` if it has no effect");
    report.add(diagnostic);
}

fn says_why_a_repeat_is_harmless(asked: &Asked, function: &Function, report: &mut Report) {
    let says = asked.readonly.is_some()
        || asked.idempotent.is_some()
        || function.key().is_some()
        // `rerun` without a reason is an error of its own.
        || matches!(asked.in_doubt, Some((_, InDoubt::DeadLetter | InDoubt::Rerun(_))));
    if says {
        return;
    }
    let name = &function.ident;
    let diagnostic = Diagnostic::at(name.span(), format!("step `{name}` does not say why a repeat is harmless"))
        .why("after a crash nobody knows whether it happened, and it is run again")
        .fix("take `key: &IdempotencyKey` and hand it to the service, or say `idempotent`, or `in_doubt = dead_letter`");
    report.add(diagnostic);
}

/// Two words of which one is a lie.
fn contradictions(asked: &Asked, report: &mut Report) {
    let compensate = asked.compensate.as_ref().map(|(key, _)| key);
    let (irreversible, readonly) = (asked.irreversible.as_ref(), asked.readonly.as_ref());
    let pairs = [
        (readonly, compensate, "what has no effect has nothing to undo"),
        (irreversible, compensate, "what can be undone is not irreversible"),
        (readonly, irreversible, "what has no effect can always be gone back from"),
    ];
    for (one, other, why) in pairs {
        if let (Some(one), Some(other)) = (one, other) {
            report.add(contradiction(one, other, why));
        }
    }
}

fn contradiction(one: &Ident, other: &Ident, why: &str) -> Diagnostic {
    Diagnostic::at(other.span(), format!("`{one}` and `{other}` contradict each other"))
        .why(why)
        .fix(format!("keep `{one}` or `{other}`"))
}

/// A word that means nothing beside another, or without it.
fn pointless(asked: &Asked, report: &mut Report) {
    let effectless = [
        (asked.probe.as_ref().map(|(key, _)| key), "it is simply run again"),
        (asked.in_doubt.as_ref().map(|(key, _)| key), "it is simply run again"),
        (asked.idempotent.as_ref(), "a repeat of it is always harmless"),
    ];
    if let Some(readonly) = &asked.readonly {
        for (word, why) in effectless {
            if let Some(word) = word {
                let diagnostic =
                    Diagnostic::at(word.span(), format!("`{word}` means nothing beside `readonly`"))
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
            let diagnostic = Diagnostic::at(word.span(), format!("`{word}` stands without `compensate`"))
                .why("it says something about undoing, and nothing undoes this step")
                .fix(format!("add `compensate = …`, or leave `{word}` out"));
            report.add(diagnostic);
        }
    }
}

fn doubt(asked: &Asked, function: &Function, report: &mut Report) {
    let Some((_, InDoubt::Rerun(word))) = &asked.in_doubt else { return };
    if asked.idempotent.is_some() || function.key().is_some() || asked.readonly.is_some() {
        return;
    }
    let diagnostic = Diagnostic::at(word.span(), "`rerun` may do it twice")
        .why("the step neither takes a key nor is idempotent, so a repeat is another effect")
        .fix("take `key: &IdempotencyKey`, or say `idempotent`, or `in_doubt = dead_letter`");
    report.add(diagnostic);
}

fn times(asked: &Asked, report: &mut Report) {
    let within = asked.retry.as_ref().and_then(|(_, retry)| retry.within.as_ref());
    if let (Some((key, timeout)), Some((_, within))) = (&asked.timeout, within)
        && timeout > within
    {
        let diagnostic = Diagnostic::at(key.span(), "one attempt may take longer than all of them")
            .why("`timeout` is of one attempt, and no attempt begins later than `within` after the first")
            .fix("a `timeout` shorter than `within`");
        report.add(diagnostic);
    }
}

/// Names that the calls beside a step give a meaning of their own.
fn names(asked: &Asked, function: &Function, report: &mut Report) {
    let calls = matches!(asked.in_doubt, Some((_, InDoubt::Call(_))));
    if !calls && asked.compensate.is_none() && asked.probe.is_none() {
        return;
    }
    for param in function.recorded() {
        if param.ident == "output" || param.ident == "key" {
            let name = &param.ident;
            let diagnostic = Diagnostic::at(name.span(), format!("no recorded parameter is called `{name}`"))
                .why("in `compensate` and `probe`, `output` is what the step gave, and `key` its idempotency key")
                .fix("another name");
            report.add(diagnostic);
        }
    }
}
