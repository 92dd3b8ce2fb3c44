//! The control flow that `#[saga]` reads from a body: the code allowed past the point of no return, and the automaton.
#![allow(clippy::unwrap_used, clippy::never_loop, clippy::while_let_loop)]

use saga::graph::{Graph, To};
use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn look(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[step(irreversible, retriable, idempotent)]
async fn tell(_amount: u32) -> Result<(), Failure> {
    Ok(())
}

/// Returns the moves of an automaton, a line for each place. `hold -> charge | back` has the moves after success, and
/// after a failure.
fn moves(graph: &Graph) -> Vec<String> {
    let name = |number: usize| match graph.await_points[number].occurrence {
        1 => graph.await_points[number].name.to_owned(),
        more => format!("{}#{more}", graph.await_points[number].name),
    };
    let to = |moves: &[To]| {
        let moves = moves.iter().map(|to| match to {
            To::AwaitPoint(number) => name(*number),
            To::Completed => "end".to_owned(),
            To::RollingBack => "back".to_owned(),
        });
        moves.collect::<Vec<_>>().join(" ")
    };
    let line = |(number, place): (usize, &saga::graph::AwaitPoint)| {
        format!("{} -> {} | {}", name(number), to(place.done), to(place.failed))
    };
    let start = format!("-> {}", to(graph.start));
    std::iter::once(start).chain(graph.await_points.iter().enumerate().map(line)).collect()
}

#[saga]
async fn straight(seat: u32) -> Result<u32, Failure> {
    let seat = hold(seat).await?;
    sleep("1s").await;
    let paid = charge(seat).await?;
    tell(paid).await;
    Ok(paid)
}

#[saga]
async fn handled(seat: u32) -> Result<u32, Failure> {
    let paid = match charge(seat).await {
        Ok(paid) => paid,
        Err(failure) => return Err(failure.into()),
    };
    if let Err(failure) = hold(seat).await {
        println!("not held: {failure}");
    }
    if look(seat).await.is_err() {
        return Ok(0);
    }
    // This `?` leaves only the closure.
    let parse = |text: &str| -> Result<u32, std::num::ParseIntError> {
        let number: u32 = text.parse()?;
        Ok(number)
    };
    Ok(parse("1").unwrap_or(paid))
}

#[saga]
async fn guarded(seat: u32) -> Result<u32, Failure> {
    let Ok(paid) = charge(seat).await.map_err(Failure::from) else {
        return Err(Failure::permanent("not charged"));
    };
    match hold(seat).await {
        Ok(held) if held > 3 => Ok(held),
        Ok(_) => Ok(paid),
        _ => {
            tell(seat).await;
            Ok(0)
        }
    }
}

#[saga]
async fn alternatives(seat: u32) -> Result<u32, Failure> {
    // Each side has its own point of no return, and nothing fails after either.
    if seat > 3 && look(seat).await? > 3 {
        charge(seat).await?;
    } else if seat == 2 {
        return Ok(hold(seat).await?);
    } else {
        hold(seat).await?;
        tell(seat).await;
    }
    Ok(seat)
}

#[saga]
async fn rounds(seats: u32) -> Result<u32, Failure> {
    let mut left = seats;
    'seats: for seat in 0..seats {
        hold(seat).await?;
        #[bound(5)]
        while look(left).await? > 0 {
            left -= 1;
            if left == 1 {
                continue 'seats;
            }
            if left == 7 {
                break 'seats;
            }
        }
    }
    // The loop is left with a value, which is the tail.
    #[bound(9)]
    loop {
        left += 1;
        if let Ok(paid) = charge(left).await {
            break Ok(paid);
        }
    }
}

#[saga]
async fn branches(seat: u32) -> Result<u32, Failure> {
    let mut seats = vec![seat, seat + 1];
    // The branches borrow values that change before the next `?`.
    let held = all(seats.iter().map(|seat| hold(*seat))).await?;
    seats.clear();
    let (one, two) = all((look(held[0]), look(held[1]))).await?;
    let chosen = 'chosen: {
        if one > two {
            break 'chosen one;
        }
        look(two).await?
    };
    charge(chosen).await?;
    Ok(chosen)
}

#[saga]
async fn unending(seat: u32) -> Result<u32, Failure> {
    if seat > 100 {
        panic!("there are no such seats");
    }
    charge(seat).await?;
    if seat > 3 {
        unreachable!("never");
    }
    match seat {
        0 => panic!("nothing fails by an `Err` here"),
        seat => Ok(seat),
    }
}

