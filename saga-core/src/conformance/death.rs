//! Promises about the deaths of workers. The claims of a dead worker are counted, which identifies a saga that kills
//! its workers; other sagas are not blamed for it.

use super::Place;
use super::desk::{Desk, LATER, NOW, creation, id, names, release, status, step, waits, wanted};
use crate::store::{Append, Claims, LeftOut, QUARANTINE_DEATHS, Status, Suspects, Wanted};
use crate::{Phase, Timestamp};

/// Returns the time of a restart: each is more than a lease after the last.
fn restarted(times: i64) -> Timestamp {
    Timestamp(NOW.0 + times * (LATER.0 - NOW.0))
}

fn deaths(claims: &Claims) -> Vec<(&str, u32)> {
    claims.claimed.iter().map(|c| (c.saga.as_str(), c.status.deaths)).collect()
}

/// Creates a released saga with this number of deaths.
async fn released_dead(desk: &Desk<'_>, name: &str, deaths: u32) {
    desk.released(name, Status { deaths, ..waits(NOW) }, NOW).await;
}

/// Checks that a worker's death, by a crash or by leaving, counts once for each saga that it held.
pub async fn a_claim_that_was_never_released_counts_as_died(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let desk = desk.restart(restarted(1)).await;
    assert_eq!(deaths(&desk.claims(restarted(1)).await), [("a", 1)]);
    desk.store.leave(desk.worker).await.expect("a worker can leave");
    let desk = desk.restart(restarted(2)).await;
    assert_eq!(deaths(&desk.claims(restarted(2)).await), [("a", 2)]);
    let desk = desk.restart(restarted(3)).await;
    assert_eq!(deaths(&desk.claims(restarted(3)).await), [("a", 3)]);
    assert!(desk.claim(restarted(3)).await.is_empty());
}

/// Checks that a worker's death does not count for sagas that it had released or never held.
pub async fn a_claim_that_was_released_does_not_count(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.append(release("a", epoch, waits(NOW))).await.expect("the epoch is right");
    desk.released("b", waits(NOW), NOW).await;
    let ended = desk.create("c").await;
    desk.append(release("c", ended, status(Phase::Completed))).await.expect("the epoch is right");
    let desk = desk.restart(LATER).await;
    assert_eq!(deaths(&desk.claims(LATER).await), [("a", 0), ("b", 0)]);
}

/// Checks that progress resets the count: the worker writes a status with no deaths.
pub async fn a_status_with_fewer_deaths_is_believed(place: &dyn Place) {
    let desk = Desk::new(place).await;
    released_dead(&desk, "a", 1).await;
    let epoch = desk.claim_one("a", NOW).await;
    let progress =
        Append { status: Some(Status { progress: 5, ..status(Phase::Running) }), ..step("a", epoch, [1]) };
    desk.append(progress).await.expect("the epoch is right");
    let desk = desk.restart(LATER).await;
    assert_eq!(deaths(&desk.claims(LATER).await), [("a", 1)]);
}

/// Checks that a suspect is not claimed unless suspects are wanted. Its deaths are still counted, once.
pub async fn a_quarantined_saga_is_given_only_if_wanted(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let once = Status { deaths: QUARANTINE_DEATHS - 1, ..status(Phase::Running) };
    desk.append(Append { status: Some(once), ..creation("a") }).await.expect("a saga is created");
    desk.create("b").await;
    let desk = desk.restart(LATER).await;
    let healthy = Wanted { suspects: Suspects::NONE, ..wanted() };
    for turn in 0..3 {
        let claims = desk.store.claim(desk.worker, &healthy, LATER).await.expect("the worker may claim");
        assert_eq!(names(&claims), if turn == 0 { vec!["b"] } else { vec![] });
        let summary = desk.store.summary(&id("a")).await.expect("it can be read").expect("it exists");
        assert!(!summary.held, "nobody holds what nobody was given");
    }
    assert_eq!(deaths(&desk.claims(LATER).await), [("a", QUARANTINE_DEATHS)]);
}

/// Checks that of several quarantined sagas one is claimed at a time, so the next death identifies the cause. All
/// others are claimed as usual.
pub async fn of_the_quarantined_one_is_given_at_a_time(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for name in ["a", "b", "c"] {
        released_dead(&desk, name, QUARANTINE_DEATHS).await;
    }
    desk.released("d", waits(NOW), NOW).await;
    let mut claimed = desk.claim(NOW).await;
    assert_eq!(claimed.pop().as_deref(), Some("d"), "a bystander is not held up");
    let mut suspects = claimed;
    assert_eq!(suspects.len(), 1, "{suspects:?}");
    for _ in 0..2 {
        let next = desk.claim(NOW).await;
        assert_eq!(next.len(), 1, "{next:?}");
        suspects.extend(next);
    }
    suspects.sort();
    assert_eq!(suspects, ["a", "b", "c"]);
}

