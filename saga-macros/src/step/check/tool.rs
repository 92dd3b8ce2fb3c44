//! What a step must be to be offered to agents.

use crate::diagnostic::{Diagnostic, Report};
use crate::signature::Function;
use crate::step::model::description;
use crate::step::parse::Asked;

/// The longest name that the interfaces of language models take.
const NAME_BYTES_MAX: usize = 64;

/// Reports what is wrong with a step that says `tool`.
pub(super) fn check(asked: &mut Asked, function: &Function, report: &mut Report) {
    let Some(word) = &asked.tool else { return };
    let name = &function.ident;
    if function.sound && description(&function.docs).is_none() {
        let diagnostic = Diagnostic::at("SG1101", name.span(), format!("tool `{name}` has no doc comment"))
            .why("a language model reads it, and decides by it when to call the tool")
            .fix(
                "`/// …` above it: what it does and when to call it; and above a parameter, what that means",
            );
        report.add(diagnostic);
    }
    let only_undoes = asked.retriable.is_some()
        && asked.compensate.is_none()
        && asked.irreversible.is_none()
        && asked.readonly.is_none();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if asked.name.len() > NAME_BYTES_MAX || !asked.name.chars().all(allowed) {
        let diagnostic = Diagnostic::at("SG1105", word.span(), format!("{:?} cannot be the name of a tool", asked.name))
            .why("the interfaces of language models take ASCII letters, digits, `_` and `-`, at most 64 of them, and refuse the whole list of tools otherwise")
            .fix("another recorded name: `name = \"hold_seat\"`");
        report.add(diagnostic);
    }
    if only_undoes && !asked.incomplete {
        let diagnostic = Diagnostic::at(
            "SG1102",
            word.span(),
            format!("step `{name}` only undoes others, and is offered as a tool"),
        )
        .why("nothing would undo what an agent does with it; a rollback calls it by itself")
        .fix("leave `tool` out; or say how the step is undone itself: `compensate = …`, or `irreversible`");
        report.add(diagnostic);
        // The compiler would report it again.
        asked.tool = None;
    }
}
