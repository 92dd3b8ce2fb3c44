//! Draws a saga while it runs: a line for each record of its journal, with a mark and the time since the start.

use std::collections::BTreeMap;
use std::time::Duration;

use saga::record::{AttemptError, Call, Entry, Finder, Next, Record, Verdict};
use saga::{SitePath, Timestamp, journal::Role, payload::Payload, policy::Kind};
use serde_json::Value;

use super::style::{Mark, Style};
use super::trip::Cents;

/// The state that later lines depend on.
#[derive(Debug)]
pub struct Timeline {
    style: Style,
    /// The number of records from before this process.
    inherited: u64,
    began: Option<Timestamp>,
    /// Its steps, by site.
    steps: BTreeMap<SitePath, Step>,
    /// True if an irreversible step is done.
    no_return: bool,
    /// True once the cause of the rollback was shown.
    stopping: bool,
}

#[derive(Debug)]
struct Step {
    kind: Kind,
    begun: Timestamp,
    /// The failure of its last attempt; `None` if none has failed.
    trouble: Option<String>,
    /// The compensation, once it is done; `None` if nothing undoes it.
    undo: Option<String>,
}

/// A line without its time.
struct Line {
    mark: Mark,
    site: Option<SitePath>,
    text: String,
    took: Option<Duration>,
}

impl Timeline {
    /// Draws from the first record on; the first `inherited` are from another process.
    pub fn new(style: Style, inherited: u64) -> Self {
        Self { style, inherited, began: None, steps: BTreeMap::new(), no_return: false, stopping: false }
    }

    /// Draws a record.
    pub fn draw(&mut self, entry: &Entry) {
        let began = *self.began.get_or_insert(entry.at);
        if entry.seq == self.inherited && entry.seq > 0 {
            println!("{:12}{}", "", self.style.dim("── that process died; this one goes on ──"));
        }
        let Some(line) = self.line(entry) else { return };
        let after = format!("+{:.3} s", entry.at.since(began).as_secs_f64());
        let name = line.site.as_ref().map_or("book_trip", last_segment);
        let fork =
            if line.site.as_ref().is_some_and(|site| site.as_str().contains('/')) { "│" } else { " " };
        let took =
            line.took.map(|took| self.style.dim(format!(" ({} ms)", took.as_millis()))).unwrap_or_default();
        println!(
            "{}  {} {} {name:<16}  {}{took}",
            self.style.dim(format!("{after:>10}")),
            self.style.mark(line.mark),
            self.style.dim(fork),
            line.text,
        );
    }

    /// Returns the line of a record; `None` if another line has shown it.
    fn line(&mut self, Entry { at, record, .. }: &Entry) -> Option<Line> {
        let at = *at;
        Some(match record {
            Record::Intent { site, undo, .. } => {
                let step = Step { kind: *undo, begun: at, trouble: None, undo: None };
                self.steps.insert(site.clone(), step);
                Line::on(site, Mark::Begins, "attempt 1".to_owned())
            }
            Record::Started { site, role, attempt } => {
                self.begin(site, at);
                Line::on(site, Mark::Begins, of_role(*role, format!("attempt {attempt}")))
            }
            Record::AttemptEnded { site, role, attempt, trouble, doubt, next, .. } => {
                if let Some(step) = self.steps.get_mut(site) {
                    step.trouble = Some(trouble.to_string());
                }
                let (mark, doubt) = if *doubt { (Mark::Asked, " in doubt") } else { (Mark::Failed, "") };
                let trouble = match trouble {
                    AttemptError::Interrupted => "the process died".to_owned(),
                    trouble => trouble.to_string(),
                };
                let text = format!("attempt {attempt}{doubt}: {trouble}{}", then(*next, at));
                Line::on(site, mark, of_role(*role, text))
            }
            Record::Probed { site, happened, trouble, next } => probed(site, *happened, trouble, *next, at),
            Record::Done { site, output, undo, by } => {
                let text = output.as_ref().map_or_else(|lost| lost.why.clone(), gist);
                let undo = undo.as_ref().and_then(|call| call.as_ref().ok());
                self.done(site, at, text, found_by(by), undo)
            }
            Record::Failed { site, failure } => {
                let text = failure.to_string();
                if self.steps.get(site).is_some_and(|step| step.trouble.as_ref() == Some(&text)) {
                    return None;
                }
                Line::on(site, Mark::Failed, text)
            }
            Record::UndoIntent { site, .. } => {
                self.begin(site, at);
                let undo = self.steps.get(site).and_then(|step| step.undo.clone()).unwrap_or_default();
                Line::on(site, Mark::Begins, format!("undo by {undo}"))
            }
            Record::Undone { site, by } => {
                let took = self.steps.get(site).map(|step| at.since(step.begun));
                Line { took, ..Line::on(site, Mark::Undone, joined(&["undone", &found_by(by)])) }
            }
            Record::Blocked { site, reason, detail, .. } => {
                Line::on(site, Mark::Failed, format!("a person is needed: {reason}: {detail}"))
            }
            Record::Asked { site, prompt, .. } => Line::on(site, Mark::Asked, prompt.clone()),
            Record::Answered { site, verdict } => match verdict {
                Verdict::Approved(by) => Line::on(site, Mark::Done, format!("yes, says {by}")),
                Verdict::Denied(by) => Line::on(site, Mark::Failed, format!("no, says {by}")),
                Verdict::Expired => Line::on(site, Mark::Failed, "no answer came in time".to_owned()),
            },
            whole => self.of_saga(whole),
        })
    }

