//! Starts and stops a server.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use harness::{Error, Place, error};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The ports of the server and of our service.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The port for calls.
    pub ingress: u16,
    /// The port for administration.
    pub admin: u16,
    /// The port between nodes, and for metrics.
    pub node: u16,
    /// The port of our service.
    pub service: u16,
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.ingress, self.admin, self.node, self.service)
    }
}

impl FromStr for Ports {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let numbers = text.split(' ').map(str::parse).collect::<Result<Vec<u16>, _>>()?;
        let [ingress, admin, node, service] = numbers[..] else { return Err(error("four ports are needed")) };
        Ok(Self { ingress, admin, node, service })
    }
}

/// A running server.
#[derive(Debug)]
pub struct Restate {
    child: Child,
    ports: Ports,
    version: String,
    durability: &'static str,
    // Dropped after the server is stopped.
    _place: Place,
}

impl Restate {
    /// Starts a server.
    ///
    /// # Errors
    /// If there is none on this machine; the text says what is missing.
    pub fn start() -> Result<Self, Error> {
        let program = program()?;
        let version = Command::new(&program).arg("--version").stdin(Stdio::null()).output()?;
        let version = String::from_utf8_lossy(&version.stdout).trim().replace("restate-server ", "");
        let place = Place::new("restate")?;
        let durability = durability(&program, place.path())?;
        let ports = free_ports()?;
        let mut run = Command::new(program);
        run.args(["--no-logo", "--listen-mode", "tcp", "--node-name", "one", "--base-dir"]).arg(place.path());
        run.env("RESTATE_BIND_IP", "127.0.0.1").env("RESTATE_ADVERTISED_HOST", "127.0.0.1");
        run.env("RESTATE_BIND_PORT", ports.node.to_string());
        run.env("RESTATE_ADMIN__BIND_PORT", ports.admin.to_string());
        run.env("RESTATE_INGRESS__BIND_PORT", ports.ingress.to_string());
        // It must not contact other machines.
        run.env("RESTATE_DISABLE_TELEMETRY", "true")
            .env("RESTATE_LOG_FILTER", "error")
            .env("DO_NOT_TRACK", "1");
        run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec only this one call is made, which is async-signal-safe.
        unsafe {
            run.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            });
        }
        let mut server = Self { child: run.spawn()?, ports, version, durability, _place: place };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Returns the ports.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Returns the server's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns its durability, according to its own configuration.
    pub fn durability(&self) -> &'static str {
        self.durability
    }

    /// Returns the number of syncs of its write-ahead logs so far, according to its own metrics.
    pub fn syncs(&self) -> Option<u64> {
        let text = get(self.ports.node, "/metrics")?;
        let counters = text.lines().filter(|line| line.starts_with("restate_rocksdb_wal_synced_total{"));
        let values: Vec<f64> = counters.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() as u64)
    }

    fn wait_until_it_answers(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        let is_up = |ports: Ports| {
            get(ports.admin, "/health").is_some() && get(ports.ingress, "/restate/health").is_some()
        };
        while !is_up(self.ports) {
            if let Some(status) = self.child.try_wait()? {
                return Err(error(format!("restate-server ended at once: {status}")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(error("restate-server does not answer"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Restate {
    fn drop(&mut self) {
        // Its data is not needed any more, so it need not shut down in order.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("restate-server (process {}) is left behind: {error}", self.child.id());
        }
    }
}

/// Returns the durability of its log, from which it recovers: for one node, as configured by default or by the
/// environment.
fn durability(program: &Path, folder: &Path) -> Result<&'static str, Error> {
    let dumped = Command::new(program)
        .arg("--base-dir")
        .arg(folder)
        .arg("--dump-config")
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&dumped.stdout);
    let section = text.lines().skip_while(|line| *line != "[log-server]").skip(1);
    let mut settings = section.take_while(|line| !line.starts_with('['));
    match settings.find_map(|line| line.strip_prefix("rocksdb-disable-wal-fsync = ")) {
        Some("false") => Ok("a server with one node, RocksDB, its log synced"),
        Some("true") => Ok("a server with one node, RocksDB, its log not synced"),
        _ => Err(error("restate-server does not say how durable its log is")),
    }
}

/// Returns the body of a successful answer.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// Returns ports that are free now.
fn free_ports() -> Result<Ports, Error> {
    let held: Vec<TcpListener> =
        (0..4).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
    let ports: Vec<u16> = held.iter().map(|one| Ok(one.local_addr()?.port())).collect::<io::Result<_>>()?;
    Ok(Ports { ingress: ports[0], admin: ports[1], node: ports[2], service: ports[3] })
}

/// Returns the path of the server's program.
fn program() -> Result<PathBuf, Error> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/@restatedev");
    let mut places = Vec::new();
    // The package for a system and a processor that npm has chosen.
    if let Ok(packages) = std::fs::read_dir(own) {
        places.extend(packages.flatten().map(|package| package.path().join("bin/restate-server")));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.extend(std::env::split_paths(&path).map(|folder| folder.join("restate-server")));
    // The package without a system has a script of that name, which needs Node.js and starts the program.
    let found = places.into_iter().find(|place| place.is_file());
    found.ok_or_else(|| {
        error("missing: restate-server; to get it: npm install --ignore-scripts --no-package-lock --prefix peers/restate")
    })
}
