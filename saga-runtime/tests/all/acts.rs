//! Every act in every state: accepted, or refused with a certain error; and by type where the state is known.
//!
//! Mutants seen to fail here: backoffs ended in a dead letter; a waive of what is not owed reported as not
//! dead-lettered.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::record::Knowledge;

saga!(trip, |cx, input| [a, q, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    let answer = q.at(&cx, 1, &[], approve("sure?").named("sure")).await;
    answer.map_err(|denied| Failure::permanent(denied.to_string()))?;
    b.at(&cx, 1, &[], stamp("visa")).await?;
    Ok("booked".to_owned())
});

/// A state in which a saga can be when an operator acts on it.
#[derive(Debug, Clone, Copy)]
enum Stands {
    Running,
    Waiting,
    Back,
    /// A dead letter that goes forward: its `visa` is in doubt.
    BlockedForward,
    /// A dead letter that is rolling back: the compensation of its `flight` has failed.
    BlockedBack,
    Completed,
    RolledBack,
    Abandoned,
}

use Stands::*;

const STATES: [Stands; 8] =
    [Running, Waiting, Back, BlockedForward, BlockedBack, Completed, RolledBack, Abandoned];

/// Returns a saga in that state.
async fn saga_that(stands: Stands) -> (TestRuntime, Handle<trip>) {
    let world = World::new();
    match stands {
        Running => _ = world.script("hold flight", [Fault::Hang]),
        Back => _ = world.script("release flight", [Fault::Hang]),
        BlockedForward | Abandoned => _ = world.script("stamp visa", [Fault::TimeoutLost]),
        BlockedBack => _ = world.always("release flight", Fault::Permanent),
        Waiting | Completed | RolledBack => {}
    }
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    if matches!(stands, Running) {
        world.called("hold flight", 1).in_time().await;
        return (test, handle);
    }
    until_phase(handle.any(), Phase::Waiting).await;
    match stands {
        Back | BlockedBack | RolledBack => handle.deny(ann()).await.unwrap(),
        BlockedForward | Completed | Abandoned => handle.approve(ann()).await.unwrap(),
        Running | Waiting => return (test, handle),
    }
    match stands {
        Back => world.called("release flight", 1).in_time().await,
        Abandoned => {
            dead_lettered(&handle).await;
            handle.abandon(ann()).await.unwrap();
        }
        _ => drop(handle.outcome().in_time().await.unwrap()),
    }
    (test, handle)
}

const ACTS: [&str; 17] = [
    "cancel",
    "signal",
    "approve",
    "deny",
    "answer_at",
    "undo",
    "undo_from",
    "redrive",
    "redrive_at",
    "redrive_with",
    "happened",
    "not_happened",
    "undone",
    "waive",
    "roll_back",
    "abandon",
    "retry_now",
];

async fn act(handle: &AnyHandle, name: &str, at: SitePath) -> Result<(), ActError> {
    match name {
        "cancel" => handle.cancel(ann()).await.map(drop),
        "signal" => handle.signal("news", "1", &"good").await,
        "approve" => handle.approve(ann()).await,
        "deny" => handle.deny(ann()).await,
        "answer_at" => handle.approve(ann()).at(site("sure")).await,
        "undo" => handle.undo(ann()).await,
        "undo_from" => handle.undo(ann()).back_to(site("visa")).await,
        "redrive" => handle.redrive(ann()).await,
        "redrive_at" => handle.redrive(ann()).at(at).await,
        "redrive_with" => handle.redrive(ann()).with_input(at, &Item::new("other")).await,
        "happened" => handle.resolve_happened(at, &"an id", ann()).await,
        "not_happened" => handle.resolve_not_happened(at, ann()).await,
        "undone" => handle.resolve_undone(at, ann()).await,
        "waive" => handle.waive(at, ann()).await,
        "roll_back" => handle.roll_back(ann()).await,
        "abandon" => handle.abandon(ann()).await,
        "retry_now" => handle.retry_now(ann()).await,
        other => panic!("no act: {other}"),
    }
}

/// Returns the name of the variant.
fn variant(refusal: &Refusal) -> String {
    format!("{refusal:?}").split([' ', '{', '(']).next().unwrap().to_owned()
}

#[rustfmt::skip]
const TABLE: &str = "
             Running         Waiting         Back            BlockedForward  BlockedBack     Completed       RolledBack      Abandoned
