//! Compensations that must wait for a slot (`Room::Limited`): nothing of them is recorded until they may begin.
//!
//! Seen to fail with these bugs put in: begun without asking, at either of the places where one begins; a next attempt
//! not begun when there is a slot; a wait for a time at which nothing can happen.

use crate::support::desk::Desk;
use saga_core::Phase;
use saga_core::machine::{Event, Work, work};

/// Returns a saga that rolls back without a free slot.
fn full() -> Desk {
    let mut saga = Desk::new();
    saga.idles = false;
    saga.step_done("a", "comp").step_done("b", "comp").skip();
    saga.full = true;
    saga
}

fn admitted(saga: &mut Desk, site: &str) {
    let waiting = saga.state.take_waiting_for_room();
    assert!(waiting.iter().any(|(there, _)| there == &site.into()), "it does not wait: {waiting:?}");
    saga.take(Event::Admitted { site: site.into() });
}

#[test]
fn a_first_attempt_begins_when_there_is_room() {
    let mut saga = full();
    saga.fails()
        .shows("stop failed · back failed")
        .phase(Phase::RollingBack)
        .work("")
        .later()
        .shows("")
        .crash()
        .shows("");
    admitted(&mut saga, "b");
    saga.shows("undo b").work("~b a1").undone("b").shows("undone b").work("");
    admitted(&mut saga, "a");
    saga.shows("undo a").undone("a").shows("undone a · rolled-back");
}

#[test]
fn a_next_attempt_begins_when_there_is_room_and_nobody_waits_for_its_time() {
    let mut saga = full();
    saga.fails().skip();
    admitted(&mut saga, "b");
    saga.skip().undo_not_done("b").shows("~b a1 no → again");
    assert!(matches!(work(&saga.state, saga.now).next(), Some(Work::WakeAt { .. })));
    saga.later().shows("");
    assert_eq!(work(&saga.state, saga.now).next(), None, "time makes no room");
    // The clock may have been set back since: it was due, and must not wait again.
    saga.now = saga_core::Timestamp(0);
    admitted(&mut saga, "b");
    saga.shows("start ~b a2").work("~b a2");
}

#[test]
fn a_rerun_begins_when_there_is_room() {
    let mut saga = full();
    saga.fails().skip();
    admitted(&mut saga, "b");
    saga.skip().crash().shows("~b a1 doubt → again").work("").at(0).shows("");
    admitted(&mut saga, "b");
    saga.shows("start ~b a2");
}

#[test]
fn a_call_that_settles_doubt_begins_when_there_is_room() {
    let mut saga = full();
    saga.step("c", "comp_call").skip().timed_out("c").shows("c a1 doubt → hold").work("").later().shows("");
    admitted(&mut saga, "c");
    saga.shows("settle c").work("~c a1").undone("c").shows("undone c · failed c");
}

#[test]
fn what_was_sent_on_begins_when_there_is_room() {
    let mut saga = full();
    saga.full = false;
    saga.idles = true;
    saga.fails().undo_refused("b").skip().phase(Phase::DeadLettered);
    saga.full = true;
    saga.idles = false;
    saga.redrive(None).unwrap();
    saga.shows("redriven").work("");
    admitted(&mut saga, "b");
    saga.shows("start ~b a2");
}

#[test]
fn who_does_not_wait_for_room_is_not_moved_by_it() {
    let mut saga = Desk::new();
    let moves = |saga: &mut Desk| {
        for site in ["a", "b", "nowhere"] {
            saga.skip().take(Event::Admitted { site: site.into() }).shows("");
        }
    };
    moves(&mut saga);
    saga.step("a", "comp3");
    moves(&mut saga);
    saga.not_done("a");
    moves(&mut saga);
    saga.later().done("a");
    moves(&mut saga);
    saga.step_done("b", "comp").fails();
    moves(&mut saga);
    saga.undo_refused("b").phase(Phase::DeadLettered);
    moves(&mut saga);
}
