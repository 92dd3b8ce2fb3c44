//! A company's books: one JSON value a line, append-only, on disk before the company answers.
//!
//! A line counts once its end is written. The incomplete line of a killed process never happened: it was not answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The reason for which books cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Another process keeps them: two would not see each other's entries.
    #[error("{} are kept by another process", path.display())]
    InUse {
        /// The path of the books.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// The path of the books.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A whole line is not an entry of these books.
    #[error("{} line {line} is not an entry", path.display())]
    Line {
        /// The path of the books.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// The parse error.
        source: serde_json::Error,
    },
}

/// Books open for writing, with all entries in memory.
#[derive(Debug)]
pub struct Ledger<E> {
    file: File,
    bytes: u64,
    entries: Vec<E>,
}

impl<E: Serialize + DeserializeOwned> Ledger<E> {
    /// Opens or creates the books, and removes an incomplete last line.
    ///
    /// **Guarantees.** A file has at most one `Ledger` at a time.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::File { path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut written = Vec::new();
        file.read_to_end(&mut written).map_err(failed)?;
        let whole = whole_lines(&written);
        let entries = parse(whole, path)?;
        let mut ledger = Self { file, bytes: whole.len() as u64, entries };
        ledger.cut().map_err(failed)?;
        Ok(ledger)
    }

    /// Returns all entries, in order.
    pub fn entries(&self) -> &[E] {
        &self.entries
    }

    /// Writes an entry; when this returns, it is on disk.
    ///
    /// **Errors.** After an error the entry did not happen: a partial line is removed.
    pub fn append(&mut self, entry: E) -> io::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.cut()?;
            return Err(error);
        }
        self.bytes += line.len() as u64;
        self.entries.push(entry);
        Ok(())
    }

    /// Removes everything after the last entry.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.file.sync_data()
    }
}

/// Reads books without locking them; a missing file counts as empty.
pub fn read<E: DeserializeOwned>(path: &Path) -> Result<Vec<E>, LedgerError> {
    match std::fs::read(path) {
        Ok(written) => parse(whole_lines(&written), path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(LedgerError::File { path: path.to_owned(), source }),
    }
}

/// Returns all complete lines.
fn whole_lines(written: &[u8]) -> &[u8] {
    let whole = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    &written[..whole]
}

fn parse<E: DeserializeOwned>(whole: &[u8], path: &Path) -> Result<Vec<E>, LedgerError> {
    let lines = whole.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines
        .map(|(before, line)| {
            serde_json::from_slice(line).map_err(|source| LedgerError::Line {
                path: path.to_owned(),
                line: before + 1,
                source,
            })
        })
        .collect()
}