/// Checks that deliveries to a quarantined saga wait for it.
pub async fn a_quarantined_saga_loses_no_delivery(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", Status { deaths: QUARANTINE_DEATHS, ..status(Phase::Waiting) }, NOW).await;
    let mail = desk.deliver("a", NOW).await;
    let healthy = Wanted { suspects: Suspects::NONE, ..wanted() };
    let claims = desk.store.claim(desk.worker, &healthy, NOW).await.expect("the worker may claim");
    assert!(claims.claimed.is_empty() && desk.mail().await.is_empty());
    desk.claim_one("a", NOW).await;
    assert_eq!(desk.mail().await, [mail]);
}

/// Checks that suspects with the numbers of deaths that a worker holds back are not claimed, due or with a delivery, and
/// that the one of them which waits longest is named.
pub async fn suspects_with_deaths_that_are_held_back_are_left_out(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for (name, deaths, since) in [("a", 4, -1), ("b", 2, -2), ("c", 3, -5), ("d", 5, -3), ("e", 0, -4)] {
        let status = Status { deaths, ..waits(Timestamp(NOW.0 + since)) };
        desk.released(name, status, Timestamp(NOW.0 - 9)).await;
    }
    desk.deliver("a", NOW).await;
    let suspects = Suspects { limit: 10, held_back_from: 3, held_back_below: 5 };
    let claims = async |suspects| {
        let wanted = Wanted { suspects, ..wanted() };
        desk.store.claim(desk.worker, &wanted, NOW).await.expect("the worker may claim")
    };
    let left_out =
        |name, deaths, since| Some(LeftOut { saga: id(name), deaths, since: Timestamp(NOW.0 + since) });
    let first = claims(suspects).await;
    assert_eq!(deaths(&first), [("e", 0), ("d", 5), ("b", 2)]);
    assert_eq!(first.left_out, left_out("c", 3, -5));
    assert!(first.next_wake.is_none_or(|at| at > NOW), "what is left out is not announced: {first:?}");
    let none = claims(Suspects::NONE).await;
    assert_eq!((deaths(&none), none.left_out.clone()), (vec![], left_out("c", 3, -5)));
    let one = claims(Suspects::ONE).await;
    assert_eq!((deaths(&one), one.left_out.clone()), (vec![("c", 3)], left_out("a", 4, -1)));
    let last = claims(Suspects::ONE).await;
    assert_eq!((deaths(&last), last.left_out.clone()), (vec![("a", 4)], None));
}

/// Checks that the last death of a suspect is counted before it is decided whether it is claimed.
pub async fn the_last_death_counts_for_the_claim(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for (name, deaths) in [("a", 2), ("b", 1)] {
        let status = Some(Status { deaths, ..status(Phase::Running) });
        desk.append(Append { status, ..creation(name) }).await.expect("a saga is created");
    }
    let desk = desk.restart(LATER).await;
    let wanted =
        Wanted { suspects: Suspects { limit: 10, held_back_from: 3, held_back_below: 9 }, ..wanted() };
    for turn in 0..2 {
        let claims = desk.store.claim(desk.worker, &wanted, LATER).await.expect("the worker may claim");
        assert_eq!(deaths(&claims), if turn == 0 { vec![("b", 2)] } else { vec![] });
        assert_eq!(claims.left_out.map(|out| (out.saga, out.deaths)), Some((id("a"), 3)));
        assert_eq!(desk.status("a").await.deaths, 3, "counted once");
    }
}

/// Checks that a suspect that was left out when its worker had died is not hidden by a clock that goes back: in one
/// process, and after a restart.
pub async fn a_suspect_that_was_left_out_is_found_by_a_clock_that_went_back(place: &dyn Place) {
    for (back, restarts) in [(5, false), (5, true), (-5, true)] {
        let name = format!("a {back} {restarts}");
        let desk = Desk::new(place).await;
        let once = Status { deaths: QUARANTINE_DEATHS - 1, ..status(Phase::Running) };
        desk.append(Append { status: Some(once), ..creation(&name) }).await.expect("a saga is created");
        let mut desk = desk.restart(LATER).await;
        let healthy = Wanted { suspects: Suspects::NONE, ..wanted() };
        let claims = desk.store.claim(desk.worker, &healthy, LATER).await.expect("the worker may claim");
        assert_eq!(names(&claims), Vec::<String>::new());
        let back = Timestamp(NOW.0 + back);
        if restarts {
            desk.store.leave(desk.worker).await.expect("a worker can leave");
            desk = desk.restart(back).await;
        }
        let epoch = desk.claim_one(&name, back).await;
        desk.append_at(release(&name, epoch, status(Phase::Completed)), back).await.expect("it is held");
        desk.store.leave(desk.worker).await.expect("a worker can leave");
    }
}
