//! Runs an example as a process of its own, that ends in a bounded time whatever happens.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The longest that one run may take, on a machine that has other things to do.
const RUN_MAX: Duration = Duration::from_secs(60);

/// How a run ended, and what it said.
pub(crate) struct Ran {
    words: String,
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ended with {:?}", self.words, self.code)?;
        write!(f, "{}{}", self.out, self.err)
    }
}

/// An example, built once.
pub(crate) struct Example {
    name: &'static str,
    built: OnceLock<Option<PathBuf>>,
}

impl Example {
    /// The one of that name.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, built: OnceLock::new() }
    }

    /// Runs it.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        let built = self.built.get_or_init(|| built(self.name)).as_ref().expect("the example can be built");
        run(built, self.name, words)
    }
}

fn run(example: &Path, name: &str, words: &[&str]) -> Ran {
    let mut child = Command::new(example)
        .args(words)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example can be run");
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let err = thread::spawn(move || text(&mut err));
    let (ended, ends) = mpsc::channel();
    let out = thread::spawn(move || {
        let out = text(&mut out);
        ended.send(()).expect("somebody waits for the end");
        out
    });
    // What it says ends when it does.
    let in_time = ends.recv_timeout(RUN_MAX).is_ok();
    if !in_time {
        child.kill().expect("it can be stopped");
    }
    let code = child.wait().expect("it has ended").code();
    let [out, err] = [out, err].map(|said| said.join().expect("what it says is read"));
    let ran = Ran { words: format!("{name} {}", words.join(" ")), code, out, err };
    assert!(in_time, "not ended within {RUN_MAX:?}: {ran}");
    ran
}

fn text(from: &mut impl Read) -> String {
    let mut text = Vec::new();
    from.read_to_end(&mut text).expect("what it says can be read");
    String::from_utf8(text).expect("it speaks UTF-8")
}

/// Builds the example if need be, and returns its path. `cargo test` builds it; a run of this test alone does not.
fn built(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.ancestors().nth(2).expect("tests are in `deps` of a profile's directory");
    let example = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !is_fresh(&example) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--example", name, "--target-dir"]);
        cargo.arg(profile.parent().expect("profiles are in the target directory"));
        if let Some(name) = profile.file_name().filter(|name| *name != "debug") {
            cargo.arg("--profile").arg(name);
        }
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
        return built.success().then_some(example);
    }
    Some(example)
}

/// Returns true if nothing that the example is built from is newer than it.
fn is_fresh(example: &Path) -> bool {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let Some(built) = changed(example) else { return false };
    let Ok(sources) = std::fs::read_to_string(example.with_extension("d")) else { return false };
    let sources = sources.split_once(": ").map_or("", |(_, sources)| sources).split_whitespace();
    sources.map(Path::new).all(|source| changed(source).is_some_and(|changed| changed <= built))
}
