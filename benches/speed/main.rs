//! The speed of sagas, and what they consume.
//!
//! `cargo xtask bench [memory] [w1] [w2] [recover] [released] [scale] [--json | --markdown]` runs them.
//!
//! All ratios come from alternating rounds in one run, because the disk drifts more between two runs than the
//! differences measured. Criterion and similar tools measure one thing after the other. `docs/performance.md` says what
//! is measured, and where the time goes.
#![allow(clippy::disallowed_methods, reason = "a benchmark looks at the real clock")]

mod bare;
mod drive;
mod memory;
mod recover;
mod released;
mod report;
mod sagas;
mod scale;
mod stage;
mod w1;
mod w2;

use std::error::Error;
use std::path::Path;

use report::{Form, Report};
use stage::Stage;

/// A common choice for services that need speed; used by both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An error ends the run.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

struct Section {
    name: &'static str,
    run: fn(&Stage, &mut Report) -> Outcome,
}

const SECTIONS: &[Section] = &[
    Section { name: "memory", run: memory::run },
    Section { name: "w1", run: w1::run },
    Section { name: "w2", run: w2::run },
    Section { name: "recover", run: recover::run },
    Section { name: "released", run: released::run },
    Section { name: "scale", run: scale::run },
];

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, role, db] = &arguments[..]
        && child == "child"
    {
        let stage = Stage::guest()?;
        return match role.as_str() {
            "run" => recover::child(&stage, Path::new(db)),
            "release" => released::child_releases(&stage, Path::new(db)),
            "hold" => released::child_holds(&stage, Path::new(db)),
            role => Err(format!("there is no role `{role}`").into()),
        };
    }
    // Cargo passes `--bench`.
    let mut names = arguments.iter().filter(|argument| !argument.starts_with('-'));
    if let Some(unknown) = names.find(|name| SECTIONS.iter().all(|section| section.name != **name)) {
        return Err(format!("there is no section `{unknown}`").into());
    }
    let is_asked = |option: &str| arguments.iter().any(|argument| argument == option);
    let form = match (is_asked("--json"), is_asked("--markdown")) {
        (true, _) => Form::Json,
        (false, true) => Form::Markdown,
        (false, false) => Form::Text,
    };
    let chosen = |section: &&Section| arguments.iter().any(|argument| argument == section.name);
    let all = !SECTIONS.iter().any(|section| chosen(&section));
    let stage = Stage::new()?;
    let mut report = Report::new(form);
    for section in SECTIONS.iter().filter(|section| all || chosen(section)) {
        (section.run)(&stage, &mut report)?;
    }
    report.end();
    Ok(())
}
