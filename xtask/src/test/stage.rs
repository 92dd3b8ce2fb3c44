//! The stages of `cargo xtask test`: what each runs, and how it is typed.

use std::fs::{self, File};
use std::process::Command;

use super::{deny, mcp, newcomer, weight};
use crate::{api, cargo, editor, harness, tidy};

/// One thing that CI checks.
pub(super) struct Stage {
    pub(super) name: &'static str,
    work: Work,
    /// The component of the toolchain without which the stage cannot run.
    pub(super) component: Option<&'static str>,
    /// True if something is compiled, and so a C compiler has to be there.
    pub(super) compiles: bool,
    /// True if it runs beside the others: it compiles, while the programs of the others run.
    pub(super) beside: bool,
}

enum Work {
    /// A call of cargo, with a variable of its environment.
    Cargo { arguments: &'static [&'static str], variable: Option<(&'static str, &'static str)>, locks: bool },
    /// A function of this program.
    Own { typed: &'static str, run: fn() -> Result<(), String> },
}

/// All stages, in the order in which they run.
pub(super) const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        work: Work::Cargo { arguments: &["fmt", "--all", "--check"], variable: None, locks: false },
        component: Some("rustfmt"),
        compiles: false,
        beside: false,
    },
    Stage {
        name: "tidy",
        work: Work::Own { typed: "cargo xtask tidy", run: tidy::check },
        component: None,
        compiles: false,
        beside: false,
    },
    Stage {
        name: "weight",
        work: Work::Own { typed: "cargo xtask test weight", run: weight::check },
        component: None,
        compiles: false,
        beside: false,
    },
    Stage {
        name: "api",
        work: Work::Own { typed: "cargo xtask test api", run: api::check },
        component: None,
        compiles: false,
        beside: false,
    },
    Stage {
        name: "deny",
        work: Work::Own { typed: "cargo xtask test deny", run: deny::check },
        component: None,
        compiles: false,
        beside: false,
    },
    Stage {
        name: "clippy",
        work: Work::Cargo {
            arguments: &[
                "clippy",
                "--profile",
                "ci",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ],
            variable: None,
            locks: true,
        },
        component: Some("clippy"),
        compiles: true,
        beside: true,
    },
    Stage {
        name: "tests",
        work: Work::Cargo {
            // All others would be built with the features of the dependencies of `unified`.
            arguments: &[
                "test",
                "--profile",
                "ci",
                "--workspace",
                "--exclude",
                "unified",
                "--all-features",
                "--no-fail-fast",
            ],
            variable: None,
            locks: true,
        },
        component: None,
        compiles: true,
        beside: false,
    },
    Stage {
        name: "unified",
        work: Work::Cargo {
            arguments: &["test", "--profile", "ci", "--package", "unified"],
            variable: None,
            locks: true,
        },
        component: None,
        compiles: true,
        beside: true,
    },
    Stage {
        name: "newcomer",
        work: Work::Own { typed: "cargo xtask test newcomer", run: newcomer::check },
        component: None,
        compiles: true,
        beside: true,
    },
    Stage {
        name: "editor",
        work: Work::Own { typed: "cargo xtask editor", run: editor::check },
        component: None,
        compiles: true,
        beside: true,
    },
    Stage {
        name: "mcp",
        work: Work::Own { typed: "cargo xtask test mcp", run: mcp::check },
        component: None,
        compiles: true,
        beside: false,
    },
    Stage {
        name: "sim",
        work: Work::Own {
            typed: "cargo xtask sim --seeds 30000",
            run: || harness::check("saga-sim", &["--seeds", "30000"]),
        },
        component: None,
        compiles: true,
        beside: false,
    },
    Stage {
        name: "kill",
        work: Work::Own {
            typed: "cargo xtask kill --rounds 50",
            run: || harness::check("saga-faults", &["kill", "--rounds", "50"]),
        },
        component: None,
        compiles: true,
        beside: false,
    },
    Stage {
        name: "disk",
        work: Work::Own {
            typed: "cargo xtask disk --seeds 25",
            run: || harness::check("saga-faults", &["disk", "--seeds", "25"]),
        },
        component: None,
        compiles: true,
        beside: false,
    },
    Stage {
        name: "docs",
        work: Work::Cargo {
            arguments: &["doc", "--profile", "ci", "--workspace", "--no-deps", "--all-features"],
            variable: Some(("RUSTDOCFLAGS", "-Dwarnings")),
            locks: true,
        },
        component: None,
        compiles: true,
        beside: true,
    },
];

impl Stage {
    /// Returns the command as one types it.
    pub(super) fn shown(&self, in_ci: bool) -> String {
        match &self.work {
            Work::Own { typed, .. } => (*typed).to_owned(),
            Work::Cargo { arguments, variable, locks } => {
                let variable = variable.map(|(name, value)| format!("{name}={value} ")).unwrap_or_default();
                format!("{variable}cargo {}", with_lock(arguments, *locks && in_ci).join(" "))
            }
        }
    }

    /// Runs the stage; what it prints goes straight through.
    pub(super) fn run(&self) -> Result<(), String> {
        let (arguments, variable, locks) = match &self.work {
            Work::Own { run, .. } => return run(),
            Work::Cargo { arguments, variable, locks } => (arguments, variable, *locks),
        };
        let mut command = cargo::program("cargo")?;
        command.args(with_lock(arguments, locks && cargo::in_ci()));
        if let Some((name, value)) = variable {
            command.env(name, value);
        }
        let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
        cargo::judge(status)
    }

    /// Runs the stage in a process of its own; what it prints is shown once it has ended.
    pub(super) fn run_apart(&self) -> Result<(), String> {
        let target = cargo::target()?;
        let printed = target.join(format!("stage-{}.log", self.name));
        let failed = |error| format!("`{}`: {error}", printed.display());
        fs::create_dir_all(&target).map_err(failed)?;
        let out = File::create(&printed).map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        let xtask = std::env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
        let status = Command::new(xtask).args(["test", self.name]).stdout(out).stderr(err).status();
        let status = status.map_err(|error| format!("a stage cannot be started: {error}"))?;
        print!("{}", String::from_utf8_lossy(&fs::read(&printed).map_err(failed)?));
        cargo::judge(status)
    }
}

/// Returns the arguments, with `--locked` after their first word if `locked` is true.
fn with_lock<'a>(arguments: &[&'a str], locked: bool) -> Vec<&'a str> {
    let mut arguments = arguments.to_vec();
    if locked {
        arguments.insert(1, "--locked");
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str) -> &'static Stage {
        STAGES.iter().find(|stage| stage.name == name).expect("the stage is in the table")
    }

    #[test]
    fn ci_insists_on_the_lock_file_where_cargo_has_the_option() {
        assert_eq!(
            stage("docs").shown(false),
            "RUSTDOCFLAGS=-Dwarnings cargo doc --profile ci --workspace --no-deps --all-features"
        );
        assert!(stage("docs").shown(true).contains("cargo doc --locked --profile ci --workspace"));
        assert!(stage("clippy").shown(true).ends_with("--all-features -- -D warnings"));
        assert_eq!(stage("fmt").shown(true), "cargo fmt --all --check");
    }

    #[test]
    fn a_stage_says_why_it_failed() {
        let status =
            |name| cargo::program(name).and_then(|mut it| it.status().map_err(|error| error.to_string()));
        assert_eq!(cargo::judge(status("true").expect("it is everywhere")), Ok(()));
        assert_eq!(
            cargo::judge(status("false").expect("it is everywhere")),
            Err("exit status: 1".to_owned())
        );
    }
}
