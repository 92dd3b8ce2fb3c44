//! Promises about appends: atomic, in sequence, independent of each other.

use super::desk::{Desk, NOW, creation, entries, entry, id, nothing, release, status, step, waits};
use super::{Place, records};
use crate::store::{Append, AppendError};
use crate::{Entry, Payload, Phase, Record, SitePath, Timestamp};

/// Checks that a creation returns an epoch and holds the saga; its records and status can be read.
pub async fn a_saga_is_created_with_its_first_records(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let created = Append { entries: entries(0..3), ..creation("a") };
    desk.append(created).await.expect("a saga is created");
    assert_eq!(desk.journal("a").await, entries(0..3));
    let summary = desk.store.summary(&id("a")).await.expect("it can be read").expect("the saga exists");
    assert_eq!((summary.id, summary.status), (id("a"), status(Phase::Scheduled)));
    assert!(summary.held, "whoever creates a saga holds it");
}

/// Checks that a creation under an id that exists is refused and changes nothing, held or not.
pub async fn a_saga_that_exists_is_not_created_again(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let other = Record::Scheduled {
        saga: "other".into(),
        version: 9,
        input: Payload::null(),
        deadline: None,
        key_namespace: None,
        session: None,
    };
    let other = Append { entries: vec![Entry { record: other, ..entry(0) }], ..creation("a") };
    let exists = Err(AppendError::Exists { saga: id("a") });
    assert_eq!(desk.append(other.clone()).await, exists);
    assert_eq!(desk.append(step("a", epoch, 1..2)).await, Ok(epoch), "the first creation still holds it");
    desk.append(release("a", epoch, status(Phase::Completed))).await.expect("the epoch is right");
    assert_eq!(desk.append(other).await, exists);
    assert_eq!(desk.journal("a").await, entries(0..2));
    assert_eq!(desk.status("a").await, status(Phase::Completed));
}

/// Checks that a creation without a status is refused.
pub async fn a_creation_without_a_status_creates_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let bare = Append { status: None, ..creation("a") };
    assert_eq!(desk.append(bare).await, Err(AppendError::NoSuchSaga { saga: id("a") }));
    assert_eq!(desk.store.summary(&id("a")).await.expect("it can be read"), None);
    desk.create("a").await;
}

/// Checks that records which leave a gap, or come a second time with other content, are refused with what was expected.
pub async fn records_follow_each_other_without_gaps(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.append(step("a", epoch, 1..4)).await.expect("these follow");
    for (seqs, expected, found) in
        [(vec![5], 4, 5), (vec![4, 6], 5, 6), (vec![4, 4], 5, 4), (vec![9, 4], 4, 9)]
    {
        let refused = desk.append(step("a", epoch, seqs.clone())).await;
        assert_eq!(
            refused,
            Err(AppendError::Sequence { saga: id("a"), expected, found }),
            "records {seqs:?}"
        );
        assert_eq!(desk.seqs("a").await, [0, 1, 2, 3], "after records {seqs:?} were refused");
    }
    let overlap = desk.append(step("a", epoch, 3..5)).await;
    assert_eq!(overlap, Err(AppendError::Sequence { saga: id("a"), expected: 4, found: 3 }));
    desk.append(step("a", epoch, 4..6)).await.expect("a refusal does no harm");
    let late = Append { entries: entries([1]), ..creation("b") };
    assert_eq!(desk.append(late).await, Err(AppendError::Sequence { saga: id("b"), expected: 0, found: 1 }));
    assert_eq!(desk.store.summary(&id("b")).await.expect("it can be read"), None);
}

/// Checks that if the second of two records does not fit, no record and no status is written, and the saga is not
/// released.
pub async fn an_append_is_applied_whole_or_not_at_all(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let mail = desk.deliver("a", NOW).await;
    let torn = Append { entries: entries([1, 3]), taken: vec![mail], ..release("a", epoch, waits(NOW)) };
    assert!(desk.append(torn).await.is_err());
    assert_eq!(desk.seqs("a").await, [0]);
    assert_eq!(desk.status("a").await, status(Phase::Scheduled));
    assert_eq!(desk.mail().await, [mail], "a refused append takes nothing from the inbox");
    assert_eq!(desk.append(step("a", epoch, [1])).await, Ok(epoch), "a refused append releases nothing");
}

/// Checks that an append to a saga that was never created is refused.
pub async fn an_append_to_an_unknown_saga_is_refused(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    assert_eq!(desk.append(step("b", epoch, [1])).await, Err(AppendError::NoSuchSaga { saga: id("b") }));
    assert_eq!(desk.append(nothing("b", epoch)).await, Err(AppendError::NoSuchSaga { saga: id("b") }));
}

/// Checks that in a batch of good and bad appends the good ones are applied, and the answers are in the batch's order.
pub async fn one_refused_append_does_not_touch_the_others(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    let batch = [
        step("a", a, [1]),
        step("b", a, [1]),
        step("b", b, [7]),
        Append { entries: vec![], ..creation("c") },
        step("b", b, [1, 2]),
        step("nobody", b, [1]),
        Append { status: Some(waits(NOW)), release: true, ..creation("d") },
    ];
    let batch = [&batch[..], &[Append { entries: entries(0..5), ..creation("a") }]].concat();
    let answers = desk.commit(&batch).await;
    assert_eq!(answers[0], Ok(a));
    assert!(matches!(answers[1], Err(AppendError::Fenced { .. })), "{:?}", answers[1]);
    assert_eq!(answers[2], Err(AppendError::Sequence { saga: id("b"), expected: 1, found: 7 }));
    assert_eq!(answers[4], Ok(b));
    assert_eq!(answers[5], Err(AppendError::NoSuchSaga { saga: id("nobody") }));
    assert!(answers[3].is_ok() && answers[6].is_ok(), "{answers:?}");
    assert_eq!(answers[7], Err(AppendError::Exists { saga: id("a") }));
    assert_eq!((desk.seqs("a").await, desk.seqs("b").await), (vec![0, 1], vec![0, 1, 2]));
    assert_eq!((desk.seqs("c").await, desk.seqs("d").await), (vec![], vec![0]));
}

