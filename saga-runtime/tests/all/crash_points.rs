//! The crash points of `docs/scenarios.md` by simulation: every shape of saga, with every fault at every step, crashed
//! before and after every durable write. A short one is crashed again at every write of its recovery. The world's books
//! are the oracle.
//!
//! Seen to fail with these bugs put in: jobs begun before the commit; a rerun under a new key; no doubt after a crash;
//! compensations in any order; a compensation's permanent error skipped; a recorded compensation without its input; a
//! timeout treated as a failure; a value drawn again on replay; a delivery that is never taken.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use crate::support::kit::*;

/// The faults of a step that occur once.
const ONCE: [Fault; 8] = [
    Fault::Transient,
    Fault::TimeoutLanded,
    Fault::TimeoutLost,
    Fault::DoubtLanded,
    Fault::DoubtLost,
    Fault::Panic,
    Fault::PanicLanded,
    Fault::LandsLate(Duration::from_secs(90)),
];

/// Returns each fault once for each of `labels`, and a permanent refusal of each.
fn faults(labels: &'static [&'static str]) -> impl Iterator<Item = (String, &'static str, Fault)> {
    let each = labels.iter().flat_map(|label| {
        ONCE.into_iter()
            .chain([Fault::Permanent])
            .map(move |fault| (format!("{label}: {fault:?}"), *label, fault))
    });
    [("no fault".to_owned(), "", Fault::None)].into_iter().chain(each)
}

fn faulty(label: &str, fault: Fault) -> World {
    let world = World::new();
    match fault {
        Fault::Permanent => world.always(label, fault).clone(),
        _ => world.script(label, [fault]).clone(),
    }
}

/// Checks that all effects of a completed saga stand, and none of a rolled back one.
fn all_or_nothing(run: &Run, all: &[&str]) {
    let mut stands = run.world.stands();
    stands.sort();
    let mut all = all.to_vec();
    all.sort();
    match run.phase {
        Phase::Completed => assert_eq!(stands, all),
        Phase::RolledBack => assert!(stands.is_empty(), "{stands:?}"),
        phase => panic!("{phase}"),
    }
}

saga!(sequence, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], set("seat")).await?;
    c.at(&cx, 1, &[], hold("hotel")).await?;
    if input == "fail" { Err(Failure::permanent("changed my mind")) } else { Ok(input) }
});

#[tokio::test(start_paused = true)]
async fn crash_in_a_sequence() {
    for (name, label, fault) in faults(&["hold flight", "set seat", "hold hotel"]) {
        // If it is refused after a crash, it is still not known whether it landed before.
        let storm = Storm::new(name, sequence::call, move || faulty(label, fault))
            .may_dead_letter(&[Reason::InDoubt]);
        storm
            .once(|run| {
                all_or_nothing(run, &["hold flight", "set seat", "hold hotel"]);
                let fails = fault == Fault::Permanent || (fault == Fault::Transient && label == "set seat");
                assert!(fails || run.phase == Phase::Completed, "{}", run.phase);
            })
            .await;
    }
}

fn failing() -> SagaCall<sequence> {
    SagaCall::new("fail".to_owned())
}

#[tokio::test(start_paused = true)]
async fn crash_in_a_rollback() {
    for (name, label, fault) in faults(&["release flight", "unset seat", "release hotel"]) {
        let reasons: &[Reason] = if fault == Fault::Permanent { &[Reason::CompensationFailed] } else { &[] };
        let storm = Storm::new(name, failing, move || match fault {
            Fault::Permanent => World::new().script(label, [Fault::Permanent]).clone(),
            _ => faulty(label, fault),
        });
        storm
            .may_dead_letter(reasons)
            .once(|run| {
                assert_eq!(run.phase, Phase::RolledBack);
                let told = run.world.told();
                let forward = ["hold flight", "set seat", "hold hotel"];
                let back = ["release hotel", "unset seat", "release flight"];
                assert_eq!(told, [forward, back].concat());
            })
            .await;
    }
}

