//! Promises about repeats: an answer is lost, and the same request is sent again.

use std::sync::Arc;

use super::desk::{
    Desk, LATER, NOW, creation, entries, id, names, nothing, release, status, step, waits, wanted,
};
use super::{Fault, Faulty, Place};
use crate::store::{Append, AppendError, StoreError};
use crate::{Entry, Epoch, Phase, Timestamp};

/// Returns a desk at a store that fails according to a script.
async fn shaky(place: &dyn Place) -> (Desk<'_>, Arc<Faulty>) {
    let desk = Desk::new(place).await;
    let faulty = Arc::new(Faulty::new(desk.store.clone()));
    (Desk { store: faulty.clone(), ..desk }, faulty)
}

/// Sends a batch repeatedly, as a runtime does, while answers get lost: once not applied, twice applied.
async fn insist(desk: &Desk<'_>, faulty: &Faulty, batch: &[Append]) -> Vec<Result<Epoch, AppendError>> {
    let script = [Fault::Before, Fault::After, Fault::After, Fault::None];
    faulty.script(script);
    for _ in &script[1..] {
        let lost = desk.store.commit(desk.worker, batch, NOW).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    }
    desk.commit(batch).await
}

/// Checks that records that are sent again after they were applied are there once, and so are their side effects.
pub async fn a_repeated_append_is_applied_once(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let epoch = desk.create("a").await;
    let mail = desk.deliver("a", NOW).await;
    let append = Append { status: Some(status(Phase::Running)), taken: vec![mail], ..step("a", epoch, 1..3) };
    assert_eq!(insist(&desk, &faulty, &[append]).await, [Ok(epoch)]);
    assert_eq!(desk.journal("a").await, entries(0..3));
    assert_eq!((desk.status("a").await, desk.mail().await), (status(Phase::Running), vec![]));
    assert_eq!(desk.append(step("a", epoch, [3])).await, Ok(epoch), "the next record follows");
}

/// Checks that the earlier of two appends is recognized although it is no longer the end of the journal.
pub async fn a_repeated_batch_with_two_appends_to_one_saga_is_applied_once(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    let batch = [step("a", a, 1..3), step("b", b, [1]), step("a", a, [3])];
    assert_eq!(insist(&desk, &faulty, &batch).await, [Ok(a), Ok(b), Ok(a)]);
    assert_eq!((desk.seqs("a").await, desk.seqs("b").await), (vec![0, 1, 2, 3], vec![0, 1]));
    assert_eq!(desk.append(step("a", a, [4])).await, Ok(a), "the next record follows");
}

/// Checks that a creation that is sent again after it was applied returns the epoch of the first.
pub async fn a_repeated_creation_is_applied_once(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let created = insist(&desk, &faulty, &[Append { entries: entries(0..2), ..creation("a") }]).await;
    let epoch = created[0].clone().expect("it is the same creation");
    assert_eq!(desk.seqs("a").await, [0, 1]);
    assert_eq!(
        desk.append(step("a", epoch, [2])).await,
        Ok(epoch),
        "the epoch of the answer is the one that holds"
    );
    assert!(desk.claim(NOW).await.is_empty(), "it is held");
}

/// Checks the same for a creation that releases the saga.
pub async fn a_repeated_creation_that_was_released_is_applied_once(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let released = Append { status: Some(waits(NOW)), release: true, ..creation("a") };
    let answers = insist(&desk, &faulty, &[released]).await;
    assert!(answers[0].is_ok(), "{answers:?}");
    let epoch = desk.claim_one("a", NOW).await;
    assert_eq!(desk.append(step("a", epoch, [1])).await, Ok(epoch));
}

/// Checks that a release that is sent again after it was applied is not fenced, with records and without.
pub async fn a_repeated_release_is_applied_once(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    let with_records = Append { entries: entries([1, 2]), ..release("a", a, waits(NOW)) };
    let batch = [with_records, release("b", b, waits(LATER))];
    assert_eq!(insist(&desk, &faulty, &batch).await, [Ok(a), Ok(b)]);
    assert_eq!(desk.seqs("a").await, [0, 1, 2]);
    assert_eq!((desk.status("a").await, desk.status("b").await), (waits(NOW), waits(LATER)));
    assert_eq!(desk.claim(NOW).await, ["a"]);
}

