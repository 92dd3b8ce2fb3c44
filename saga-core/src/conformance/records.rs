//! One record and one delivery of every kind, for tests that a store keeps or hides each of them. Every payload in them
//! contains [`SECRET`].

use crate::Timestamp;
use crate::delivery::Delivery;
use crate::record::{
    ActKind, AttemptError, Call, Cause, Failure, Finder, Knowledge, Lost, Next, Terms, Verdict, WhenIdle,
};
use crate::refusal::Refusal;
use crate::state::Acted;
use crate::{
    ActId, By, Codec, CodecError, Codecs, KeyNamespace, Kind, Payload, Phase, Reason, Record, Redacted, Role,
    SitePath,
};

/// The secret that no view may show.
pub const SECRET: &str = "4242 4242 4242 4242";

/// Returns a payload with a secret inside.
pub fn payload() -> Payload {
    payload_of("visible")
}

fn payload_of(visible: &str) -> Payload {
    let card = serde_json::json!({ "text": "ü\u{0}\"\\\n\u{1F6EB}", "shown": visible });
    let value = (card, Redacted::new(SECRET), [Redacted::new(serde_json::json!({ "card": SECRET }))]);
    Payload::encode(&value).expect("the value has a JSON form")
}

/// Returns a payload that a codec has sealed.
pub fn sealed() -> Payload {
    struct Reversed;
    impl Codec for Reversed {
        fn name(&self) -> &str {
            "reversed"
        }
        fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
            Ok(plain.iter().rev().copied().collect())
        }
        fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
            self.seal(sealed)
        }
    }
    let mut codecs = Codecs::default();
    codecs.set_writer(std::sync::Arc::new(Reversed));
    codecs.encode(&Redacted::new(SECRET)).expect("the value has a JSON form")
}

fn call() -> Call {
    let (leaves, until) = (Some("a fee".to_owned()), Some(Timestamp(9)));
    Call { step: "release_flight".into(), input: payload(), leaves, until }
}

fn by() -> By {
    By::new("ann", "because")
}

fn identified() -> By {
    by().with_act(ActId::new("click 17").expect("it is an id")).having_seen(7)
}

fn stale() -> Refusal {
    let last = Acted { seq: 8, act: ActKind::Waive, site: None, by: identified(), refusal: None };
    Refusal::Stale { seen: 7, now: 8, phase: Phase::Running, last: Some(Box::new(last)) }
}

fn failures() -> [Failure; 5] {
    let message = "no seat".to_owned();
    [
        Failure::Failed { error: payload(), message: message.clone() },
        Failure::Exhausted { error: payload(), message: message.clone(), attempts: 3 },
        Failure::TimedOut { attempts: 2 },
        Failure::Panicked { message },
        Failure::Interrupted,
    ]
}

fn causes(site: &SitePath) -> Vec<Cause> {
    let message = "no".to_owned();
    let mut causes = vec![
        Cause::Failed { error: payload(), message: message.clone(), site: Some(site.clone()) },
        Cause::Panicked { message: message.clone() },
        Cause::Unrecordable { site: site.clone(), message },
        Cause::Cancelled { by: by() },
        Cause::Deadline,
        Cause::Idle { idle_ms: 9 },
        Cause::Ordered { by: by() },
    ];
    causes.extend(failures().map(|failure| Cause::StepFailed { site: site.clone(), failure }));
    causes
}

fn attempts(site: &SitePath) -> Vec<Record> {
    let message = "no".to_owned();
    let troubles = [
        AttemptError::Error { message: message.clone(), error: payload(), permanent: true },
        AttemptError::TimedOut,
        AttemptError::Panicked { message },
        AttemptError::Interrupted,
        AttemptError::NotHappened,
        AttemptError::NotBegun,
    ];
    let due = Timestamp(7);
    let ended = |(role, attempt, trouble, next)| {
        let (site, doubt) = (site.clone(), role == Role::Undo);
        Record::AttemptEnded { site, role, attempt, trouble, doubt, conclusive: !doubt, next }
    };
    let next = [Next::Again { due }, Next::Probe { due }, Next::Hold, Next::Hold, Next::Hold];
    let numbered = (1..).zip(troubles).zip(next);
    numbered
        .map(|((n, trouble), next)| ended((if n % 2 == 0 { Role::Undo } else { Role::Do }, n, trouble, next)))
        .collect()
}

fn steps(site: &SitePath) -> Vec<Record> {
    let lost = || Lost { why: "too large".to_owned() };
    let mut records = vec![
        Record::Intent {
            site: site.clone(),
            step: "hold_flight".into(),
            input: payload(),
            undo: Kind::Compensated,
            in_doubt: Some(call()),
            again: Some("the first seat was the wrong one".to_owned()),
        },
        Record::Deferred {
            site: site.clone(),
            step: "email".into(),
            input: payload(),
            in_doubt: Some(call()),
        },
        Record::UndoIntent { site: site.clone(), in_doubt: true },
        Record::Started { site: site.clone(), role: Role::Undo, attempt: 2 },
        Record::Resumed { site: site.clone(), next: Next::Again { due: Timestamp(8) } },
        Record::Probed {
            site: site.clone(),
            happened: None,
            trouble: Some("no answer".to_owned()),
            next: Next::Probe { due: Timestamp(8) },
        },
        Record::Done {
            site: site.clone(),
            output: Ok(payload()),
            undo: Some(Ok(call())),
            by: Finder::Attempt,
        },
        Record::Done { site: site.clone(), output: Ok(sealed()), undo: Some(Err(lost())), by: Finder::Probe },
        Record::Done { site: site.clone(), output: Err(lost()), undo: None, by: Finder::Operator(by()) },
        Record::Undone { site: site.clone(), by: Finder::Attempt },
        Record::Blocked {
            site: site.clone(),
            role: Role::Undo,
            reason: Reason::CompensationFailed,
            detail: "refused".to_owned(),
        },
        Record::BodyBlocked {
            reason: Reason::Diverged,
            detail: "other input".to_owned(),
            site: Some(site.clone()),
        },
    ];
    records.extend(attempts(site));
    let results = failures().map(Err).into_iter().chain([Ok(payload())]);
    let read = |(n, result)| Record::Read {
        site: site.clone(),
        step: "quote".into(),
        input: payload(),
        result,
        attempts: n,
    };
    records.extend((1..).zip(results).map(read));
    records.extend(failures().map(|failure| Record::Failed { site: site.clone(), failure }));
    records
}

