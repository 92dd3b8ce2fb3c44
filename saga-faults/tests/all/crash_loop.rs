//! A crash loop with real processes, as `saga-faults loop` plays it in a minute, in a few seconds: only a saga that aborts
//! the process is dead-lettered.
//!
//! Mutant seen to fail here: three deaths in any company convict.

use std::process::Command;

/// Plays a loop; returns its report.
fn plays(kills: u32, killers: u32) -> String {
    let mut harness = Command::new(env!("CARGO_BIN_EXE_saga-faults"));
    harness.args(["loop", "--sagas", "6", "--step-ms", "600", "--period-ms", "300", "--delay-ms", "1000"]);
    harness.args(["--kills", &kills.to_string(), "--killers", &killers.to_string()]);
    let ran = harness.output().expect("the harness can be run");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    said
}

#[test]
fn a_loop_of_kills_convicts_no_saga() {
    let said = plays(15, 0);
    assert!(said.contains("dead-lettered: none"), "{said}");
}

#[test]
fn only_the_saga_that_aborts_the_process_is_convicted() {
    let said = plays(0, 1);
    assert!(said.contains("dead-lettered: killer-0"), "{said}");
    let aborts = said.split("then ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
    let aborts: u32 = aborts.and_then(|number| number.parse().ok()).expect("it says how many");
    assert!((3..=6).contains(&aborts), "{said}");
}
