//! A loop of kills makes no saga a poison pill, with a lease that outlives several processes.
//!
//! Mutant seen to fail here: three deaths in any company convict.

use saga_sim::{Case, Deed, Event, Fate, Fates, Kind, Op, Plan, Program, What, When, run};

/// A kill each second for a minute, over steps of five seconds.
#[test]
fn a_loop_of_kills_convicts_no_saga() {
    for sagas in [50, 4] {
        let fates = Fates { go: vec![Fate::Slow(5000); 20], ..Fates::default() };
        let slow = Op::Step(Deed { step: Kind::Hold, handled: false, fates });
        let plan = Plan { program: Program { ops: vec![slow] }, urgent: false, at_ms: 0 };
        let kill = |second: u64| Event { when: When::At(1000 * second), what: What::Kill(0, 10) };
        let events = (1..=60).map(kill).collect();
        let case = Case { seed: 1, workers: 1, sagas: vec![plan; sagas], events, compensations_max: 32 };
        let report = run(&case, None);
        assert_eq!(report.wrongs, [], "{sagas} sagas");
        assert!(!report.story.contains("PoisonPill"), "{sagas} sagas: {}", report.story);
        assert!(report.story.contains("Completed"), "{sagas} sagas: {}", report.story);
    }
}