/// Checks that a late repeat does not overwrite a newer status.
pub async fn a_repeated_status_does_not_undo_what_came_later(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let first = Append { status: Some(status(Phase::Waiting)), ..step("a", epoch, [1]) };
    let second = Append { status: Some(status(Phase::RollingBack)), ..step("a", epoch, [2]) };
    assert_eq!(desk.commit(&[first.clone(), second]).await, [Ok(epoch), Ok(epoch)]);
    assert_eq!(desk.append(first).await, Ok(epoch));
    assert_eq!(desk.status("a").await.phase, Phase::RollingBack);
}

/// Checks that after another claim a repeat is fenced: a worker that lost the saga must not continue.
pub async fn a_repeat_after_the_next_claim_is_fenced(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let old = desk.create("a").await;
    let append = step("a", old, [1]);
    assert_eq!(desk.append(append.clone()).await, Ok(old));
    desk.append(release("a", old, waits(NOW))).await.expect("the epoch is right");
    let new = desk.claim_one("a", NOW).await;
    let fenced = Err(AppendError::Fenced { saga: id("a"), epoch: old });
    assert_eq!(desk.append(append).await, fenced);
    assert_eq!(desk.append(release("a", old, waits(NOW))).await, fenced);
    assert_eq!(desk.append(step("a", new, [2])).await, Ok(new));
}

/// Checks that a refused append gets the same refusal again.
pub async fn a_repeated_refusal_is_the_same_refusal(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    let epoch = desk.create("a").await;
    let batch = [step("a", Epoch(u64::MAX), [1]), step("a", epoch, [2]), step("b", epoch, [1])];
    let first = desk.commit(&batch).await;
    assert!(first.iter().all(Result::is_err), "{first:?}");
    assert_eq!(insist(&desk, &faulty, &batch).await, first);
}

/// Checks that other content, or another time, is not a repeat: records of different workers must not be confused.
pub async fn other_records_in_the_same_place_are_no_repeat(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.append(step("a", epoch, [1])).await.expect("it follows");
    let mut other = entries([1]);
    other[0].record = super::desk::entry(7).record;
    let mut later = entries([1]);
    later[0].at = LATER;
    for entries in [other, later] {
        let refused = desk.append(Append { entries, ..nothing("a", epoch) }).await;
        assert_eq!(refused, Err(AppendError::Sequence { saga: id("a"), expected: 2, found: 1 }));
    }
    // If this had been applied, the claim would be over.
    let released = Append { entries: entries([1]), ..release("a", epoch, waits(NOW)) };
    assert_eq!(
        desk.append(released).await,
        Err(AppendError::Sequence { saga: id("a"), expected: 2, found: 1 })
    );
    assert_eq!(desk.journal("a").await, entries(0..2));
}

/// Checks that if two workers create the same saga with the same records at the same time, one succeeds.
pub async fn a_creation_by_another_worker_is_no_repeat(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let desk = desk.successor(NOW).await;
    assert_eq!(desk.append(creation("a")).await, Err(AppendError::Exists { saga: id("a") }));
}

/// Checks that a claim that was applied, but got no answer, is listed by `held`.
pub async fn a_claim_whose_answer_was_lost_is_listed(place: &dyn Place) {
    let (desk, faulty) = shaky(place).await;
    desk.released("a", waits(NOW), NOW).await;
    faulty.script([Fault::Before, Fault::After]);
    for listed in [0, 1] {
        let lost = desk.store.claim(desk.worker, &wanted(), NOW).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        assert_eq!(desk.store.held(desk.worker).await.expect("it can be listed").len(), listed);
    }
    assert!(names(&desk.claims(NOW).await).is_empty(), "it is held");
    let held = desk.store.held(desk.worker).await.expect("it can be listed");
    let append = Append {
        entries: vec![Entry { at: Timestamp(5), ..super::desk::entry(1) }],
        ..nothing("a", held[0].epoch)
    };
    assert_eq!((held[0].saga.clone(), desk.append(append).await), (id("a"), Ok(held[0].epoch)));
}
