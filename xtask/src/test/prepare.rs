//! Sets up what a bare machine lacks: the toolchain's components and a C compiler. Where it may not install something,
//! it prints the command to type.

use std::process::Command;

use super::stage::Stage;
use crate::cargo;

/// Makes sure that the stages have what they need.
pub(super) fn prepare(stages: &[&Stage]) -> Result<(), String> {
    for component in stages.iter().filter_map(|stage| stage.component) {
        prepare_component(component)?;
    }
    if stages.iter().any(|stage| stage.compiles) {
        prepare_c_compiler()?;
    }
    Ok(())
}

fn prepare_component(component: &str) -> Result<(), String> {
    let subcommand = if component == "rustfmt" { "fmt" } else { component };
    let is_there = || cargo::has("cargo", &[subcommand, "--version"]);
    let why = format!("the toolchain has no {component}");
    set_up(&is_there, &why, &[&["rustup", "component", "add", component]])
}

/// Makes sure that there is a C compiler, for the bundled SQLite.
fn prepare_c_compiler() -> Result<(), String> {
    // The variable may hold options, or a cache in front of the compiler: its first word is the program.
    let named = std::env::var("CC").unwrap_or_default();
    let named = named.split_whitespace().next().unwrap_or("cc");
    let is_there = || cargo::has(named, &["--version"]);
    let why = format!("the bundled SQLite needs a C compiler, and `{named}` is none");
    let may_set_up = || is_root() && cargo::has("apt-get", &["--version"]);
    if !(is_there() || may_set_up()) {
        return Err(format!("{why}\n{C_COMPILER_ADVICE}"));
    }
    set_up(&is_there, &why, &[&["apt-get", "update"], &["apt-get", "install", "-y", "gcc", "libc6-dev"]])
}

/// Runs the commands if the thing is missing, and checks that it is then present.
fn set_up(is_there: &dyn Fn() -> bool, why: &str, commands: &[&[&str]]) -> Result<(), String> {
    if is_there() {
        return Ok(());
    }
    for command in commands {
        install(why, command)?;
    }
    if is_there() { Ok(()) } else { Err(format!("{why}, and that is so still after it was set up")) }
}

const C_COMPILER_ADVICE: &str = "fix: install one and try again
  Debian, Ubuntu: sudo apt-get install gcc libc6-dev
  Fedora:         sudo dnf install gcc
  Alpine:         sudo apk add gcc musl-dev
  macOS:          xcode-select --install";

fn is_root() -> bool {
    cargo::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

fn install(why: &str, command: &[&str]) -> Result<(), String> {
    let shown = command.join(" ");
    println!("setting up: {why}, so this runs: {shown}");
    let [program, arguments @ ..] = command else { return Ok(()) };
    let status = Command::new(program).args(arguments).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            Err(format!("{why}, and `{shown}` failed ({status})\nfix: make it succeed, then try again"))
        }
        Err(error) => Err(format!("{why}, and `{shown}` cannot be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_set_up_says_what_was_tried() {
        let error = install("the example lacks", &["no-such-program", "add", "it"])
            .expect_err("there is no such program");
        assert!(
            error.starts_with("the example lacks, and `no-such-program add it` cannot be started"),
            "{error}"
        );
    }

    #[test]
    fn what_is_there_is_not_set_up_again() {
        let commands: &[&[&str]] = &[&["no-such-program"]];
        assert_eq!(set_up(&|| true, "never told", commands), Ok(()));
        assert!(set_up(&|| false, "told", commands).is_err());
    }

    #[test]
    fn what_was_set_up_must_be_there() {
        let error = set_up(&|| false, "it lacks", &[]).expect_err("it is still not there");
        assert!(error.contains("still"), "{error}");
    }
}
