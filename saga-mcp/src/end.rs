//! What the server's own tools do.

use rmcp::model::{CallToolResult, JsonObject};
use saga::session::SessionEnd;
use saga::{Outcome, Rollback, Session};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::own::Own;
use crate::schema::REFUSED;
use crate::{answer, refusal};

/// So many sites are shown by `status`.
const SITES_MAX: usize = 50;

/// Answers a call of one of them.
pub(crate) async fn own(own: Own, session: &Session, arguments: &JsonObject) -> CallToolResult {
    let reason = match reason(own, arguments) {
        Ok(reason) => reason,
        Err(text) => return answer::error(text),
    };
    match own {
        Own::Begin => answer::output(json!({"session": session.id().as_str()})),
        Own::Status => looked(session.handle().view().await, last_sites),
        Own::UndoPlan => looked(session.undo_plan().await, |plan| plan),
        Own::Undo => match session.roll_back(reason).await {
            Ok(Outcome::Completed { .. }) => answer::receipt(
                REFUSED,
                "Nothing was undone: the session was committed before. Tell the user what stays.".to_owned(),
            ),
            Ok(end) => answer::output(ended(&end)),
            Err(error) => answer::error(refusal::text_of(&error)),
        },
        Own::Commit => match session.commit().await {
            Ok(end) => answer::output(ended(&end)),
            Err(error) => answer::error(refusal::text_of(&error)),
        },
    }
}

/// Reads the arguments: a reason for `undo`, and nothing for the others.
fn reason(own: Own, arguments: &JsonObject) -> Result<&str, String> {
    let takes = own == Own::Undo;
    if let Some(other) = arguments.keys().find(|name| !(takes && *name == "reason")) {
        let accepted = if takes { "`reason`" } else { "nothing" };
        return Err(format!("`{}` takes {accepted}, and not `{other}`", own.name()));
    }
    match (takes, arguments.get("reason")) {
        (false, _) => Ok(""),
        (true, Some(Value::String(reason))) => Ok(reason),
        (true, Some(other)) => Err(format!("`reason` is {other}, and text is expected")),
        (true, None) => Err("`reason` is missing: say why all is undone".to_owned()),
    }
}

/// Leaves out all but the last sites, and says how many that are: a session may have made thousands of calls.
fn last_sites(mut view: Value) -> Value {
    if let Some(sites) = view.get_mut("sites").and_then(Value::as_array_mut) {
        let earlier = sites.len().saturating_sub(SITES_MAX);
        sites.drain(..earlier);
        view["earlier"] = earlier.into();
    }
    view
}

fn looked<T: Serialize, E: std::error::Error>(
    seen: Result<T, E>,
    shown: impl FnOnce(Value) -> Value,
) -> CallToolResult {
    let seen = seen.map_err(|error| refusal::text_of(&error));
    match seen.and_then(|seen| serde_json::to_value(seen).map_err(|error| error.to_string())) {
        Ok(seen) => answer::output(shown(seen)),
        Err(text) => answer::error(text),
    }
}

/// Returns how a session ended, and what of its effects is left.
fn ended(end: &SessionEnd) -> Value {
    let (phase, rollback) = match end {
        Outcome::Completed { .. } => ("completed", None),
        Outcome::RolledBack { rollback, .. } => ("rolled_back", Some(rollback)),
        Outcome::DeadLettered(_) => ("dead_lettered", None),
        Outcome::Abandoned { rollback, .. } => ("abandoned", Some(rollback)),
        _ => ("ended", None),
    };
    let mut said = Map::new();
    said.insert("ended".to_owned(), phase.into());
    said.insert("says".to_owned(), end.to_string().into());
    let (left, residue) = match rollback {
        Some(Rollback::Partial { left, residue }) => (json!(left), json!(residue)),
        Some(Rollback::Complete { residue }) => (json!([]), json!(residue)),
        Some(Rollback::None) | None => (json!([]), json!([])),
    };
    let left = match end {
        // What is owed still, and what nothing undoes.
        Outcome::DeadLettered(letter) => {
            let owed = &letter.seen().owed;
            json!(owed.entries.iter().map(|entry| &entry.site).chain(&owed.irreversible).collect::<Vec<_>>())
        }
        _ => left,
    };
    said.insert("left".to_owned(), left);
    said.insert("residue".to_owned(), residue);
    Value::Object(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_shows_the_last_calls_and_counts_the_others() {
        let sites = |n: usize| json!({"sites": (0..n).collect::<Vec<_>>()});
        assert_eq!(last_sites(sites(2)), json!({"sites": [0, 1], "earlier": 0}));
        let shown = last_sites(sites(10_000));
        assert_eq!(shown["earlier"], 10_000 - SITES_MAX);
        assert_eq!(shown["sites"].as_array().map(Vec::len), Some(SITES_MAX));
        assert_eq!(shown["sites"][SITES_MAX - 1], 9_999);
    }
}