cancel       taken           taken           taken           taken           taken           Ended           Ended           Ended
signal       taken           taken           RollingBack     taken           RollingBack     Ended           Ended           Ended
approve      NoQuestion      taken           RollingBack     NoQuestion      RollingBack     Ended           Ended           Ended
deny         NoQuestion      taken           RollingBack     NoQuestion      RollingBack     Ended           Ended           Ended
answer_at    NoQuestion      taken           RollingBack     NoQuestion      RollingBack     Ended           Ended           Ended
undo         NotCompleted    NotCompleted    NotCompleted    NotCompleted    NotCompleted    taken           NotCompleted    NotCompleted
undo_from    NotCompleted    NotCompleted    NotCompleted    NotCompleted    NotCompleted    taken           NotCompleted    NotCompleted
redrive      NotDeadLettered NotDeadLettered NotDeadLettered InDoubt         taken           NotDeadLettered NotDeadLettered NotDeadLettered
redrive_at   NotDeadLettered NotDeadLettered NotDeadLettered InDoubt         taken           NotDeadLettered NotDeadLettered NotDeadLettered
redrive_with NotDeadLettered NotDeadLettered NotDeadLettered InDoubt         taken           NotDeadLettered NotDeadLettered NotDeadLettered
happened     NotDeadLettered NotDeadLettered NotDeadLettered taken           NotBlocked      NotDeadLettered NotDeadLettered NotDeadLettered
not_happened NotDeadLettered NotDeadLettered NotDeadLettered taken           NotBlocked      NotDeadLettered NotDeadLettered NotDeadLettered
undone       NotDeadLettered NotDeadLettered NotDeadLettered NotBlocked      taken           NotDeadLettered NotDeadLettered NotDeadLettered
waive        NotDeadLettered NotDeadLettered NotDeadLettered NothingOwed     taken           NotDeadLettered NotDeadLettered NotDeadLettered
roll_back    NotDeadLettered NotDeadLettered NotDeadLettered taken           RollingBack     NotDeadLettered NotDeadLettered NotDeadLettered
abandon      NotDeadLettered NotDeadLettered NotDeadLettered taken           taken           NotDeadLettered NotDeadLettered NotDeadLettered
retry_now    taken           taken           taken           DeadLettered    DeadLettered    Ended           Ended           Ended
";

#[tokio::test(start_paused = true)]
async fn every_act_in_every_state() {
    let mut table = format!("\n{:13}", "");
    table.extend(STATES.iter().map(|stands| format!("{:16}", format!("{stands:?}"))));
    for name in ACTS {
        table = format!("{}\n{name:13}", table.trim_end());
        for stands in STATES {
            let (_test, handle) = saga_that(stands).await;
            let at = if matches!(stands, BlockedForward) { "visa" } else { "flight" };
            let before = effective(handle.any()).await;
            let cell = match act(handle.any(), name, site(at)).await {
                Ok(()) => "taken".to_owned(),
                Err(ActError::Refused(refusal)) => {
                    assert_eq!(effective(handle.any()).await, before, "a refusal changes nothing");
                    assert!(!refusal.advice().is_empty());
                    variant(&refusal)
                }
                Err(other) => panic!("{name} in {stands:?}: {other}"),
            };
            table += &format!("{cell:16}");
        }
    }
    let table = table.trim_end().to_owned() + "\n";
    assert!(table == TABLE, "{table}");
}

/// A saga in a known state has the acts that make sense in it.
#[tokio::test(start_paused = true)]
async fn what_is_known_has_the_acts_that_make_sense() {
    for stands in STATES {
        let (_test, handle) = saga_that(stands).await;
        let known = [
            handle.running().await.unwrap().is_some(),
            handle.dead_letter().await.unwrap().is_some(),
            handle.completed().await.unwrap().is_some(),
        ];
        let expected = match stands {
            Running | Waiting => [true, false, false],
            BlockedForward | BlockedBack => [false, true, false],
            Completed => [false, false, true],
            Back | RolledBack | Abandoned => [false; 3],
        };
        assert_eq!(known, expected, "{stands:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_mended_step_by_step() {
    let (_test, handle) = saga_that(BlockedForward).await;
    let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else {
        panic!("it is dead-lettered")
    };
    assert_eq!(letter.seen().blockers[0].site, Some(site("visa")));
    let plain: &saga_core::DeadLetter = letter.seen();
    assert_eq!((letter.handle().id(), letter.to_string()), (handle.id(), plain.to_string()));
    letter.resolve_happened(site("visa"), &"by hand", ann()).await.unwrap();
    let done = handle.outcome().in_time().await.unwrap();
    assert_eq!(done.completed().unwrap(), "booked");
    let done = handle.completed().await.unwrap().unwrap();
    assert_eq!(done.seen().undo_plan().entries.len(), 2);
    let journal = handle.journal().await.unwrap();
    let by = |r: &saga_core::Record| {
        matches!(r, saga_core::Record::Resolved { knowledge: Knowledge::Happened { .. }, .. })
    };
    assert_eq!(journal.iter().filter(|e| by(&e.record)).count(), 1);
    done.undo(ann()).back_to(site("visa")).await.unwrap();
}

/// Another operator was faster: what is known is out of date, and the act is refused.
#[tokio::test(start_paused = true)]
async fn an_act_on_what_has_changed_is_refused() {
    let (_test, handle) = saga_that(BlockedBack).await;
    let letter = handle.dead_letter().await.unwrap().unwrap();
    handle.waive(site("flight"), By::new("bob", "he was faster")).await.unwrap();
    handle.outcome().in_time().await.unwrap();
    let refused = refusal(letter.redrive(ann()).await);
    assert!(matches!(refused, Refusal::Stale { phase: Phase::RolledBack, .. }), "{refused:?}");
    assert!(refused.to_string().contains("waive by bob (he was faster)"), "{refused}");
    let (_test, handle) = saga_that(Waiting).await;
    let running = handle.running().await.unwrap().unwrap();
    running.signal("news", "1", &"good").await.unwrap();
    running.approve(ann()).await.unwrap();
    handle.outcome().in_time().await.unwrap();
    assert_eq!(refusal(running.cancel(ann()).await), Refusal::Ended { phase: Phase::Completed });
}
