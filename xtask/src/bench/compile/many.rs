//! A program of 20 sagas of 20 steps, each in a module of its own: checked from cold, checked again after an edit, and
//! built without optimization; beside the same code as plain async functions. Incremental, as cargo does it by default.

use super::program::{Side, module, root};
use super::workspace::{Subject, Task, Workspace};
use crate::bench::form::median;

const SAGAS: usize = 20;
const STEPS: usize = 20;
const ROUNDS: usize = 5;
/// The file that is edited.
const EDITED: &str = "src/saga_10.rs";

/// What is measured, and the times of the plain functions that it may take.
const MEASURES: [(&str, f64); 3] =
    [("compile-check", 2.5), ("compile-incremental", 3.0), ("compile-build", 1.8)];

/// Returns the two programs.
pub(super) fn subjects() -> Vec<Subject> {
    let subject = |name, side| {
        let mut files: Vec<_> =
            (0..SAGAS).map(|saga| (format!("src/saga_{saga}.rs"), module(side, saga, STEPS))).collect();
        files.push(("src/main.rs".to_owned(), root(side, SAGAS)));
        Subject::new(name, files)
    };
    vec![subject("plain-many", Side::Plain), subject("saga-many", Side::Saga)]
}

/// Measures and reports them.
pub(super) fn run(workspace: &Workspace, subjects: &mut [Subject], json: bool) -> Result<(), String> {
    // Of what they depend on nothing is measured.
    for task in [Task::CheckIncremental, Task::Build] {
        workspace.run(task, Some(subjects[0].name))?;
    }
    let mut seconds: Vec<[Vec<f64>; 3]> = subjects.iter().map(|_| Default::default()).collect();
    for round in 0..ROUNDS {
        for (subject, seconds) in subjects.iter().zip(&mut seconds) {
            for (seconds, taken) in seconds.iter_mut().zip(measure(workspace, subject, round)?) {
                seconds.push(taken);
            }
        }
    }
    let [plain, saga] = &mut seconds[..] else { return Err("there are two sides".to_owned()) };
    for (number, (bench, ratio_max)) in MEASURES.into_iter().enumerate() {
        let (plain, saga) = (median(&mut plain[number]), median(&mut saga[number]));
        let ratio = saga / plain;
        if json {
            println!(
                "{{\"bench\":\"{bench}\",\"sagas\":{SAGAS},\"steps\":{STEPS},\"saga_s\":{saga:.3},\
                 \"plain_s\":{plain:.3},\"ratio\":{ratio:.2}}}"
            );
        } else {
            println!(
                "{bench:<19} {SAGAS} sagas of {STEPS} steps {saga:.2} s, plain functions {plain:.2} s: ratio \
                 {ratio:.2}; allowed: {ratio_max}"
            );
        }
    }
    Ok(())
}

/// Measures one round of one program: from cold, after an edit, built.
fn measure(workspace: &Workspace, subject: &Subject, round: usize) -> Result<[f64; 3], String> {
    workspace.clean(subject)?;
    workspace.rewrite(subject)?;
    let check = workspace.run(Task::CheckIncremental, Some(subject.name))?;
    workspace.edit(subject, EDITED, &format!("// Round {round}."))?;
    let incremental = workspace.run(Task::CheckIncremental, Some(subject.name))?;
    let build = workspace.run(Task::Build, Some(subject.name))?;
    Ok([check, incremental, build])
}
