//! `cargo xtask editor`: what rust-analyzer offers and shows where people type steps and sagas. Drives the real server
//! over a crate that uses saga; where there is no server on the machine, that is said, and nothing is checked.
//!
//! The server is named by `RUST_ANALYZER`, or is the first `rust-analyzer` on the path that answers.

mod cases;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use cases::{Case, FILE};
use server::Server;

/// Runs every case, and prints a line for each.
pub(crate) fn check() -> Result<(), String> {
    let Some(program) = program()? else {
        println!(
            "skipped: no `rust-analyzer` on this machine answers `--version`; `RUST_ANALYZER` can name one"
        );
        return Ok(());
    };
    let project = project()?;
    let Some(sources) = sources(&project) else {
        println!("skipped: rust-analyzer knows no types without the sources of `std` (component `rust-src`)");
        return Ok(());
    };
    let mut server = Server::start(&program, &project, &sources)?;
    let mut failed = 0;
    for case in cases::all() {
        let found = ask(&mut server, &project, &case)?;
        failed += usize::from(!found.is_empty());
        println!("{} {}{found}", if found.is_empty() { "ok  " } else { "FAIL" }, case.name);
    }
    server.stop();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} cases are not as they should be")) }
}

/// Asks a case; returns what is wrong with it, empty if nothing is.
fn ask(server: &mut Server, project: &Path, case: &Case) -> Result<String, String> {
    let (text, position) = case.text();
    let uri = server::uri(&project.join(FILE));
    server.show(&uri, &text)?;
    let answer = server.ask(case.question.method(), case.question.parameters(&uri, position))?;
    Ok(case.judge(&answer).map(|wrong| format!(": {wrong}")).unwrap_or_default())
}

/// Returns the server: what was named, or what is found on the path. A proxy of rustup may have none behind it.
fn program() -> Result<Option<PathBuf>, String> {
    if let Some(named) = std::env::var_os("RUST_ANALYZER").map(PathBuf::from) {
        return match answers(&named) {
            true => Ok(Some(named)),
            false => Err(format!("RUST_ANALYZER: {} does not answer `--version`", named.display())),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join("rust-analyzer"));
    Ok(found.find(|program| answers(program)))
}

fn answers(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Returns the sources of `std`: the toolchain's, or those that a distribution has put beside it.
fn sources(project: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("RUST_SRC_PATH").map(PathBuf::from);
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(project).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let packaged = fs::read_dir("/usr/src").into_iter().flatten().flatten();
    let packaged = packaged.map(|entry| entry.path().join("library"));
    let toolchain = sysroot.join("lib/rustlib/src/rust/library");
    named
        .into_iter()
        .chain([toolchain])
        .chain(packaged)
        .find(|folder| folder.join("core/src/lib.rs").is_file())
}

/// Writes the crate that is edited.
fn project() -> Result<PathBuf, String> {
    let root = cargo::root()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = root.join(target.unwrap_or_else(|| "target".into())).join("editor");
    let manifest = format!(
        "[package]\nname = \"edited\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         saga = {{ package = \"saga-rs\", path = {root:?}, default-features = false }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    for (path, text) in [("Cargo.toml", &manifest), ("Cargo.lock", &lock), (FILE, &cases::sound())] {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(folder)
}