saga!(payment, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    c.at(&cx, 1, &[], mail("tickets")).await;
    Ok("paid".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_around_the_point_of_no_return_with_a_probe() {
    for (name, label, fault) in faults(&["charge card", "mail tickets", "find card"]) {
        let reasons: &[Reason] = match (label, fault) {
            ("mail tickets", Fault::Permanent) => &[Reason::RetriesExhausted, Reason::InDoubt],
            // A probe that never answers.
            ("find card", Fault::Permanent) => &[Reason::InDoubt],
            _ => &[],
        };
        let storm = Storm::new(name, payment::call, move || match label {
            "find card" if fault == Fault::Permanent => World::new()
                .script("find card", [fault; 10])
                .script("charge card", [Fault::TimeoutLanded])
                .clone(),
            "find card" => {
                World::new().script("charge card", [Fault::TimeoutLost]).script(label, [fault]).clone()
            }
            _ if fault == Fault::Permanent => World::new().script(label, [fault; 2]).clone(),
            _ => faulty(label, fault),
        });
        storm
            .may_dead_letter(reasons)
            .once(|run| all_or_nothing(run, &["hold flight", "charge card", "mail tickets"]))
            .await;
    }
}

saga!(posting, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], post("letter")).await?;
    c.at(&cx, 1, &[], mail("copy")).await;
    Ok("posted".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_around_the_point_of_no_return_with_a_rerun() {
    for (name, label, fault) in faults(&["hold flight", "post letter", "mail copy"]) {
        let storm = Storm::new(name, posting::call, move || match label {
            "mail copy" if fault == Fault::Permanent => World::new().script(label, [fault; 2]).clone(),
            _ => faulty(label, fault),
        });
        storm
            .may_dead_letter(&[Reason::RetriesExhausted, Reason::InDoubt])
            .once(|run| all_or_nothing(run, &["hold flight", "post letter", "mail copy"]))
            .await;
    }
}

saga!(branches, |cx, input| [a, b] {
    let three = (hold("flight"), set("seat"), hold("hotel"));
    a.at(&cx, 1, &[], all(three)).await.map_err(AllFailure::into_first::<Failure>)?;
    b.at(&cx, 1, &[], hold("car")).await?;
    if input == "fail" { Err(Failure::permanent("changed my mind")) } else { Ok(input) }
});

#[tokio::test(start_paused = true)]
async fn crash_in_branches() {
    for (name, label, fault) in faults(&["hold flight", "set seat", "hold car"]) {
        let storm = Storm::new(name, branches::call, move || faulty(label, fault))
            .may_dead_letter(&[Reason::InDoubt]);
        storm.once(|run| all_or_nothing(run, &["hold flight", "set seat", "hold hotel", "hold car"])).await;
    }
}

#[tokio::test(start_paused = true)]
async fn crash_in_the_rollback_of_branches() {
    fn failing() -> SagaCall<branches> {
        SagaCall::new("fail".to_owned())
    }
    for (name, label, fault) in faults(&["release car", "release flight", "unset seat"]) {
        let storm = Storm::new(name, failing, move || match fault {
            Fault::Permanent => World::new().script(label, [fault]).clone(),
            _ => faulty(label, fault),
        });
        storm
            .may_dead_letter(if fault == Fault::Permanent { &[Reason::CompensationFailed] } else { &[] })
            .once(|run| {
                assert_eq!(run.phase, Phase::RolledBack);
                assert_eq!(run.world.told().len(), 8);
                assert!(run.world.stands().is_empty());
            })
            .await;
    }
}

saga!(lodging, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("room")).await?;
    b.at(&cx, 1, &[], set("spa")).await?;
    Ok("lodged".to_owned())
});

