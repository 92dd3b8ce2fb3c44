//! Released sagas: a million of them wait for a signal or a time, in one process on SQLite. Measured is the memory for
//! each, in the process that released them and in one that starts later. Measured are also the duration of that start,
//! and how promptly one resumes.

use std::path::Path;
use std::time::{Duration, Instant};

use saga::prelude::*;
use saga::record::Record;

use crate::Outcome;
use crate::drive::{self, Until};
use crate::report::{Figure, Report, Target};
use crate::sagas::{five, until_due, until_told};
use crate::stage::Stage;

const SAGAS: usize = 1_000_000;
/// The number of sagas in flight while they are started.
const AT_ONCE: usize = 4096;
/// The number of sagas that are resumed and measured.
const PROBES: usize = 20;
/// The length of the timers that come due among the others; longer than a waiting saga is kept in memory.
const NAP: Duration = Duration::from_millis(1500);
/// The number of handles that wait for the outcome of released sagas.
const HANDLES: usize = 20_000;

pub(crate) fn run(stage: &Stage, report: &mut Report) -> Outcome {
    report.title(
        "released: 1,000,000 sagas wait, half for a signal, half for a time 30 days off; released by the runtime",
    );
    let db = stage.fresh()?;
    let releases = ask(stage, "release", &db)?;
    let holds = ask(stage, "hold", &db)?;
    let one = |said: &[(String, Vec<f64>)], name: &str| -> Vec<f64> {
        said.iter().find(|(known, _)| known == name).map_or(vec![], |(_, values)| values.clone())
    };
    let mut add = |at: &str, values: Vec<f64>, unit, target, beside| {
        report.add(&Figure { bench: "released", at: at.to_owned(), values, unit, target, beside });
    };
    let bytes = Target::at_most(500.0, 500.0);
    add(
        "by this process",
        one(&releases, "bytes"),
        "bytes each, resident",
        bytes,
        vec![("µs each, to run up to the wait", one(&releases, "us")[0])],
    );
    add("before this process", one(&holds, "bytes"), "bytes each, resident", bytes, vec![]);
    add(
        "start",
        one(&holds, "start_s"),
        "s from the opening of the file to a new saga's end",
        Target::at_most(10.0, 10.0),
        vec![("s until the runtime has started", one(&holds, "join_s")[0])],
    );
    add("a signal", one(&holds, "signal_ms"), "ms from sending it to the saga's end", None, vec![]);
    add("a timer", one(&holds, "late_ms"), "ms from the due time to the saga's end", None, vec![]);
    add(
        "handles",
        one(&holds, "handle_bytes"),
        "bytes for a task that awaits one's outcome",
        None,
        vec![("of a CPU, for 20,000 of them", one(&holds, "handle_cpu")[0])],
    );
    Ok(())
}

/// Runs another process in a role, and returns its results.
fn ask(stage: &Stage, role: &str, db: &Path) -> Outcome<Vec<(String, Vec<f64>)>> {
    let (mut child, lines) = stage.child(role, db)?;
    let mut said = Vec::new();
    for line in lines {
        let line = line?;
        let (name, values) = line.split_once(' ').ok_or("a figure has a name and values")?;
        let values = values.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        said.push((name.to_owned(), values));
    }
    if !child.wait()?.success() {
        return Err(format!("the process that was to {role} has failed").into());
    }
    Ok(said)
}

fn say(name: &str, values: &[f64]) {
    let values: Vec<String> = values.iter().map(f64::to_string).collect();
    println!("{name} {}", values.join(" "));
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

/// Waits until this worker drives no saga.
async fn idle(runtime: &Runtime) {
    while runtime.running() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs the process in which the sagas are released.
pub(crate) fn child_releases(stage: &Stage, db: &Path) -> Outcome {
    drive::thread()?.block_on(async {
        let runtime = drive::start(stage.open(db)?).await?;
        drive::clients(&runtime, || five(7), 1, Until::Each(1)).await?;
        let before = resident()?;
        let began = Instant::now();
        let clients: Vec<_> = (0..AT_ONCE)
            .map(|client| {
                let runtime = runtime.clone();
                tokio::spawn(async move {
                    for n in (client..SAGAS).step_by(AT_ONCE) {
                        let id = format!("released-{n}");
                        let run = if n % 2 == 0 {
                            runtime.run(id, until_told(7)).await.map(drop)
                        } else {
                            runtime.run(id, until_due("30d".to_owned())).await.map(drop)
                        };
                        run.expect("the saga is started");
                    }
                })
            })
            .collect();
        for client in clients {
            client.await?;
        }
        idle(&runtime).await;
        say("us", &[began.elapsed().as_secs_f64() * 1e6 / SAGAS as f64]);
        say("bytes", &[(resident()? - before) / SAGAS as f64]);
        runtime.shutdown().await;
        Ok(())
    })
}

/// Runs the process that starts with all sagas released.
pub(crate) fn child_holds(stage: &Stage, db: &Path) -> Outcome {
    drive::thread()?.block_on(async {
        let before = resident()?;
        let began = Instant::now();
        let runtime = drive::start(stage.open(db)?).await?;
        say("join_s", &[began.elapsed().as_secs_f64()]);
        let handle = runtime.run("first", five(7)).await?;
        assert!(handle.outcome().await?.is_completed(), "it has nothing to fail");
        say("start_s", &[began.elapsed().as_secs_f64()]);
        idle(&runtime).await;
        say("bytes", &[(resident()? - before) / SAGAS as f64]);
        signals(&runtime).await?;
        timers(&runtime).await?;
        handles(&runtime).await?;
        runtime.shutdown().await;
        Ok(())
    })
}

async fn signals(runtime: &Runtime) -> Outcome {
    let mut took = Vec::new();
    for n in 0..PROBES {
        // Started again with the same id and input, this returns the existing saga.
        let id = format!("released-{}", 2 * n * (SAGAS / PROBES / 2));
        let handle = runtime.run(id, until_told(7)).await?;
        let began = Instant::now();
        handle.signal("go", "only", &"gone").await?;
        assert!(handle.outcome().await?.is_completed(), "it was told");
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    say("signal_ms", &took);
    Ok(())
}

async fn timers(runtime: &Runtime) -> Outcome {
    let mut late = Vec::new();
    for n in 0..PROBES / 4 {
        let handle = runtime.run(format!("nap-{n}"), until_due(format!("{}ms", NAP.as_millis()))).await?;
        assert!(handle.outcome().await?.is_completed(), "it only sleeps");
        let ended = runtime.now();
        let due = handle.journal().await?.into_iter().find_map(|entry| match entry.record {
            Record::Timer { due, .. } => Some(due),
            _ => None,
        });
        late.push(ended.since(due.ok_or("it has slept")?).as_secs_f64() * 1e3);
    }
    say("late_ms", &late);
    Ok(())
}

/// Measures tasks that await the outcome of released sagas: their memory, and their cost while nothing happens.
async fn handles(runtime: &Runtime) -> Outcome {
    let before = resident()?;
    let mut tasks = Vec::with_capacity(HANDLES);
    for n in 0..HANDLES {
        let handle = runtime.run(format!("released-{}", 2 * n + 1), until_due("30d".to_owned())).await?;
        tasks.push(tokio::spawn(async move { handle.outcome().await.is_ok() }));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    say("handle_bytes", &[(resident()? - before) / HANDLES as f64]);
    let watch = drive::Watch::start();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let ran = watch.stop(0);
    say("handle_cpu", &[ran.cpu_seconds / ran.seconds]);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}
