//! What makes a call of a step the same as another.

use crate::diagnostic::{Diagnostic, Report};
use crate::names::{nearest, plain};
use crate::signature::Function;
use crate::step::parse::Asked;

/// Reports an identity that names no recorded parameter, or of a step that has none.
pub(super) fn check(asked: &mut Asked, function: &Function, report: &mut Report) {
    let Some((word, names)) = &asked.identity else { return };
    if let Some(readonly) = &asked.readonly {
        let diagnostic =
            Diagnostic::at("SG0104", word.span(), format!("`{word}` means nothing beside `{readonly}`"))
                .why("a session calls a step without effect each time, since what it reads may have changed")
                .fix(format!("leave `{word}` out, or `{readonly}` if it has an effect"));
        report.add(diagnostic);
    }
    let only_undoes = asked.retriable.is_some()
        && asked.compensate.is_none()
        && asked.irreversible.is_none()
        && asked.readonly.is_none();
    if only_undoes && !asked.incomplete {
        let step = &function.ident;
        let diagnostic = Diagnostic::at(
            "SG0119",
            word.span(),
            format!("step `{step}` only undoes others, and has no identity"),
        )
        .why("a rollback calls it once for each step that it undoes, whatever it is called with")
        .fix(format!("leave `{word}` out; the step that it undoes may have one"));
        report.add(diagnostic);
    }
    if !function.sound {
        return;
    }
    let recorded: Vec<String> = function.recorded().map(|param| plain(&param.ident)).collect();
    let known: Vec<&str> = recorded.iter().map(String::as_str).collect();
    for name in names.iter().filter(|name| !recorded.contains(&plain(name))) {
        let is_borrowed = function.params.iter().any(|param| param.ident == *name);
        let why = match is_borrowed {
            true => "a session knows a call by what is recorded of it, and what the runtime gives is not",
            false => "a session knows a call by what is recorded of it, which are its parameters by name",
        };
        let near = nearest(&name.to_string(), &known).filter(|_| !is_borrowed);
        let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let fix = match known.is_empty() {
            true => format!("leave `{word}` out: the step takes nothing that is recorded"),
            false => format!("{near}its recorded parameters are {}", listed(&known)),
        };
        let diagnostic = Diagnostic::at("SG0119", name.span(), format!("`{name}` is no recorded parameter"));
        report.add(diagnostic.why(why).fix(fix));
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
