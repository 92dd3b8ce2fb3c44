//! A body made of a tree of steps, run over the state from the start, as a real one is after a crash.

use std::collections::BTreeSet;

use saga_core::machine::Reach;
use saga_core::state::{ChildStatus, SiteState, Status};
use saga_core::{Payload, SitePath, State};

use super::desk::{UNDO, call, json};

/// A part of a body.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Step { step: &'static str, handled: bool },
    Read { step: &'static str },
    Defer { step: &'static str },
    Sleep(u16),
    Wait(Option<u16>),
    Ask(Option<u16>),
    All(Vec<Vec<Node>>),
    Child { body: Vec<Node>, handled: bool },
}

/// The progress of a part of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Come {
    Waits,
    Done,
    Failed,
}

/// Runs the body over the state from the start, as a real one is after a crash.
pub(crate) fn poll(
    state: &State,
    body: &[Node],
    prefix: &str,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(SitePath, &'static str)>,
) -> Come {
    for (i, node) in body.iter().enumerate() {
        let site = |name: &str| SitePath::from(format!("{prefix}{name}{i}"));
        let come = match node {
            Node::Step { step, handled } => poll_step(state, site("s"), step, *handled, reached),
            Node::Defer { step } => match state.site(&site("d")) {
                Some(_) => Come::Done,
                None => {
                    let (site, step, input) = (site("d"), (*step).into(), json("in"));
                    begin(Reach::Defer { site, step, input, in_doubt: None }, reached)
                }
            },
            Node::Read { step } => poll_read(state, site("r"), step, reads),
            Node::Sleep(wait) => {
                let (site, wait_ms) = (site("t"), u64::from(*wait));
                match state.site(&site) {
                    Some(SiteState::Timer(t)) if t.ended.is_some() => Come::Done,
                    Some(_) => Come::Waits,
                    None => begin(Reach::Timer { site, wait_ms }, reached),
                }
            }
            Node::Wait(wait) => {
                let (site, wait_ms) = (site("w"), wait.map(u64::from));
                match state.site(&site) {
                    Some(SiteState::Wait { timed, .. }) if timed.ended.is_some() => Come::Done,
                    Some(_) => Come::Waits,
                    None => begin(Reach::Wait { site, name: "paid".into(), wait_ms }, reached),
                }
            }
            Node::Ask(wait) => {
                let (site, wait_ms) = (site("q"), wait.map(u64::from));
                match state.site(&site) {
                    Some(SiteState::Ask { timed, .. }) => match &timed.ended {
                        None => Come::Waits,
                        Some(saga_core::record::Verdict::Approved(_)) => Come::Done,
                        Some(_) => Come::Failed,
                    },
                    Some(_) => Come::Waits,
                    None => begin(Reach::Ask { site, prompt: "?".to_owned(), wait_ms }, reached),
                }
            }
            Node::All(branches) => poll_all(state, branches, &format!("{prefix}all{i}."), reached, reads),
            Node::Child { body, handled } => {
                let come = poll_child(state, body, site("c"), reached, reads);
                if come == Come::Failed && *handled { Come::Done } else { come }
            }
        };
        if come != Come::Done {
            return come;
        }
    }
    Come::Done
}

fn begin(reach: Reach, reached: &mut Vec<Reach>) -> Come {
    reached.push(reach);
    Come::Waits
}

fn poll_step(
    state: &State,
    site: SitePath,
    step: &'static str,
    handled: bool,
    reached: &mut Vec<Reach>,
) -> Come {
    let Some(at) = state.site(&site) else {
        let in_doubt = step.contains("_call").then(|| call(UNDO));
        return begin(
            Reach::Step { site, step: step.into(), input: json("x"), in_doubt, again: None },
            reached,
        );
    };
    match at.as_step() {
        Some(s) if s.doing.status == Status::Done && matches!(s.output, Some(Ok(_))) => Come::Done,
        Some(s) if s.doing.status == Status::Failed && s.failure.is_some() => {
            assert!(!step.contains("_retriable"), "a body never sees the retriable step at {site} fail");
            if handled { Come::Done } else { Come::Failed }
        }
        _ => Come::Waits,
    }
}

fn poll_read(
    state: &State,
    site: SitePath,
    step: &'static str,
    reads: &mut BTreeSet<(SitePath, &'static str)>,
) -> Come {
    match state.site(&site) {
        Some(SiteState::Read { result: Ok(_), .. }) => Come::Done,
        Some(SiteState::Read { result: Err(_), .. }) => Come::Failed,
        Some(_) => Come::Waits,
        None => {
            reads.insert((site, step));
            Come::Waits
        }
    }
}

fn poll_all(
    state: &State,
    branches: &[Vec<Node>],
    fork: &str,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(SitePath, &'static str)>,
) -> Come {
    let mut all = Come::Done;
    let mut failed = false;
    let mut comes = Vec::new();
    for (i, branch) in branches.iter().enumerate() {
        let prefix = format!("{fork}{i}/");
        let begun = state.sites().any(|(s, _)| s.as_str().starts_with(&prefix));
        let (mut new, mut new_reads) = (Vec::new(), BTreeSet::new());
        let come = poll(state, branch, &prefix, &mut new, &mut new_reads);
        failed |= come == Come::Failed;
        comes.push((begun, come, new, new_reads));
    }
    for (begun, come, new, new_reads) in comes {
        // After a failure nothing new begins; what was begun is awaited to its end.
        if failed && !begun {
            continue;
        }
        reached.extend(new);
        reads.extend(new_reads);
        if come == Come::Waits {
            all = Come::Waits;
        }
    }
    if all == Come::Done && failed { Come::Failed } else { all }
}

fn poll_child(
    state: &State,
    body: &[Node],
    site: SitePath,
    reached: &mut Vec<Reach>,
    reads: &mut BTreeSet<(SitePath, &'static str)>,
) -> Come {
    match state.site(&site) {
        None => {
            let (saga, input) = ("child".into(), Payload::null());
            begin(Reach::Child { site, saga, version: 1, input }, reached)
        }
        Some(SiteState::Child { status: ChildStatus::Ended(Ok(_)), .. }) => Come::Done,
        Some(SiteState::Child { status: ChildStatus::Ended(Err(_)), .. }) => Come::Failed,
        Some(SiteState::Child { status: ChildStatus::Running, .. }) => {
            let result = match poll(state, body, &format!("{site}/"), reached, reads) {
                Come::Waits => return Come::Waits,
                Come::Done => Ok(json("ok")),
                Come::Failed => Err((json("no"), "no".to_owned())),
            };
            begin(Reach::ChildEnded { site, result }, reached)
        }
        Some(_) => Come::Waits,
    }
}