fn waits(site: &SitePath) -> Vec<Record> {
    let (wait_ms, due) = (Some(5), Some(Timestamp(6)));
    vec![
        Record::Value { site: site.clone(), what: "uuid".into(), value: payload() },
        Record::Timer { site: site.clone(), wait_ms: 5, due: Timestamp(6) },
        Record::TimerFired { site: site.clone() },
        Record::Wait { site: site.clone(), name: "paid".into(), wait_ms, due },
        Record::Signalled { id: "s1".to_owned(), name: "paid".into(), payload: payload() },
        Record::WaitEnded { site: site.clone(), signal: Some("s1".to_owned()) },
        Record::SignalRefused { site: site.clone(), id: "s1".to_owned(), why: "no number".to_owned() },
        Record::Asked { site: site.clone(), prompt: "Charge?".to_owned(), wait_ms, due },
        Record::Answered { site: site.clone(), verdict: Verdict::Approved(by()) },
        Record::Answered { site: site.clone(), verdict: Verdict::Denied(by()) },
        Record::Answered { site: site.clone(), verdict: Verdict::Expired },
        Record::ChildStarted { site: site.clone(), saga: "book_hotel".into(), version: 2, input: payload() },
        Record::ChildUndoing { site: site.clone(), error: payload(), message: "no room".to_owned() },
        Record::ChildEnded { site: site.clone(), result: Ok(payload()) },
        Record::ChildEnded { site: site.clone(), result: Err(payload()) },
    ]
}

fn ends(site: &SitePath) -> Vec<Record> {
    let mut records = vec![
        Record::TooLate { site: site.clone() },
        Record::RolledBack,
        Record::Committing { output: payload() },
        Record::Completed { output: payload() },
        Record::Overdue,
        Record::DeadLettered,
        Record::UndoStarted { by: by(), sites: vec![site.clone(), SitePath::from("all.1/hold")] },
        Record::UndoEnded,
    ];
    records.extend(causes(site).into_iter().map(|cause| Record::StopRequested { cause }));
    records.extend(causes(site).into_iter().map(|cause| Record::RollbackStarted { cause }));
    records
}

fn acts(site: &SitePath) -> Vec<Record> {
    let resolved = |knowledge| Record::Resolved { by: by(), site: site.clone(), role: Role::Undo, knowledge };
    vec![
        Record::Redriven { by: by(), site: Some(site.clone()), input: Some(payload()) },
        resolved(Knowledge::Happened { output: payload() }),
        resolved(Knowledge::NotHappened),
        Record::Waived { by: by(), site: site.clone() },
        Record::Abandoned { by: by() },
        Record::RetriedNow { by: by() },
        Record::NoEffect { act: ActKind::Cancel, site: None, by: by(), refusal: None },
        Record::NoEffect {
            act: ActKind::Redrive,
            site: Some(site.clone()),
            by: identified(),
            refusal: Some(Box::new(stale())),
        },
    ]
}

/// Returns records of every kind and shape; they form no valid history. The first is `Scheduled`.
pub fn every_record() -> Vec<Record> {
    let site = SitePath::from("all[2].0/hold#2[3]");
    let deadline = Some(Timestamp(10));
    let key_namespace = KeyNamespace::new("orders-prod").ok();
    let mut records = vec![Record::Scheduled {
        saga: "book_trip".into(),
        version: 3,
        input: payload(),
        deadline,
        key_namespace,
        session: Some(Terms { calls_max: 7, idle_ms: Some(9), when_idle: WhenIdle::Commit }),
    }];
    records.extend([steps(&site), waits(&site), ends(&site), acts(&site)].into_iter().flatten());
    records
}

/// Returns deliveries of every kind.
pub fn every_delivery() -> Vec<Delivery> {
    let site = SitePath::from("charge_card");
    let resolve = |knowledge| Delivery::Resolve { site: site.clone(), role: Role::Do, knowledge, by: by() };
    vec![
        Delivery::Cancel { by: by() },
        Delivery::Signal { id: "s1".to_owned(), name: "paid".to_owned(), payload: payload() },
        Delivery::Answer { site: Some(site.clone()), approved: true, by: by() },
        Delivery::Undo { site: None, by: by() },
        Delivery::Redrive { site: Some(site.clone()), input: Some(payload()), by: by() },
        resolve(Knowledge::Happened { output: payload() }),
        resolve(Knowledge::NotHappened),
        Delivery::Waive { site: site.clone(), by: by() },
        Delivery::Open {},
        Delivery::RollBack { by: by() },
        Delivery::Abandon { by: by() },
        Delivery::RetryNow { by: identified() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_kind_is_missing() {
        let kinds: BTreeSet<&str> = every_record().iter().map(Record::kind).collect();
        assert_eq!(kinds, Record::KINDS.iter().copied().collect());
    }

    #[test]
    fn the_secrets_are_there_to_be_hidden() {
        let text = serde_json::to_string(&every_record()).unwrap();
        assert!(text.matches(SECRET).count() > 40, "{text}");
    }
}
