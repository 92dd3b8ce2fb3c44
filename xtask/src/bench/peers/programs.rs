//! Builds and runs the programs of the peers.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::figures::Line;
use super::peer::{CONCURRENCIES, Peer, SECONDS};
use crate::cargo;

/// The longest duration of one round of a peer, including the start of its servers.
const PATIENCE: Duration = Duration::from_secs(90);

/// A program that is built.
#[derive(Clone, Debug)]
pub(super) struct Program {
    path: PathBuf,
}

/// A message of cargo about a built artifact.
#[derive(Deserialize)]
struct Built {
    reason: String,
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds a peer's `w1`, after installing what it needs besides cargo.
pub(super) fn build(folder: &str) -> Result<Program, String> {
    install_by_npm(folder)?;
    eprintln!("building peers/{folder}");
    let built = build_crate(folder, &["--bin", "w1"])?;
    let path = built.into_iter().find_map(|one| one.executable);
    path.map(|path| Program { path }).ok_or_else(|| "cargo names no program".to_owned())
}

fn build_crate(folder: &str, target: &[&str]) -> Result<Vec<Built>, String> {
    let place = cargo::root()?.join("peers").join(folder);
    let mut command = cargo::program("cargo")?;
    command.args(["build", "--release", "--quiet", "--message-format", "json-render-diagnostics"]);
    // The lock file of `saga` follows the workspace, because it builds the workspace's crates. Those of the others
    // record what was compared.
    if folder != "saga" {
        command.arg("--locked");
    }
    // The default target directory of a manual build, independent of the environment.
    command
        .arg("--manifest-path")
        .arg(place.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(place.join("target"));
    let output = command
        .args(target)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "it does not build: cargo build --release --manifest-path peers/{folder}/Cargo.toml"
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let all = text.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    Ok(all.filter(|one| one.reason == "compiler-artifact").collect())
}

/// Installs what a peer's `package.json` names: the server of Restate; bunqueue and bun.
fn install_by_npm(folder: &str) -> Result<(), String> {
    let place = cargo::root()?.join("peers").join(folder);
    if !place.join("package.json").is_file() || place.join("node_modules").is_dir() {
        return Ok(());
    }
    let arguments =
        ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--silent"];
    eprintln!("fetching packages: npm {} --prefix peers/{folder}", arguments.join(" "));
    let status = cargo::program("npm")?.args(arguments).arg("--prefix").arg(&place).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("missing: its packages; npm could not fetch them ({status})")),
        Err(error) => Err(format!("missing: its packages, which npm would fetch, and npm ({error})")),
    }
}

/// The counter of fsyncs: a library that is preloaded, and the file in which it counts. Every user can read both.
#[derive(Debug)]
pub(super) struct Counter {
    folder: PathBuf,
}

impl Counter {
    pub(super) fn new() -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("that needs Linux".to_owned());
        }
        let built = build_crate("fsyncs", &["--lib"])?;
        let library = built.into_iter().flat_map(|one| one.filenames).find(|path| is_library(path));
        let library = library.ok_or("cargo names no library")?;
        let folder = std::env::temp_dir().join(format!("saga-peers-{}", std::process::id()));
        let counter = Self { folder };
        fs::create_dir_all(&counter.folder)
            .and_then(|()| fs::copy(&library, counter.library()))
            .map_err(|error| format!("{}: {error}", counter.folder.display()))?;
        Ok(counter)
    }

    fn library(&self) -> PathBuf {
        self.folder.join("fsyncs.so")
    }

    /// Resets the count to 0.
    fn reset(&self) -> Result<PathBuf, String> {
        let file = self.folder.join("count");
        let failed = |error| format!("{}: {error}", file.display());
        fs::write(&file, [0; 8]).map_err(failed)?;
        open_to_all(&file).map_err(failed)?;
        Ok(file)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{} is left behind: {error}", self.folder.display());
        }
    }
}

fn is_library(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "so")
}

/// Lets servers that run as another user write to the count.
#[cfg(unix)]
fn open_to_all(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn open_to_all(_file: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Runs one round of a peer.
pub(super) fn measure(program: &Program, peer: Peer, counter: Option<&Counter>) -> Result<Vec<Line>, String> {
    let mut command = Command::new(&program.path);
    command.args(["--json", "--seconds", SECONDS]).args(CONCURRENCIES);
    if peer.is_full {
        command.arg("--full");
    }
    if let Some(counter) = counter {
        command.env("FSYNCS_FILE", counter.reset()?).env("LD_PRELOAD", counter.library());
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
    let (is_success, printed, said) = finish(child)?;
    if !is_success {
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        return Err(last.trim_start_matches("Error: ").trim_matches('"').to_owned());
    }
    // Some engines print lines of their own between.
    Ok(printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Waits for the end of a process, with a limit. Returns true if it succeeded, and its output and errors.
fn finish(mut child: Child) -> Result<(bool, String, String), String> {
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let begun = Instant::now();
    let status = loop {
        let ended = child.try_wait().map_err(|error| format!("it cannot be waited for: {error}"))?;
        if let Some(status) = ended {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            // Processes that it started end with it.
            child
                .kill()
                .and_then(|()| child.wait())
                .map_err(|error| format!("it cannot be killed: {error}"))?;
            return Err(format!("it does not end within {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let text = |thread: std::thread::JoinHandle<String>| thread.join().unwrap_or_default();
    Ok((status.success(), text(out), text(err)))
}

/// Reads a stream to its end on another thread.
fn collect(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream
            && let Err(error) = stream.read_to_end(&mut bytes)
        {
            return format!("{error}");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
