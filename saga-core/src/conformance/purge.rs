//! Promises about purging: only sagas that ended long ago are deleted.

use super::Place;
use super::desk::{Desk, LATER, NOW, creation, entries, id, release, status, waits};
use crate::store::{Append, DeliverError, Purge, Query, Status};
use crate::{Phase, Timestamp, Undoable};

async fn purge(desk: &Desk<'_>, ended_before: Timestamp, undoable_too: bool) -> u64 {
    let purge = Purge { ended_before, undoable_too };
    desk.store.purge(purge, LATER).await.expect("it can be purged")
}

async fn left(desk: &Desk<'_>) -> Vec<String> {
    let page = desk.store.query(&Query::default()).await.expect("it can be listed");
    page.sagas.iter().map(|s| s.id.as_str().to_owned()).collect()
}

/// Checks that completed, rolled back and abandoned sagas are purged if they ended before the given time, but not at
/// it.
pub async fn what_ended_before_is_purged(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for (name, phase) in [("a", Phase::Completed), ("b", Phase::RolledBack), ("c", Phase::Abandoned)] {
        desk.released(name, status(phase), NOW).await;
    }
    desk.released("d", status(Phase::Completed), Timestamp(NOW.0 + 1)).await;
    let epoch = desk.create("e").await;
    desk.append_at(release("e", epoch, status(Phase::Completed)), LATER).await.expect("the epoch is right");
    assert_eq!(purge(&desk, NOW, false).await, 0);
    assert_eq!(purge(&desk, Timestamp(NOW.0 + 1), false).await, 3);
    assert_eq!(left(&desk).await, ["d", "e"], "when it was created does not matter, but when it ended");
    assert_eq!(desk.journal("d").await, entries(0..1));
    assert_eq!(purge(&desk, LATER, false).await, 1);
    assert_eq!(left(&desk).await, ["e"]);
}

/// Checks that running, waiting and dead-lettered sagas are never purged, however old.
pub async fn what_has_not_ended_is_spared(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let open = Phase::ALL.into_iter().filter(|p| !p.is_ended()).enumerate();
    for (n, phase) in open {
        desk.released(&format!("saga-{n}"), status(phase), NOW).await;
    }
    assert_eq!(purge(&desk, Timestamp(i64::MAX), true).await, 0);
    assert_eq!(left(&desk).await.len(), 6);
}

/// Checks that a completed saga that can be undone is purged only if that is requested; then also one without a limit.
pub async fn what_could_be_undone_is_spared_unless_asked_for(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let window = |undoable| Status { undoable, ..status(Phase::Completed) };
    let until = |until| window(Undoable::Until(Timestamp(until)));
    desk.released("always", window(Undoable::Always), NOW).await;
    desk.released("still", until(LATER.0), NOW).await;
    desk.released("no more", until(LATER.0 - 1), NOW).await;
    assert_eq!(purge(&desk, LATER, false).await, 1);
    assert_eq!(left(&desk).await, ["always", "still"]);
    assert_eq!(purge(&desk, NOW, true).await, 0, "only what ended before");
    assert_eq!(purge(&desk, LATER, true).await, 2);
}

/// Checks that held sagas and sagas with deliveries stay: the holder is about to write, and a delivery must get its
/// answer.
pub async fn what_is_held_or_has_deliveries_is_spared(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.append(Append { status: Some(status(Phase::Completed)), ..creation("held") })
        .await
        .expect("it is created");
    desk.released("asked", status(Phase::Completed), NOW).await;
    let mail = desk.deliver("asked", NOW).await;
    assert_eq!(purge(&desk, LATER, true).await, 0);
    let epoch = desk.claim_one("asked", NOW).await;
    assert_eq!(desk.mail().await, [mail]);
    let taken = Append { taken: vec![mail], ..release("asked", epoch, status(Phase::Completed)) };
    desk.append(taken).await.expect("the epoch is right");
    assert_eq!(purge(&desk, LATER, true).await, 1);
    assert_eq!(left(&desk).await, ["held"]);
}

/// Checks that no record, summary or delivery is left. The id is free, and a new saga under it starts from nothing.
pub async fn a_purged_saga_leaves_nothing_behind(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for name in ["before", "a", "after"] {
        let old = Append { entries: entries(0..4), ..creation(name) };
        desk.append(old).await.expect("it is created");
    }
    let held = desk.store.held(desk.worker).await.expect("it can be listed");
    let epoch = held.iter().find(|c| c.saga.as_str() == "a").expect("it is held").epoch;
    let undoable = Status { undoable: Undoable::Until(NOW), ..waits(NOW) };
    let ended = Status { phase: Phase::Completed, ..undoable };
    desk.append(release("a", epoch, ended)).await.expect("the epoch is right");
    assert_eq!(purge(&desk, LATER, false).await, 1);
    assert!(desk.journal("a").await.is_empty());
    assert_eq!(desk.store.summary(&id("a")).await.expect("it can be read"), None);
    assert!(desk.claim(Timestamp(NOW.0 + 1)).await.is_empty(), "it had been due");
    let refused = desk.store.deliver(&id("a"), super::desk::cancel("ann"), NOW).await;
    assert!(matches!(refused, Err(DeliverError::NoSuchSaga { .. })), "{refused:?}");
    assert_eq!((desk.seqs("before").await, desk.seqs("after").await), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
    desk.create("a").await;
    assert_eq!(desk.seqs("a").await, [0]);
    assert_eq!(left(&desk).await, ["before", "after", "a"]);
}
