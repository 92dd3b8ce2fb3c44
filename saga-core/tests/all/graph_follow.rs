//! Journals checked against automata: by hand, for each rule and each message. Also random programs, of which every run
//! is followed. A run with a foreign, missing or moved site is a departure.
//!
//! Mutants put into `follow` by hand and caught here: an empty `all` not passed; a fork left before its branches are
//! there, or while a child in it is under way; a child left in its middle; turns not compared, compared between
//! different loops, or only where they grow; occurrences ignored; failures not followed; the name of a branch ignored.

use crate::support::program::{Piece, Run, any_program, definition, graph, straight};
use proptest::prelude::*;
use saga_core::SitePath;
use saga_core::graph::{AwaitPoint, Departure, Graph, To, What};

const fn place(name: &'static str, what: What, done: &'static [To], failed: &'static [To]) -> AwaitPoint {
    AwaitPoint { name, occurrence: 1, loops: 0, what, done, failed }
}

fn step(name: &'static str) -> What {
    What::Step(definition(name, false))
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn saga(saga: &'static str, start: &'static [To], places: Vec<AwaitPoint>) -> &'static Graph {
    leak(Graph { saga, version: 1, start, await_points: places.leak() })
}

/// Returns the graph of a trip: two holds at once, a question, the charge, the mail.
fn trip() -> &'static Graph {
    let holds = What::All(vec![step("hold_flight"), step("hold_hotel")].leak());
    saga(
        "book_trip",
        &[To::AwaitPoint(0)],
        vec![
            place("all", holds, &[To::AwaitPoint(1)], &[To::RollingBack]),
            place("approve", What::Approve, &[To::AwaitPoint(2)], &[To::RollingBack]),
            place("charge_card", step("charge_card"), &[To::AwaitPoint(3)], &[To::RollingBack]),
            place("mail", What::Step(definition("mail", true)), &[To::Completed], &[]),
        ],
    )
}

fn follow(graph: &Graph, sites: &[&str]) -> Result<(), Departure> {
    let sites: Vec<SitePath> = sites.iter().map(|site| SitePath::from(*site)).collect();
    graph.follow(&sites)
}

#[track_caller]
fn departs(graph: &Graph, sites: &[&str], says: &str) {
    let departure = follow(graph, sites).expect_err("the journal leaves the automaton");
    assert_eq!(departure.to_string(), says);
}

#[test]
fn a_journal_is_followed_to_wherever_it_has_come() {
    let whole =
        ["all.1/hold_hotel", "all.0/hold_flight", "approve", "charge_card", "all.1/hold_hotel", "mail"];
    for end in 0..=whole.len() {
        assert_eq!(follow(trip(), &whole[..end]), Ok(()), "the first {end}");
    }
}

#[test]
fn what_the_automaton_does_not_do_is_said() {
    let holds = ["all.0/hold_flight", "all.1/hold_hotel"];
    departs(trip(), &["charge_card"], "the journal begins with `charge_card`; the automaton goes to `all`");
    departs(
        trip(),
        &[&holds[..], &["charge_card"]].concat(),
        "the journal has `charge_card` after `all.1/hold_hotel`; from there the automaton goes to `approve` or its \
         rollback",
    );
    departs(
        trip(),
        &[&holds[..], &["approve", "charge_card", "mail", "mail#2"]].concat(),
        "the journal has `mail#2` after `mail`; from there the automaton goes to its end",
    );
    departs(
        trip(),
        &["all.0/hold_flight", "all.1/hold_train"],
        "the journal has `all.1/hold_train` after `all.0/hold_flight`; from there the automaton goes to \
         `hold_hotel` in branch 1",
    );
    departs(
        trip(),
        &["all.0/hold_flight", "approve"],
        "the journal has `approve` after `all.0/hold_flight`; from there the automaton goes to its rollback",
    );
    for wrong in
        ["all/hold_flight", "all.2/hold_flight", "all", "all.0", "all[0].0/hold_flight", "all.0/all.0/a"]
    {
        assert!(follow(trip(), &[wrong]).is_err(), "{wrong}");
    }
    let departure =
        follow(trip(), &[&holds[..], &["charge_card#2"]].concat()).expect_err("there is one of it");
    assert_eq!(departure.after, Some(SitePath::from("all.1/hold_hotel")));
    assert_eq!(departure.at, SitePath::from("charge_card#2"));
}

