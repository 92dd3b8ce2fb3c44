//! Runs on a disk that fails, and loses its power: nothing that was acknowledged is lost, and a store that only says so is
//! found.

use saga_faults::{DiskFailure, DiskReport, DiskSettings, Mutant, disk_runs};

async fn runs(seeds: u64, mutant: Option<Mutant>) -> Result<DiskReport, DiskFailure> {
    let dir = tempfile::tempdir_in(saga_faults::memory()).expect("a directory can be made");
    let dir = dir.path().to_owned();
    disk_runs(&DiskSettings { seeds, flips: 0, from: 1, sagas: 16, dir, mutant }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_the_runtime_goes_on() {
    let report = runs(12, None).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!((report.runs, report.sagas), (12, 12 * 16));
    let kinds: Vec<&str> = report.faults.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["Full", "Gone", "ReadErrors", "SyncErrors", "WriteErrors"], "each was met");
    let met = [report.pauses, report.opened_anew, report.checkpoints];
    assert!(report.power_losses >= 12 && met.iter().all(|count| *count > 0), "{report:?}");
}

/// `cargo xtask disk --flips 500` makes more of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s59_a_bit_that_flips_is_found_or_harmless_and_the_other_sagas_go_on() {
    let dir = tempfile::tempdir_in(saga_faults::memory()).expect("a directory can be made");
    let dir = dir.path().to_owned();
    let settings = DiskSettings { seeds: 0, flips: 25, from: 7, sagas: 16, dir, mutant: None };
    let report = disk_runs(&settings).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(report.flips.flips, 25);
    assert!(report.flips.of_sagas > 0 && report.flips.harmless > 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_answers_before_it_has_written_is_caught() {
    let caught = runs(20, Some(Mutant::AnswersTooEarly)).await;
    let wrongs = caught.expect_err("it lives for 20 runs").wrongs.join("\n");
    let words = [
        "no record begins it",
        "and its record",
        "it is not there",
        "its outcome was told",
        "sagas have ended; open",
    ];
    assert!(words.iter().any(|word| wrongs.contains(word)), "{wrongs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_does_not_sync_is_caught() {
    let caught = runs(20, Some(Mutant::SyncsNothing)).await;
    let wrongs = caught.expect_err("it lives for 20 runs").wrongs.join("\n");
    let words = [
        "it is not there",
        "spoilt",
        "no record begins it",
        "after a power loss",
        "it was durable since",
        "cannot be opened",
    ];
    assert!(words.iter().any(|word| wrongs.contains(word)), "{wrongs}");
}