#[test]
fn the_automaton_has_the_moves_of_the_body() {
    assert_eq!(
        moves(straight::GRAPH),
        [
            "-> hold",
            "hold -> sleep | back",
            "sleep -> charge | ",
            "charge -> tell | back",
            "tell -> end | end"
        ]
    );
    assert_eq!(
        moves(handled::GRAPH),
        ["-> charge", "charge -> hold | back", "hold -> look | look", "look -> end | end"]
    );
    assert_eq!(
        moves(guarded::GRAPH),
        ["-> charge", "charge -> hold | back", "hold -> end | tell", "tell -> end | end"]
    );
    assert_eq!(
        moves(alternatives::GRAPH),
        [
            "-> look hold hold#2",
            "look -> charge hold hold#2 | back",
            "charge -> end | back",
            "hold -> end | back",
            "hold#2 -> tell | back",
            "tell -> end | end",
        ]
    );
    assert_eq!(
        moves(rounds::GRAPH),
        [
            "-> hold charge",
            "hold -> look | back",
            "look -> hold look charge | back",
            "charge -> end | charge"
        ]
    );
    assert_eq!(
        moves(branches::GRAPH),
        [
            "-> all",
            "all -> all#2 | back",
            "all#2 -> look charge | back",
            "look -> charge | back",
            "charge -> end | back",
        ]
    );
    assert_eq!(moves(unending::GRAPH), ["-> charge", "charge -> end | back"]);
}

#[tokio::test(start_paused = true)]
async fn they_run_as_their_automata_say() {
    let runtime = saga::test::TestRuntime::start(|builder| {
        let builder = builder.saga::<straight>().saga::<handled>().saga::<guarded>().saga::<alternatives>();
        builder.saga::<rounds>().saga::<branches>().saga::<unending>()
    });
    let runtime = runtime.await.unwrap();
    macro_rules! gives {
        ($saga:ident, $($seat:literal => $output:literal),+) => {$(
            let id = format!("{}-{}", stringify!($saga), $seat);
            let handle = runtime.run(&*id, $saga($seat)).await.unwrap();
            assert_eq!(handle.outcome().await.unwrap().completed(), Some($output), "{id}");
        )+};
    }
    gives!(straight, 3 => 3);
    gives!(handled, 3 => 1);
    gives!(guarded, 3 => 3, 4 => 4);
    gives!(alternatives, 1 => 1, 2 => 2, 4 => 4);
    gives!(rounds, 0 => 1, 3 => 1, 9 => 8);
    gives!(branches, 3 => 4);
    gives!(unending, 3 => 3);
}

#[saga(name = "seats")]
async fn by_name(seats: Vec<u32>) -> Result<Vec<u32>, Failure> {
    let looked: Vec<u32> = all(seats.into_iter().map(look)).await?;
    all(looked.into_iter().map(self::hold)).limit(1).await?;
    Ok(Vec::new())
}

#[saga(name = "seats")]
#[allow(clippy::redundant_closure)]
async fn by_closure(seats: Vec<u32>) -> Result<Vec<u32>, Failure> {
    let looked: Vec<u32> = all(seats.into_iter().map(|seat| look(seat))).await?;
    all(looked.into_iter().map(|seat| self::hold(seat))).limit(1).await?;
    Ok(Vec::new())
}

/// The form that clippy advises for a closure that only calls a step is equivalent.
#[test]
fn a_step_may_stand_where_a_closure_would_only_call_it() {
    assert_eq!(by_name::GRAPH, by_closure::GRAPH);
    let journal = saga::test::in_virtual_time(async {
        let builder = Runtime::builder(MemoryStore::new()).saga::<by_name>();
        let runtime = builder.start().await.unwrap();
        let handle = runtime.run("a", by_name(vec![1, 2])).await.unwrap();
        assert!(handle.outcome().await.unwrap().is_completed());
        serde_json::to_string(&handle.journal().await.unwrap()).unwrap()
    });
    for site in ["all.0/look", "all.1/look", "all#2.0/hold", "all#2.1/hold"] {
        assert!(journal.contains(&format!("\"{site}\"")), "{site} in {journal}");
    }
}

/// The result of an irreversible step, kept for the next statement.
#[saga]
async fn kept(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await;
    if let Err(failure) = &paid {
        assert!(failure.error().is_some());
    }
    match paid {
        Ok(amount) => Ok(amount),
        Err(failure) => Err(failure.into()),
    }
}

#[test]
fn a_result_that_is_kept_shows_how_the_site_ended_as_long_as_nothing_came_after_it() {
    assert_eq!(moves(kept::GRAPH), ["-> charge", "charge -> end | back"]);
}

/// Other methods may follow a name for a site.
#[saga]
async fn named_first(seat: u32) -> Result<u32, Failure> {
    let heard = signal::<u32>("seat").named("wanted").within("1s").await.unwrap_or(seat);
    let seats = all((0..heard).map(hold)).named("seats").limit(2).await?;
    Ok(seats.iter().sum())
}

#[test]
fn what_has_a_name_may_have_a_limit_as_well() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<named_first>().start().await.unwrap();
        let handle = runtime.run("a", named_first(4)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(6));
    });
}

/// It reads the key from its context, which counts as taking it.
#[step(irreversible)]
async fn keyed_by_context(cx: &StepContext) -> Result<String, Failure> {
    Ok(cx.key().to_string())
}

#[test]
fn a_step_that_asks_its_context_for_the_key_takes_it() {
    assert!(matches!(saga::by_hand::policy_of::<keyed_by_context>().in_doubt, saga::policy::InDoubt::Rerun));
}
