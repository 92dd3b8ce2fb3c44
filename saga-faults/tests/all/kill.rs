//! Rounds of killing find nothing, and find each of the bugs that are put into the worker: real processes, as
//! `cargo xtask kill` starts them, with fewer sagas. They leave nothing behind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use saga_faults::Mutant;

/// Runs rounds, and returns whether they found nothing, and their output.
fn rounds(number: u32, mutant: Option<Mutant>) -> (bool, String) {
    let dir = tempfile::tempdir_in(saga_faults::memory()).expect("a directory can be made");
    let mut harness = Command::new(env!("CARGO_BIN_EXE_saga-faults"));
    harness.args(["kill", "--sagas", "40", "--jobs", "1", "--rounds", &number.to_string(), "--dir"]);
    harness.arg(dir.path()).args(mutant.iter().flat_map(|m| ["--mutant".to_owned(), format!("{m:?}")]));
    let ran = harness.output().expect("the harness can be run");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.success(), text(&ran.stdout) + &text(&ran.stderr))
}

/// A mutant has to be caught within so many rounds.
const ROUNDS: u32 = 12;

fn is_caught(mutant: Mutant, words: &[&str]) {
    let (found_nothing, said) = rounds(ROUNDS, Some(mutant));
    assert!(!found_nothing, "{mutant:?} lives for {ROUNDS} rounds: {said}");
    assert!(words.iter().any(|word| said.contains(word)), "{mutant:?} is caught for another reason: {said}");
    assert!(said.contains("to repeat its plan: cargo xtask kill --rounds 1 --seed "), "{said}");
}

/// Runs a harness without a directory, stops it while it works if `is_stopped`, and returns what is left in memory.
fn left(words: &[&str], is_stopped: bool) -> Vec<PathBuf> {
    let mut harness = Command::new(env!("CARGO_BIN_EXE_saga-faults"));
    harness.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    let mut harness = harness.spawn().expect("the harness can be run");
    let place = saga_faults::memory().join(format!("saga-faults-{}", harness.id()));
    if is_stopped {
        while !place.exists() {
            assert_eq!(harness.try_wait().expect("it can be waited for"), None, "it has not made its place");
            std::thread::sleep(Duration::from_millis(1));
        }
        let id = rustix::process::Pid::from_child(&harness);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it can be stopped");
    }
    let ended = harness.wait().expect("it can be waited for");
    assert_eq!(ended.code() == Some(130), is_stopped, "{ended}");
    let left = std::fs::read_dir(&place).into_iter().flatten();
    left.map(|entry| entry.expect("it can be read").path()).chain(place.exists().then_some(place)).collect()
}

#[test]
fn nothing_is_left_in_memory_but_what_is_kept() {
    assert_eq!(left(&["kill", "--rounds", "2", "--sagas", "4"], false), Vec::<PathBuf>::new());
    assert_eq!(left(&["kill", "--rounds", "1000"], true), Vec::<PathBuf>::new());
    assert_eq!(left(&["disk", "--seeds", "1", "--sagas", "4"], false), Vec::<PathBuf>::new());
    assert_eq!(left(&["disk", "--seeds", "1000"], true), Vec::<PathBuf>::new());
    let kept = left(&["kill", "--rounds", "40", "--sagas", "20", "--mutant", "SkipsCompensations"], false);
    let [round, place] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(round.join("ledger.txt").is_file(), "{kept:?}");
    std::fs::remove_dir_all(place).expect("it can be removed");
}

#[test]
fn without_a_bug_nothing_is_found() {
    let (found_nothing, said) = rounds(2, None);
    assert!(found_nothing, "{said}");
    assert!(said.contains("2 rounds, the slowest") && said.contains("80 sagas: "), "{said}");
}

#[test]
fn a_worker_that_ignores_keys_is_caught() {
    is_caught(Mutant::IgnoresKeys, &["happened twice", "was undone twice"]);
}

#[test]
fn a_store_that_answers_before_it_has_written_is_caught() {
    is_caught(
        Mutant::AnswersTooEarly,
        &["no record begins it", "and its record", "and then as", "was undone twice"],
    );
}

#[test]
fn a_compensation_that_does_nothing_is_caught() {
    is_caught(Mutant::SkipsCompensations, &["the ledger that it stands"]);
}

#[test]
fn a_probe_that_asks_nobody_is_caught() {
    is_caught(Mutant::ProbesNobody, &["happened twice", "the ledger that it stands"]);
}