    /// Returns the line of a record about the saga as a whole.
    fn of_saga(&mut self, record: &Record) -> Line {
        let (mark, text) = match record {
            Record::Scheduled { .. } => (Mark::Begins, "begins".to_owned()),
            Record::StopRequested { cause } => {
                self.stopping = true;
                (Mark::Failed, cause.to_string())
            }
            Record::RollbackStarted { .. } if self.stopping => (Mark::Undone, "rolls back".to_owned()),
            Record::RollbackStarted { cause } => (Mark::Undone, format!("rolls back: {cause}")),
            Record::RolledBack => (Mark::Undone, "rolled back".to_owned()),
            Record::Completed { .. } => (Mark::Done, "completed".to_owned()),
            Record::BodyBlocked { reason, detail, .. } => (Mark::Failed, format!("{reason}: {detail}")),
            Record::DeadLettered => (Mark::Failed, "a person is needed".to_owned()),
            other => (Mark::Note, kind_of(other)),
        };
        Line { mark, site: None, text, took: None }
    }

    fn done(
        &mut self,
        site: &SitePath,
        at: Timestamp,
        text: String,
        found: String,
        undo: Option<&Call>,
    ) -> Line {
        let Some(step) = self.steps.get_mut(site) else { return Line::on(site, Mark::Done, text) };
        step.undo = undo.map(|call| call.step.to_string());
        let first = step.kind == Kind::Irreversible && !std::mem::replace(&mut self.no_return, true);
        let passed = if first { "no way back from here" } else { "" };
        let text = joined(&[&text, &found, passed]);
        let text = if text.is_empty() { "done".to_owned() } else { text };
        Line { took: Some(at.since(step.begun)), ..Line::on(site, Mark::Done, text) }
    }

    /// Starts the measurement of a step's duration.
    fn begin(&mut self, site: &SitePath, at: Timestamp) {
        if let Some(step) = self.steps.get_mut(site) {
            step.begun = at;
        }
    }
}

impl Line {
    fn on(site: &SitePath, mark: Mark, text: String) -> Self {
        Self { mark, site: Some(site.clone()), text, took: None }
    }
}

fn probed(
    site: &SitePath,
    happened: Option<bool>,
    trouble: &Option<String>,
    next: Next,
    at: Timestamp,
) -> Line {
    let (mark, answer) = match (happened, trouble) {
        (Some(true), _) => (Mark::Done, "it happened"),
        (Some(false), _) => (Mark::Failed, "it has not happened, and never will"),
        (None, Some(trouble)) => (Mark::Asked, trouble.as_str()),
        (None, None) => (Mark::Asked, "not known yet"),
    };
    Line::on(site, mark, format!("the probe: {answer}{}", then(next, at)))
}

/// Returns the short name of a record, as `done hold_flight`.
pub fn name_of(entry: &Entry) -> String {
    let value = serde_json::to_value(&entry.record).unwrap_or_default();
    let site =
        value.as_object().and_then(|object| object.values().next()).and_then(|fields| fields.get("site"));
    match site.and_then(Value::as_str) {
        Some(site) => format!("{} {}", kind_of(&entry.record), last_segment(&SitePath::from(site))),
        None => kind_of(&entry.record),
    }
}

/// Returns the kind of a record, as its JSON has it.
fn kind_of(record: &Record) -> String {
    let kind = match serde_json::to_value(record) {
        Ok(Value::Object(object)) => object.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(kind)) => kind,
        _ => String::new(),
    };
    kind.replace('_', " ")
}

/// Returns the last part of a site, usually a step's name.
fn last_segment(site: &SitePath) -> &str {
    site.as_str().rsplit('/').next().unwrap_or_default()
}

fn of_role(role: Role, text: String) -> String {
    match role {
        Role::Do => text,
        Role::Undo => format!("undo: {text}"),
    }
}

/// Returns what follows, and when.
fn then(next: Next, at: Timestamp) -> String {
    let wait = |due: Timestamp| match due.since(at) {
        Duration::ZERO => String::new(),
        wait => format!(" in {} ms", wait.as_millis()),
    };
    match next {
        Next::Again { due } => format!("; again{}", wait(due)),
        Next::Probe { due } => format!("; asking the probe{}", wait(due)),
        Next::Hold => String::new(),
    }
}

fn found_by(by: &Finder) -> String {
    match by {
        Finder::Attempt => String::new(),
        Finder::Probe => "the probe found it".to_owned(),
        Finder::Operator(by) => format!("says {by}"),
    }
}

fn joined(texts: &[&str]) -> String {
    let texts: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
    texts.join("; ")
}

/// Returns the short form of an output: its name and its price.
fn gist(output: &Payload) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(&output.shown()) else { return String::new() };
    let names = fields.values().filter_map(Value::as_str).map(str::to_owned);
    let cents = fields.iter().filter(|(name, _)| name.ends_with("_cents"));
    let prices = cents.filter_map(|(_, value)| value.as_u64()).map(|cents| Cents(cents).to_string());
    names.chain(prices).collect::<Vec<_>>().join(", ")
}
