//! The simulation catches the bugs that it is for: each is put back, and a run of seeds from 1 has to name the rule that
//! it breaks. And without a bug the same seeds break nothing.
//!
//! A rule counts only with a mutant here. What a mutant is put into is the world, the store or what is read from it
//! (`saga-sim/src/mutant.rs`), never the runtime; bugs of the runtime itself that were found are in `found.rs`. The smallest
//! case that catches a mutant must pass without it: so it is the mutant that is caught, and not something else.

use clap::ValueEnum as _;
use saga_sim::{Mutant, generate, run, shrink};

/// A mutant has to be caught within so many seeds.
const SEEDS: u64 = 2000;

/// So many of the seeds that catch a mutant are shrunk, until a case is small. A fault at a write of a certain number keeps
/// all sagas that write before it.
const SHRUNK: usize = 6;

/// A seed that catches it, and the smallest case that does.
fn caught(mutant: Mutant) {
    quiet();
    let breaks = |seed: &u64| {
        let report = run(&generate(*seed), Some(mutant));
        report.wrongs.iter().any(|wrong| wrong.rule == mutant.breaks())
    };
    let mut seeds = (1..=SEEDS).filter(breaks).take(SHRUNK).peekable();
    assert!(seeds.peek().is_some(), "{mutant:?} lives for {SEEDS} seeds");
    let mut cases = seeds.map(|seed| shrink(&generate(seed), mutant.breaks(), Some(mutant)).0);
    let case = cases.find(|case| case.sagas.len() <= 2);
    let case = case.unwrap_or_else(|| panic!("no case for {mutant:?} is small"));
    assert_eq!(run(&case, None).wrongs, [], "without {mutant:?} the case should pass:\n{case}");
}

/// Steps and bodies panic on purpose.
fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if !text.starts_with("sim:") {
            eprintln!("{panic}");
        }
    }));
}

macro_rules! caught {
    ($($name:ident: $mutant:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            caught(Mutant::$mutant);
        }
    )*
        #[test]
        fn every_mutant_has_a_test() {
            assert_eq!([$(Mutant::$mutant),*], Mutant::value_variants());
        }
    };
}

caught! {
    a_store_that_does_not_fence_is_caught: Unfenced,
    a_store_that_acknowledges_too_early_is_caught: AcknowledgesTooEarly,
    a_recovery_that_forgets_the_rollback_is_caught: ForgetsRollback,
    a_recovery_that_forgets_what_is_irreversible_is_caught: ForgetsIrreversible,
    a_recovery_that_forgets_a_deferral_is_caught: ForgetsDeferral,
    a_recovery_that_reads_backwards_is_caught: ReadsBackwards,
    a_due_time_that_is_lost_is_caught: LosesWake,
    a_dead_letter_that_is_hidden_is_caught: HidesDeadLetters,
    a_probe_that_lies_is_caught: ProbeLies,
    a_service_that_forgets_its_answers_is_caught: ForgetsAnswers,
    a_key_for_each_attempt_is_caught: KeyForEachAttempt,
    an_undo_error_that_is_dropped_is_caught: DropsUndoErrors,
    doubt_that_is_taken_for_failure_is_caught: TakesDoubtForFailure,
    compensations_without_a_cap_are_caught: StormsServices,
    a_deadline_that_is_lost_is_caught: LosesDeadline,
    a_limit_that_is_lost_is_caught: LosesLimit,
    a_delivery_that_is_lost_is_caught: LosesDelivery,
    a_cancel_that_is_lost_is_caught: LosesCancel,
    an_act_that_is_not_known_again_is_caught: ForgetsActs,
    what_came_too_late_and_counts_is_caught: DatesEarly,
    what_came_in_time_and_does_not_count_is_caught: DatesLate,
    a_release_that_is_not_fenced_is_caught: UnfencedRelease,
    a_lease_that_is_over_and_renewed_is_caught: RenewsExpired,
    a_release_that_is_lost_is_caught: LosesRelease,
}

#[test]
fn without_a_mutant_nothing_is_wrong() {
    quiet();
    for seed in 1..=SEEDS {
        let report = run(&generate(seed), None);
        assert_eq!(report.wrongs, [], "cargo xtask sim --seeds 1 --from {seed}");
    }
}

#[test]
fn a_run_can_be_repeated() {
    quiet();
    for seed in 1..=500 {
        let (first, second) = (run(&generate(seed), None), run(&generate(seed), None));
        let same = first.trace == second.trace;
        assert!(same, "seed {seed}:\n{}\n--- and then:\n{}", first.story, second.story);
    }
}
