//! Starts and stops a server.

use std::ffi::CStr;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Error, Place, error};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, or the address of an external one.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Server>,
    url: String,
}

#[derive(Debug)]
struct Server {
    child: Child,
    // Dropped after the server is stopped.
    _place: Place,
}

/// The user that runs the server, which must not be root.
#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// Creates and starts a server.
    ///
    /// # Errors
    /// If there is none on this machine; the text says what is missing.
    pub fn start() -> Result<Self, Error> {
        if let Ok(url) = std::env::var(super::URL) {
            return Ok(Self { server: None, url });
        }
        let programs = programs()?;
        let user = user()?;
        let place = Place::new("postgres")?;
        let data = place.path().join("data");
        if let Some(user) = user {
            chown(place.path(), Some(user.uid), Some(user.gid))?;
        }
        let mut make = command(&programs.join("initdb"), user);
        make.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(&data);
        let made = make.stdin(Stdio::null()).output()?;
        if !made.status.success() {
            return Err(error(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut run = command(&programs.join("postgres"), user);
        run.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p"]).arg(port.to_string());
        run.arg("-k").arg(place.path()).args(["-c", "logging_collector=off"]);
        run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        stop_with_us(&mut run);
        let child = run.spawn()?;
        let mut server = Server { child, _place: place };
        server.wait_until_it_answers(&programs, port)?;
        Ok(Self { server: Some(server), url: format!("postgres://postgres@127.0.0.1:{port}/postgres") })
    }

    /// Returns the server's address.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Returns what is known of its durability.
    pub fn durability(&self) -> &'static str {
        match self.server {
            Some(_) => "PostgreSQL as it comes: fsync=on, synchronous_commit=on",
            None => "the PostgreSQL of DBOS_DATABASE_URL",
        }
    }
}

impl Server {
    fn wait_until_it_answers(&mut self, programs: &Path, port: u16) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            let mut ask = Command::new(programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p"]).arg(port.to_string()).stdin(Stdio::null());
            if ask.status()?.success() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(error(format!("postgres ended at once: {status}")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(error("postgres does not answer"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Ok(pid) = i32::try_from(self.child.id()) else { return };
        // SAFETY: a signal to our own child, which is not yet waited for. SIGINT is its fast shutdown.
        unsafe { libc::kill(pid, libc::SIGINT) };
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("postgres (process {pid}) is left behind: {error}");
        }
    }
}

/// Returns a command that runs as another user if we are root.
fn command(program: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    // The other user may not read our folder.
    command.current_dir("/");
    command
}

/// Makes the server stop if this process dies.
fn stop_with_us(command: &mut Command) {
    // SAFETY: between fork and exec only this one call is made, which is async-signal-safe; it comes after the change
    // of the user, which would undo it.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
}

/// Returns the folder of PostgreSQL's programs.
fn programs() -> Result<PathBuf, Error> {
    let has_all = |folder: &Path| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // The folder on Debian and its derivatives, which is not in `PATH`.
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let missing = "missing: PostgreSQL (`initdb`, `postgres`, `pg_isready`), or the address of one in DBOS_DATABASE_URL";
    folders.into_iter().find(|folder| has_all(folder)).ok_or_else(|| error(missing))
}

/// Returns the user that must run the server; `None` if we are not root.
fn user() -> Result<Option<User>, Error> {
    // SAFETY: it only returns a number.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(None);
    }
    let name: &CStr = c"postgres";
    // SAFETY: the name is a C string; the result is read before another call could change it.
    let found = unsafe { libc::getpwnam(name.as_ptr()).as_ref() };
    let found = found.ok_or("missing: a user `postgres`, since PostgreSQL does not run as root")?;
    Ok(Some(User { uid: found.pw_uid, gid: found.pw_gid }))
}
