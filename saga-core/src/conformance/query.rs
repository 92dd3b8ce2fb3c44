//! Promises about listing: every saga, once, with its last written status.

use super::Place;
use super::desk::{Desk, LATER, NOW, creation, id, release, status, waits};
use crate::store::{Append, Query, Status};
use crate::{Phase, Reason, Timestamp, Undoable};

async fn pages(desk: &Desk<'_>, query: Query) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), query.after);
    loop {
        let page = desk.store.query(&Query { after, ..query.clone() }).await.expect("it can be listed");
        pages.push(page.sagas.iter().map(|s| s.id.as_str().to_owned()).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

async fn list(desk: &Desk<'_>, query: Query) -> Vec<String> {
    pages(desk, query).await.concat()
}

/// Checks that a saga that was never created has no records, no summary and no deliveries.
pub async fn an_unknown_saga_has_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    assert!(desk.journal("a").await.is_empty());
    assert_eq!(desk.store.summary(&id("a")).await.expect("it can be read"), None);
    assert_eq!(list(&desk, Query::default()).await, Vec::<String>::new());
}

/// Checks that the order is that of creation, and is stable when sagas change. Sagas created in the meantime come at
/// the end.
pub async fn pages_give_every_saga_once_oldest_first(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let names = ["d", "a", "c", "b", "e"];
    for name in names {
        desk.create(name).await;
    }
    let by_two = Query { limit: 2, ..Query::default() };
    assert_eq!(pages(&desk, by_two.clone()).await, [vec!["d", "a"], vec!["c", "b"], vec!["e"]]);
    let by_five = Query { limit: 5, ..Query::default() };
    assert_eq!(pages(&desk, by_five).await, [names.to_vec()], "a page that is just full is the last");
    let first = desk.store.query(&by_two).await.expect("it can be listed");
    desk.released("f", waits(NOW), NOW).await;
    desk.claim_one("f", NOW).await;
    let rest = list(&desk, Query { after: first.next, ..by_two }).await;
    assert_eq!(rest, ["c", "b", "e", "f"]);
}

/// Checks that a page has 100 sagas by default, and never more than 1000, nor none.
pub async fn page_sizes_have_limits(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let batch: Vec<Append> = (0..1001).map(|n| creation(&format!("saga-{n}"))).collect();
    assert!(desk.commit(&batch).await.iter().all(Result::is_ok));
    let limits = [(0, 1), (1, 1), (1000, 1000), (1001, 1000), (usize::MAX, 1000)];
    for (limit, size) in limits.into_iter().chain([(Query::default().limit, 100)]) {
        let page = desk.store.query(&Query { limit, ..Query::default() }).await.expect("it can be listed");
        assert_eq!((page.sagas.len(), page.next.is_some()), (size, true), "for a limit of {limit}");
    }
}

/// Checks that filters by phase, by type and by reason work alone and together, and do not change the order.
pub async fn filters_give_what_they_say(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let dead = |reasons: &[Reason]| Status { reasons: reasons.to_vec(), ..status(Phase::DeadLettered) };
    let other = |phase| Status { saga: "other".into(), ..status(phase) };
    desk.released("e", dead(&[Reason::InDoubt]), NOW).await;
    desk.released("d", other(Phase::Completed), NOW).await;
    desk.released("c", status(Phase::Completed), NOW).await;
    desk.released("b", dead(&[Reason::InDoubt, Reason::CompensationFailed]), NOW).await;
    desk.released("a", other(Phase::RolledBack), NOW).await;
    let query = |phases: &[Phase], saga: Option<&str>, reason| Query {
        phases: phases.to_vec(),
        saga: saga.map(str::to_owned),
        reason,
        limit: 1,
        ..Query::default()
    };
    let cases: [(Query, &[&str]); 9] = [
        (query(&[], None, None), &["e", "d", "c", "b", "a"]),
        (query(&[Phase::Completed], None, None), &["d", "c"]),
        (query(&[Phase::RolledBack, Phase::Completed], None, None), &["d", "c", "a"]),
        (query(&[Phase::Running], None, None), &[]),
        (query(&[], Some("other"), None), &["d", "a"]),
        (query(&[], Some("Other"), None), &[]),
        (query(&[Phase::Completed], Some("other"), None), &["d"]),
        (query(&[], None, Some(Reason::InDoubt)), &["e", "b"]),
        (query(&Phase::ALL, None, Some(Reason::CompensationFailed)), &["b"]),
    ];
    for (query, expected) in cases {
        assert_eq!(list(&desk, query.clone()).await, expected, "{query:?}");
    }
}

/// Checks that a summary has the time of creation, the time of the last status, and whether the saga is held.
pub async fn a_summary_says_when_and_whether_held(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let summary = async || {
        let summary = desk.store.summary(&id("a")).await.expect("it can be read").expect("it exists");
        (summary.created_at, summary.updated_at, summary.held)
    };
    let epoch = desk.create("a").await;
    assert_eq!(summary().await, (NOW, NOW, true));
    desk.append_at(super::desk::step("a", epoch, [1]), Timestamp(NOW.0 + 1)).await.expect("it follows");
    assert_eq!(summary().await, (NOW, NOW, true), "no status was written");
    desk.append_at(release("a", epoch, status(Phase::Completed)), LATER).await.expect("the epoch is right");
    assert_eq!(summary().await, (NOW, LATER, false));
    let listed = desk.store.query(&Query::default()).await.expect("it can be listed");
    assert_eq!(Some(&listed.sagas[0]), desk.store.summary(&id("a")).await.expect("it can be read").as_ref());
}

/// Checks that every phase and reason is kept, and so are numbers and names at their limits.
pub async fn every_status_is_kept_as_it_was(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let reasons = [
        Reason::RetriesExhausted,
        Reason::CompensationFailed,
        Reason::InDoubt,
        Reason::Diverged,
        Reason::Undecodable,
        Reason::PoisonPill,
        Reason::BoundExceeded,
        Reason::BudgetExceeded,
        Reason::LoopDetected,
        Reason::OutputLost,
        Reason::FailedPastNoReturn,
    ];
    let mut kept: Vec<Status> = Phase::ALL.into_iter().map(status).collect();
    kept.extend(reasons.iter().map(|r| Status { reasons: vec![*r], ..status(Phase::DeadLettered) }));
    kept.push(Status {
        saga: "ü'\"%_ /".into(),
        version: u32::MAX,
        phase: Phase::DeadLettered,
        wake_at: Some(Timestamp(i64::MIN)),
        reasons: reasons.to_vec(),
        progress: u64::from(u32::MAX) << 20,
        deaths: u32::MAX,
        undoable: Undoable::Always,
    });
    kept.push(Status {
        undoable: Undoable::Until(Timestamp(-1)),
        wake_at: Some(Timestamp(i64::MAX)),
        ..kept[0].clone()
    });
    for (n, status) in kept.iter().enumerate() {
        desk.released(&format!("saga-{n}"), status.clone(), NOW).await;
    }
    let listed = desk.store.query(&Query::default()).await.expect("it can be listed");
    for (listed, kept) in listed.sagas.iter().zip(&kept) {
        assert_eq!(&listed.status, kept);
        assert_eq!(&desk.status(listed.id.as_str()).await, kept);
    }
    assert_eq!(listed.sagas.len(), kept.len());
}
