//! A worker process, seen from the harness.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

use crate::worker::Orders;

/// The longest wait for anything from a worker.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running worker.
pub(crate) struct Process {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    input: Option<ChildStdin>,
    pub(crate) started: Instant,
}

impl Process {
    /// Starts the worker; its standard error goes to `errors`.
    pub(crate) fn start(orders: &Orders, errors: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a worker cannot be started: {error}");
        let program = std::env::current_exe().map_err(failed)?;
        let errors = OpenOptions::new().create(true).append(true).open(errors).map_err(failed)?;
        let mut child = Command::new(program)
            .args(orders.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let said = child.stdout.take().ok_or("a worker has no output")?;
        let input = child.stdin.take();
        Ok(Self { child, said: BufReader::new(said).lines(), input, started: Instant::now() })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns the worker's next line; `None` when it has ended.
    pub(crate) async fn line(&mut self) -> Result<Option<String>, String> {
        let line = timeout(PATIENCE, self.said.next_line()).await;
        let line = line.map_err(|_| format!("a worker says nothing for {PATIENCE:?}"))?;
        line.map_err(|error| format!("what a worker says cannot be read: {error}"))
    }

    /// Waits until the worker has joined, and returns the time that took; `None` if it died before.
    pub(crate) async fn joined(&mut self) -> Result<Option<Duration>, String> {
        match self.line().await? {
            None => Ok(None),
            Some(line) if line == "joined" => Ok(Some(self.started.elapsed())),
            Some(line) => Err(format!("a worker says {line:?}")),
        }
    }

    /// Sends the worker a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // The child was not waited for, so its process number is not reused. If it has died, the signal has no
            // effect.
            kill_process(pid, signal).unwrap_or_default();
        }
    }

    /// Waits for the worker's end without a limit.
    pub(crate) async fn exits(&mut self) -> Result<ExitStatus, String> {
        self.child.wait().await.map_err(|error| format!("a worker cannot be waited for: {error}"))
    }

    /// Waits for the worker's end, with the usual limit.
    pub(crate) async fn end(&mut self) -> Result<ExitStatus, String> {
        self.end_within(PATIENCE).await?.ok_or(format!("a worker has not ended within {PATIENCE:?}"))
    }

    /// Waits for the worker's end within a time; returns `None` if that passes.
    pub(crate) async fn end_within(&mut self, time: Duration) -> Result<Option<ExitStatus>, String> {
        match timeout(time, self.exits()).await {
            Ok(status) => status.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Kills the worker, and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> Result<(), String> {
        self.signal(Signal::KILL);
        self.end().await.map(drop)
    }

    /// Asks the worker to end by itself.
    pub(crate) fn close(&mut self) {
        self.input = None;
    }
}
