//! Four companies on loopback ports: an airline, a hotel, a bank and a mail service.
//!
//! They stand for other companies' machines. They share only the process with the saga: they have their own thread, are
//! reached by HTTP alone, and write their books to disk before they answer. After the process is killed, they reopen
//! with the same books, on other ports.

mod bank;
mod desk;
mod faults;
mod holds;
mod mail;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use axum::Router;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::clients::{Airline, Bank, Hotel, Mailer};
use super::ledger::LedgerError;
use super::trip::{Flight, Stay};

pub use bank::{BankEntry, BankFault};
pub use faults::Faults;
pub use holds::{Hold, HoldEntry, HoldFault};
pub use mail::{MailEntry, MailFault};

/// The reason for which the companies do not open.
#[derive(Debug, Error)]
pub enum ServicesError {
    /// The books cannot be used.
    #[error("a company has no books")]
    Books(#[from] LedgerError),
    /// A thread or a port cannot be had.
    #[error("a company has no place to open at")]
    Place(#[from] io::Error),
}

/// The four companies, open until this is dropped.
#[derive(Debug)]
pub struct Services {
    /// Holds seats.
    pub airline: Airline,
    /// Holds rooms.
    pub hotel: Hotel,
    /// Charges cards.
    pub bank: Bank,
    /// Sends mails.
    pub mailer: Mailer,
    _open: Open,
}

impl Services {
    /// Opens all four from their books beside `prefix`, each on a free port.
    pub fn open(prefix: &Path, faults: Faults) -> Result<Self, ServicesError> {
        let (ready, opened) = mpsc::channel();
        let (closing, closed) = oneshot::channel();
        let prefix = prefix.to_owned();
        let thread = std::thread::Builder::new()
            .name("companies".to_owned())
            .spawn(move || keep_open(&prefix, faults, &ready, closed))?;
        let open = Open { closing: Some(closing), thread: Some(thread) };
        let at = opened.recv().expect("the companies' thread says whether it opened")?;
        Ok(Self {
            airline: Airline::at(at.flight),
            hotel: Hotel::at(at.hotel),
            bank: Bank::at(at.bank),
            mailer: Mailer::at(at.mail),
            _open: open,
        })
    }
}

/// Returns the path of a company's books: `trips.db.flight.books` beside `trips.db`.
pub fn books_of(company: &str, prefix: &Path) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(format!(".{company}.books"));
    PathBuf::from(path)
}

/// The companies' thread. Dropping this closes all connections, and releases the books.
#[derive(Debug)]
struct Open {
    closing: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.closing.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the companies' thread panicked");
        }
    }
}

/// The addresses of the companies.
struct Addresses {
    flight: SocketAddr,
    hotel: SocketAddr,
    bank: SocketAddr,
    mail: SocketAddr,
}

/// Runs the companies' thread. It alone blocks while books are written, as another machine would.
fn keep_open(
    prefix: &Path,
    faults: Faults,
    ready: &mpsc::Sender<Result<Addresses, ServicesError>>,
    closed: oneshot::Receiver<()>,
) {
    let heard = "whoever opens the companies waits to hear of it";
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ready.send(Err(error.into())).expect(heard),
    };
    runtime.block_on(async {
        let mut companies = JoinSet::new();
        match open_all(&mut companies, prefix, faults).await {
            Ok(at) => ready.send(Ok(at)).expect(heard),
            Err(error) => return ready.send(Err(error)).expect(heard),
        }
        // This ends with an error when the other side is dropped: nothing is ever sent.
        closed.await.expect_err("companies are closed by being dropped");
    });
}

async fn open_all(
    companies: &mut JoinSet<io::Result<()>>,
    prefix: &Path,
    faults: Faults,
) -> Result<Addresses, ServicesError> {
    let flight = holds::router::<Flight>(&books_of("flight", prefix), faults.flight)?;
    let hotel = holds::router::<Stay>(&books_of("hotel", prefix), faults.hotel)?;
    let bank = bank::router(&books_of("bank", prefix), faults.charge)?;
    let mail = mail::router(&books_of("mail", prefix), faults.mail)?;
    Ok(Addresses {
        flight: serve(companies, flight).await?,
        hotel: serve(companies, hotel).await?,
        bank: serve(companies, bank).await?,
        mail: serve(companies, mail).await?,
    })
}

async fn serve(companies: &mut JoinSet<io::Result<()>>, company: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let at = listener.local_addr()?;
    companies.spawn(async move { axum::serve(listener, company).await });
    Ok(at)
}