saga!(journey, |cx, input| [a, b, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    // A failed child is undone before its parent continues, here by another way.
    if b.at(&cx, 1, &[], lodging::call()).await.is_err() {
        c.at(&cx, 1, &[], hold("hostel")).await?;
    }
    d.at(&cx, 1, &[], hold("car")).await?;
    Ok("planned".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_in_a_child() {
    for (name, label, fault) in faults(&["hold room", "set spa", "hold car"]) {
        let storm =
            Storm::new(name, journey::call, move || faulty(label, fault)).may_dead_letter(&[Reason::InDoubt]);
        storm
            .once(|run| {
                let child = run.world.landed("hold hostel") == 0;
                let lodged: &[&str] = if child { &["hold room", "set spa"] } else { &["hold hostel"] };
                all_or_nothing(run, &[&["hold flight", "hold car"], lodged].concat());
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn crash_in_the_undoing_of_a_child() {
    for (name, label, fault) in faults(&["release room"]) {
        let storm = Storm::new(name, journey::call, move || {
            World::new().always("set spa", Fault::Permanent).script(label, [fault]).clone()
        });
        storm
            .may_dead_letter(&[Reason::InDoubt, Reason::CompensationFailed])
            .once(|run| {
                assert_eq!(run.phase, Phase::Completed);
                assert_eq!(
                    run.world.told(),
                    ["hold flight", "hold room", "release room", "hold hostel", "hold car"]
                );
            })
            .await;
    }
}

saga!(doubtful, |cx, input| [a, b, c, d] {
    a.at(&cx, 1, &[], book("show")).await?;
    b.at(&cx, 1, &[], reserve("table")).await?;
    c.at(&cx, 1, &[], stamp("visa")).await?;
    d.at(&cx, 1, &[], look("weather")).await?;
    Ok("sure".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_with_every_way_out_of_doubt() {
    for (name, label, fault) in faults(&["book show", "reserve table", "stamp visa", "look weather"]) {
        let storm = Storm::new(name, doubtful::call, move || faulty(label, fault))
            .may_dead_letter(&[Reason::InDoubt]);
        storm.once(|run| all_or_nothing(run, &["book show", "reserve table", "stamp visa"])).await;
    }
}

saga!(waiting, |cx, input| [t, u, w, a, s, b, r] {
    let before = t.at(&cx, 1, &[], now()).await;
    let id = u.at(&cx, 1, &[], uuid()).await;
    let weather = w.at(&cx, 1, &[], look("weather")).await?;
    let item = Item::new(&format!("{id} {before} {weather}"));
    a.at(&cx, 1, &[], StepCall::<hold>::new(item).named("flight")).await?;
    s.at(&cx, 1, &[], sleep("90s")).await;
    b.at(&cx, 1, &[], hold("hotel")).await?;
    r.at(&cx, 1, &[], look("weather2")).await?;
    Ok("rested".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_around_waits_and_recorded_values() {
    let calm = Storm::new("waits", waiting::call, World::new);
    calm.twice(|run| {
        // The values from before the crash are read again: a hold with another value would be another effect.
        assert_eq!((run.phase, run.world.stands().len()), (Phase::Completed, 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn crash_again_in_the_recovery() {
    for (label, fault) in
        [("", Fault::None), ("hold hotel", Fault::TimeoutLanded), ("hold hotel", Fault::Panic)]
    {
        let storm = Storm::new(format!("{label}: {fault:?}"), sequence::call, move || faulty(label, fault));
        storm.twice(|run| assert_eq!(run.phase, Phase::Completed)).await;
    }
    for (label, fault) in [("", Fault::None), ("unset seat", Fault::TimeoutLost)] {
        let storm = Storm::new(format!("{label}: {fault:?}, back"), failing, move || faulty(label, fault));
        storm.twice(|run| assert_eq!(run.world.told().len(), 6)).await;
    }
    let storm = Storm::new("a probe", payment::call, move || faulty("charge card", Fault::TimeoutLanded));
    storm.twice(|run| all_or_nothing(run, &["hold flight", "charge card", "mail tickets"])).await;
    let storm =
        Storm::new("a child", journey::call, || World::new().script("set spa", [Fault::Transient]).clone());
    storm.may_dead_letter(&[Reason::InDoubt]).twice(|run| assert_eq!(run.phase, Phase::Completed)).await;
}