#[test]
fn a_child_has_its_own_automaton_and_ends_before_its_parent_goes_on() {
    let child = saga(
        "book_hotel",
        &[To::AwaitPoint(0)],
        vec![
            place("hold", step("hold"), &[To::AwaitPoint(1)], &[To::RollingBack]),
            place("confirm", What::Step(definition("confirm", true)), &[To::Completed], &[]),
        ],
    );
    let parent = saga(
        "trip",
        &[To::AwaitPoint(0)],
        vec![
            place("book_hotel", What::Saga(child), &[To::AwaitPoint(1)], &[To::AwaitPoint(2)]),
            place("mail", step("mail"), &[To::Completed], &[To::RollingBack]),
            place("sorry", step("sorry"), &[To::Completed], &[To::RollingBack]),
        ],
    );
    for legal in [
        &["book_hotel", "book_hotel/hold", "book_hotel/confirm", "mail"][..],
        &["book_hotel", "book_hotel/hold", "sorry"],
    ] {
        assert_eq!(follow(parent, legal), Ok(()));
    }
    departs(
        parent,
        &["book_hotel", "book_hotel/hold", "mail"],
        "the journal has `mail` after `book_hotel/hold`; from there the automaton goes to `sorry`",
    );
    departs(
        parent,
        &["book_hotel", "book_hotel/confirm"],
        "the journal has `book_hotel/confirm` after `book_hotel`; from there the automaton goes to `hold`",
    );
    departs(
        parent,
        &["book_hotel/hold"],
        "the journal begins with `book_hotel/hold`; the automaton goes to the beginning of `book_hotel`",
    );
    // A failure is possible only where nothing is past its point of no return.
    assert!(follow(parent, &["book_hotel", "book_hotel/hold", "book_hotel/confirm", "sorry"]).is_err());
}

#[test]
fn an_all_is_left_when_each_of_its_branches_may_have_ended() {
    let child = saga(
        "book",
        &[To::AwaitPoint(0)],
        vec![
            place("hold", What::Step(definition("hold", true)), &[To::AwaitPoint(1)], &[]),
            place("pay", step("pay"), &[To::Completed], &[To::RollingBack]),
        ],
    );
    let branches = vec![What::Saga(child), step("look"), What::Step(definition("tell", true))];
    let parent = saga(
        "trip",
        &[To::AwaitPoint(0)],
        vec![
            place("all", What::All(branches.leak()), &[To::Completed], &[To::AwaitPoint(1)]),
            place("sorry", step("sorry"), &[To::Completed], &[To::RollingBack]),
        ],
    );
    let begun = ["all.0/book", "all.1/look", "all.0/book/hold"];
    assert_eq!(follow(parent, &[&begun[..], &["all.0/book/pay", "sorry"]].concat()), Ok(()));
    departs(
        parent,
        &[&begun[..], &["sorry"]].concat(),
        "the journal has `sorry` after `all.0/book/hold`; from there the automaton goes nowhere",
    );
    // A retriable step cannot have failed, and neither can a step that is not there.
    assert!(follow(parent, &["all.2/tell", "sorry"]).is_err());
}

#[test]
fn turns_go_on_within_a_loop_and_begin_again_in_the_next() {
    let in_loop =
        |name, loops, done| AwaitPoint { loops, ..place(name, step(name), done, &[To::RollingBack]) };
    let graph = saga(
        "rounds",
        &[To::AwaitPoint(0), To::AwaitPoint(1), To::AwaitPoint(2)],
        vec![
            in_loop("a", 1, &[To::AwaitPoint(1)]),
            in_loop("b", 1, &[To::AwaitPoint(0), To::AwaitPoint(2)]),
            in_loop("c", 1, &[To::AwaitPoint(2), To::Completed]),
        ],
    );
    for legal in [&["a[0]", "b[0]", "a[1]", "b[1]", "c[0]", "c[1]"][..], &["a[2]", "b[2]", "c[1]"], &["c[0]"]]
    {
        assert_eq!(follow(graph, legal), Ok(()), "{legal:?}");
    }
    for wrong in [&["a[1]", "b[1]", "a[0]"][..], &["a[1]", "b[0]"], &["c[1]", "c[0]"], &["a"], &["a[0][0]"]] {
        assert!(follow(graph, wrong).is_err(), "{wrong:?}");
    }
    departs(
        graph,
        &["c[1]", "c[0]"],
        "the journal has `c[0]` after `c[1]`; from there the automaton goes to `c` in a later turn, its end or its \
         rollback",
    );
}

