//! The gaps in the table of states and events. Each is explained here, or is listed as unexplained.

/// Returns the reason for which the simulation can never see `event` in that state; `None` if it may.
pub(super) fn why_not(stand: &str, event: &str) -> Option<&'static str> {
    let at_rest = matches!(stand, "dead letter" | "completed" | "rolled back" | "abandoned");
    let back = matches!(stand, "stopping" | "rolling back" | "undoing");
    let of_body = event.starts_with("reached") || event.starts_with("body") || event == "child ended";
    let of_work = event.starts_with("step") || event.starts_with("undo ") || event.starts_with("probe");
    match (stand, event) {
        (_, "step undecodable" | "undo undecodable" | "body unrecordable") => Some(
            "programs are of one build, and what they record can always be read: see the tests of upgrades",
        ),
        (_, "reached read") => Some("the driver runs a readonly step without asking the machine first"),
        _ if of_body && (back || at_rest) => Some("the body runs only forward"),
        _ if of_work && at_rest => Some("nothing runs at rest"),
        (_, "elapsed" | "due") if at_rest => Some("nothing comes due at rest"),
        (_, "listed as dead") => Some("all builds of the simulation can read what the others list"),
        (_, "closed") => Some("every worker of the simulation has the code of every saga"),
        (_, "read") if at_rest || stand == "undoing" => Some("the driver has let go before a read can end"),
        ("committing", _) if of_body => Some("the body has ended"),
        ("committing", "signal refused") => Some("the body takes no signal any more"),
        ("committing", _) if event.starts_with("probe") => Some("what is deferred here has no probe"),
        ("committing", "answer" | "child ended" | "read") => Some("nothing is asked or read any more"),
        ("committing", _) if event.starts_with("undo ") => {
            Some("nothing is undone past the point of no return")
        }
        ("scheduled", _) if of_work || event == "child ended" => Some("nothing has been begun"),
        ("scheduled", "body returned" | "body halted") => Some(
            "only an empty program returns from its first poll, and nothing can have been lost before it",
        ),
        ("waiting", _) if event.starts_with("step") || event.starts_with("undo ") => {
            Some("what has an attempt under way is running, not waiting")
        }
        ("waiting", "body returned" | "body failed") => {
            Some("what the body waits for ends first, and then it is running")
        }
        ("undoing", _) if event.starts_with("step") || event.starts_with("probe") => {
            Some("what is undone after the end has no step under way")
        }
        ("child undoing", "body returned" | "body failed") => Some("the parent's body waits for its child"),
        ("scheduled" | "completed" | "undoing" | "abandoned", "answer") => {
            Some("people answer only what is asked, and it is not")
        }
        (_, "resolve") => {
            Some("people resolve only what is stuck; elsewhere only what was so a moment before")
        }
        ("scheduled" | "completed" | "rolled back", "idle") => Some(
            "the driver says so only where somebody is needed; that is settled by then, or was abandoned",
        ),
        ("abandoned", "signal") => Some("people who abandon a saga do not signal to it"),
        ("scheduled", "waive") => Some("people waive only what was done"),
        _ => None,
    }
}