/// Checks that later appends of a batch see the earlier ones, up to a release.
pub async fn appends_to_one_saga_in_one_batch_are_applied_in_order(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let last = Append { entries: entries([3]), ..release("a", epoch, status(Phase::Completed)) };
    let batch = [
        step("a", epoch, [1]),
        Append { status: Some(status(Phase::Running)), ..step("a", epoch, [2]) },
        last,
        step("a", epoch, [4]),
        creation("a"),
    ];
    let answers = desk.commit(&batch).await;
    assert_eq!(answers[..3], [Ok(epoch), Ok(epoch), Ok(epoch)]);
    assert_eq!(answers[3], Err(AppendError::Fenced { saga: id("a"), epoch }));
    assert_eq!(desk.seqs("a").await, [0, 1, 2, 3]);
    assert_eq!(desk.status("a").await.phase, Phase::Completed);
}

/// Checks that an empty batch gets no answers. An append without content reports whether its epoch still holds.
pub async fn an_empty_batch_changes_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    assert!(desk.commit(&[]).await.is_empty());
    let epoch = desk.create("a").await;
    assert_eq!(desk.append(nothing("a", epoch)).await, Ok(epoch));
    assert_eq!(desk.seqs("a").await, [0]);
    let only_status = Append { status: Some(status(Phase::Running)), ..nothing("a", epoch) };
    assert_eq!(desk.append(only_status).await, Ok(epoch));
    assert_eq!(desk.status("a").await, status(Phase::Running));
}

/// Checks that an append without records is refused if its worker has not read all of the journal: it would release a
/// saga that has more to do.
pub async fn an_append_without_records_knows_the_journal(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.append(step("a", epoch, 1..3)).await.expect("it is held");
    for stale in [0, 1, 2, 4] {
        let release = Append { next: Some(stale), ..release("a", epoch, waits(NOW)) };
        let refused = AppendError::Sequence { saga: id("a"), expected: 3, found: stale };
        assert_eq!(desk.append(release).await, Err(refused));
    }
    assert_ne!(desk.status("a").await, waits(NOW));
    let release = Append { next: Some(3), ..release("a", epoch, waits(NOW)) };
    assert_eq!(desk.append(release).await, Ok(epoch));
    assert_eq!(desk.status("a").await, waits(NOW));
}

/// Checks that records of every kind come back equal, with their times, secrets and sealed payloads.
pub async fn every_kind_of_record_is_kept_as_it_was(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let kept: Vec<Entry> = (0..)
        .zip(records::every_record())
        .map(|(seq, record)| Entry { seq, at: Timestamp(NOW.0 + seq as i64 / 3 * 7), record })
        .collect();
    let (first, rest) = kept.split_at(5);
    let epoch =
        desk.append(Append { entries: first.to_vec(), ..creation("a") }).await.expect("it is created");
    for some in rest.chunks(4) {
        let append = Append { entries: some.to_vec(), ..nothing("a", epoch) };
        assert_eq!(desk.append(append).await, Ok(epoch));
    }
    let desk = desk.restart(super::desk::LATER).await;
    let loaded = desk.journal("a").await;
    assert_eq!(loaded.len(), kept.len());
    for (loaded, kept) in loaded.iter().zip(&kept) {
        assert_eq!(loaded, kept);
        let text = |entry| serde_json::to_string(entry).expect("an entry has a JSON form");
        assert_eq!(text(loaded), text(kept), "also to the byte");
    }
}

/// Checks that a record of some megabytes is kept, and so are many of them in one append.
pub async fn large_records_are_kept_as_they_were(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let large = |seq| {
        let value =
            Payload::encode(&"\u{1F6EB}x".repeat(200_000 * seq as usize)).expect("text has a JSON form");
        let record = Record::Value { site: SitePath::from("now"), what: "now".into(), value };
        Entry { record, ..entry(seq) }
    };
    let kept: Vec<Entry> = (1..4).map(large).chain((4..600).map(entry)).collect();
    desk.append(Append { entries: kept.clone(), ..nothing("a", epoch) }).await.expect("these follow");
    assert!(desk.journal("a").await[1..] == kept, "what was loaded is not what was written");
}

/// Checks that ids which differ by case, by trailing space or by the composition of an accent are different sagas. They
/// may have the maximum length.
pub async fn ids_that_look_alike_are_different_sagas(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let long = "x".repeat(crate::SAGA_ID_BYTES_MAX);
    let alike =
        ["trip", "Trip", "trip ", " trip", "tríp", "tri\u{301}p", "%", "_", "1", "01", "1.0", "'", &long];
    for (n, name) in (1..).zip(alike) {
        desk.append(Append { entries: entries(0..n), ..creation(name) }).await.expect(name);
    }
    for (n, name) in (1..).zip(alike) {
        assert_eq!(desk.seqs(name).await, (0..n).collect::<Vec<_>>(), "of saga {name:?}");
    }
}