#[test]
fn within_a_turn_nothing_goes_back() {
    let in_loop =
        |name, loops, done| AwaitPoint { loops, ..place(name, step(name), done, &[To::RollingBack]) };
    // `loop { if … { a } b }`, and the same inside another loop.
    let either = saga(
        "rounds",
        &[To::AwaitPoint(0), To::AwaitPoint(1)],
        vec![
            in_loop("a", 1, &[To::AwaitPoint(1)]),
            in_loop("b", 1, &[To::AwaitPoint(0), To::AwaitPoint(1), To::Completed]),
        ],
    );
    assert_eq!(follow(either, &["b[0]", "a[1]", "b[1]", "b[2]"]), Ok(()));
    departs(
        either,
        &["b[0]", "a[0]"],
        "the journal has `a[0]` after `b[0]`; from there the automaton goes to `a` in a later turn, `b`, its end or \
         its rollback",
    );
    let inner = saga(
        "rounds",
        &[To::AwaitPoint(0), To::AwaitPoint(1)],
        vec![
            in_loop("a", 2, &[To::AwaitPoint(1)]),
            in_loop("b", 2, &[To::AwaitPoint(0), To::AwaitPoint(1), To::Completed]),
        ],
    );
    assert_eq!(follow(inner, &["b[0][0]", "a[0][1]", "b[0][1]", "a[1][0]"]), Ok(()));
    for wrong in [&["b[0][0]", "a[0][0]"][..], &["b[0][1]", "a[0][0]"], &["b[1][1]", "a[1][1]"]] {
        assert!(follow(inner, wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn inside_a_turn_inner_loops_begin_again() {
    let inner = |name, loops, done| AwaitPoint { loops, ..place(name, step(name), done, &[To::RollingBack]) };
    let graph = saga(
        "rounds",
        &[To::AwaitPoint(0)],
        vec![
            inner("a", 2, &[To::AwaitPoint(0), To::AwaitPoint(1)]),
            inner("b", 2, &[To::AwaitPoint(1), To::AwaitPoint(0), To::Completed]),
        ],
    );
    assert_eq!(follow(graph, &["a[0][0]", "a[0][3]", "b[0][0]", "b[0][1]", "a[1][0]", "b[1][0]"]), Ok(()));
    assert!(follow(graph, &["a[0][1]", "b[0][1]", "a[0][2]", "b[0][0]"]).is_err());
    assert!(follow(graph, &["a[1][0]", "b[0][0]"]).is_err());
}

#[test]
fn an_all_of_nothing_leaves_no_trace_and_a_child_without_a_graph_any() {
    let graph = saga(
        "notify",
        &[To::AwaitPoint(0)],
        vec![
            place("all", What::Each(leak(step("tell"))), &[To::AwaitPoint(1)], &[To::RollingBack]),
            place("other", What::Opaque("other"), &[To::AwaitPoint(2)], &[To::RollingBack]),
            place("mail", step("mail"), &[To::Completed], &[To::RollingBack]),
        ],
    );
    for legal in [
        &["other", "other/anything", "other/all.3/at[1]", "mail"][..],
        &["all.1/tell", "all.0/tell", "other", "mail"],
    ] {
        assert_eq!(follow(graph, legal), Ok(()), "{legal:?}");
    }
    assert!(follow(graph, &["mail"]).is_err());
    assert!(follow(graph, &["other", "all.0/tell"]).is_err());
}

#[test]
fn the_names_of_a_graph_are_found() {
    let names: Vec<_> = trip().definitions().iter().map(|step| step.name).collect();
    assert_eq!(names, ["hold_flight", "hold_hotel", "charge_card", "mail"]);
    let parent = saga(
        "twice",
        &[To::AwaitPoint(0)],
        vec![
            place("book_trip", What::Saga(trip()), &[To::AwaitPoint(1)], &[]),
            place("mail", What::Step(definition("mail", true)), &[To::Completed], &[]),
        ],
    );
    assert_eq!(parent.definitions(), trip().definitions(), "each once");
    assert_eq!(parent.await_points_named("mail").count(), 1);
    assert!(!parent.is_undoable() && !trip().is_undoable());
    let holds = What::All(vec![step("a"), What::Named("own", leak(step("b")))].leak());
    let undoable = saga("holds", &[To::AwaitPoint(0)], vec![place("all", holds, &[To::Completed], &[])]);
    assert!(undoable.is_undoable());
    assert_eq!(undoable.definitions().len(), 2);
    let opaque = place("other", What::Opaque("other"), &[To::Completed], &[To::RollingBack]);
    assert!(!saga("other", &[To::AwaitPoint(0)], vec![opaque]).is_undoable());
}

fn sites_of(run: &[String]) -> Vec<SitePath> {
    run.iter().map(|site| SitePath::from(site.as_str())).collect()
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..40)
}

/// Returns runs without failure, of programs without branches.
fn straight_run() -> impl Strategy<Value = (Piece, Vec<String>)> {
    (straight(), choices()).prop_map(|(program, choices)| {
        let run = Run::sites(&program, &choices, false);
        (program, run)
    })
}

/// Returns true if `after` must come after `before`: they are not in different branches of one `all`.
fn follows(before: &str, after: &str) -> bool {
    !SitePath::from(before).concurrent_with(&SitePath::from(after))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 50_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_is_followed(program in any_program(), choices in choices()) {
        let run = Run::sites(&program, &choices, true);
        prop_assert_eq!(graph(&program).follow(&sites_of(&run)), Ok(()), "{:?}", run);
    }

    #[test]
    fn what_is_foreign_is_a_departure(program in any_program(), choices in choices(), at in any::<prop::sample::Index>()) {
        let mut run = Run::sites(&program, &choices, true);
        prop_assume!(!run.is_empty());
        let at = at.index(run.len());
        let foreign = match run[at].rsplit_once('/') {
            Some((prefix, _)) => format!("{prefix}/foreign"),
            None => "foreign".to_owned(),
        };
        run[at] = foreign;
        let departure = graph(&program).follow(&sites_of(&run)).expect_err("it is foreign");
        prop_assert_eq!(departure.at.as_str(), run[at].as_str());
    }

    #[test]
    fn what_is_missing_is_a_departure((program, mut run) in straight_run(), at in any::<prop::sample::Index>()) {
        let missing = run.remove(at.index(run.len()));
        let at = run.iter().position(|site| !site.starts_with(&missing) && follows(&missing, site)
            && !run_before(&program, site, &missing));
        prop_assume!(at.is_some());
        let followed = graph(&program).follow(&sites_of(&run));
        prop_assert!(followed.is_err(), "{missing} is missing in {run:?}");
    }

    #[test]
    fn what_comes_too_early_is_a_departure((program, mut run) in straight_run(), at in any::<prop::sample::Index>()) {
        prop_assume!(run.len() > 1);
        let at = at.index(run.len() - 1);
        prop_assume!(follows(&run[at], &run[at + 1]));
        run.swap(at, at + 1);
        prop_assert!(graph(&program).follow(&sites_of(&run)).is_err(), "{run:?}");
    }

    #[test]
    fn within_a_turn_places_never_go_back(body in any_program(), choices in choices(), at in any::<prop::sample::Index>()) {
        let program = Piece::Loop(Box::new(body));
        let run = Run::sites(&program, &choices, false);
        // Two sites of the same turn of the loop alone.
        let turn: Vec<&String> = run.iter().filter(|site| site.ends_with("[0]") && !site.contains("][") && !site.contains('/')).collect();
        prop_assume!(turn.len() > 1);
        let at = at.index(turn.len() - 1);
        let wrong = [turn[at + 1].clone(), turn[at].clone()];
        prop_assert!(graph(&program).follow(&sites_of(&wrong)).is_err(), "{wrong:?}");
    }

    #[test]
    fn turns_never_go_back(body in any_program(), choices in choices(), at in any::<prop::sample::Index>()) {
        let program = Piece::Loop(Box::new(body));
        let run = Run::sites(&program, &choices, true);
        let later: Vec<usize> = (0..run.len()).filter(|n| run[*n].ends_with("[1]")).collect();
        prop_assume!(!later.is_empty());
        // A site of an earlier turn, after the following turn.
        let at = later[at.index(later.len())];
        let earlier = run[at].replace("[1]", "[0]");
        let mut wrong: Vec<String> = run[..=at].iter().filter(|site| **site != earlier).cloned().collect();
        wrong.push(earlier);
        prop_assert!(graph(&program).follow(&sites_of(&wrong)).is_err(), "{wrong:?}");
    }
}

/// Returns true if `site` comes before `other` in every run.
fn run_before(program: &Piece, site: &str, other: &str) -> bool {
    let run = Run::sites(program, &[0], false);
    let at = |wanted: &str| run.iter().position(|site| site == wanted);
    at(site) < at(other)
}
