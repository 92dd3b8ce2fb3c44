//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::services::Faults;

/// The text of `--help`.
pub const HELP: &str = "\
Books a trip, or nothing: a flight and a hotel, one payment, one mail.

    cargo run --example book_trip -- [OPTIONS]

The four companies are real HTTP services on loopback ports, each with books of its own.

    --db FILE                the saga's database; by default a new one in the temporary directory
    --fail WHAT              flight, hotel or charge refuse, mail is busy twice; may be given more than once
    --timeout-landed charge  the first charge lands, and its answer never comes
    --kill-at N              abort the process once its N-th durable write is on disk
    --kill-before N          abort the process instead of its N-th durable write
    --resume                 go on with what a killed process left, in FILE or in the newest default database
    --patience TIME          how long an answer of the bank is waited for, as 300ms or 2s; by default 1s
    --help                   this text

A durable write is a batch of records, or the answer to a question, going to disk.
Give --resume the same --fail as before, or the companies are in order again.

Exit status: 0 if the outcome and the companies' books agree, 1 if not, 2 if it could not be run.
Colours are for terminals only, and not if NO_COLOR is set.
";

/// The parsed command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The database; `None` if none was named.
    pub db: Option<PathBuf>,
    /// The faults of the companies.
    pub faults: Faults,
    /// The write at which the process dies; `None` if it does not.
    pub kill: Option<Kill>,
    /// True to resume what a killed process left.
    pub resume: bool,
    /// The longest wait for the bank's answer; `None` for the default.
    pub patience: Option<Duration>,
    /// True to print only the help.
    pub help: bool,
    /// The options to repeat when this trip is resumed.
    again: String,
}

/// A durable write at which the process dies, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// Dies before the write.
    Before(u64),
    /// Dies after the write is on disk.
    At(u64),
}

/// The reason for which the command line cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// The option does not exist.
    #[error("there is no option `{word}`{}", hint(word, &FLAGS))]
    UnknownFlag {
        /// The word on the command line.
        word: String,
    },
    /// An option has no value.
    #[error("`{flag}` needs {needs}")]
    NoValue {
        /// The option.
        flag: &'static str,
        /// The kind of value that it needs.
        needs: &'static str,
    },
    /// A value does not exist.
    #[error("`{flag} {word}` is none of: {}{}", known.join(", "), hint(word, known))]
    UnknownWord {
        /// The option.
        flag: &'static str,
        /// The word on the command line.
        word: String,
        /// The accepted values.
        known: &'static [&'static str],
    },
    /// A value cannot be read.
    #[error("`{flag} {word}`: write {needs}")]
    Unreadable {
        /// The option.
        flag: &'static str,
        /// The word on the command line.
        word: String,
        /// The kind of value that it needs.
        needs: &'static str,
    },
    /// Two options exclude each other.
    #[error("`{0}` and `{1}` exclude each other")]
    Both(&'static str, &'static str),
}

const FLAGS: [&str; 8] =
    ["--db", "--fail", "--timeout-landed", "--kill-at", "--kill-before", "--resume", "--patience", "--help"];
const FAILS: &[&str] = &["flight", "hotel", "charge", "mail"];
const LANDS: &[&str] = &["charge"];

impl Options {
    /// Parses the words after the program's name, as `--flag value` or `--flag=value`.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, OptionsError> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (flag, mut value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value_of = |flag, needs| {
                let value = value.take().or_else(|| words.next()).filter(|value| !value.starts_with("--"));
                value.filter(|value| !value.is_empty()).ok_or(OptionsError::NoValue { flag, needs })
            };
            match flag.as_str() {
                "--db" => options.db = Some(PathBuf::from(value_of("--db", "a file")?)),
                "--fail" => {
                    options.fail(&value_of("--fail", "what fails: flight, hotel, charge or mail")?)?
                }
                "--timeout-landed" => {
                    options.timeout_landed(&value_of("--timeout-landed", "what lands: charge")?)?;
                }
                "--kill-at" => {
                    options.kill(Kill::At(number("--kill-at", value_of("--kill-at", NUMBER)?)?))?
                }
                "--kill-before" => {
                    options
                        .kill(Kill::Before(number("--kill-before", value_of("--kill-before", NUMBER)?)?))?;
                }
                "--patience" => options.patience = Some(time("--patience", value_of("--patience", TIME)?)?),
                "--resume" => options.resume = true,
                "--help" | "-h" => options.help = true,
                _ => return Err(OptionsError::UnknownFlag { word: flag }),
            }
            if let Some(value) = value {
                return Err(OptionsError::UnknownFlag { word: format!("{flag}={value}") });
            }
        }
        Ok(options)
    }

    /// Returns the command that resumes a killed trip.
    pub fn to_resume(&self, db: &Path) -> String {
        format!("cargo run --example book_trip -- --db {}{} --resume", db.display(), self.again)
    }

    fn fail(&mut self, word: &str) -> Result<(), OptionsError> {
        if !FAILS.contains(&word) {
            return Err(OptionsError::UnknownWord { flag: "--fail", word: word.to_owned(), known: FAILS });
        }
        self.again += &format!(" --fail {word}");
        self.add_fault(word, word == "charge")
    }

    fn timeout_landed(&mut self, word: &str) -> Result<(), OptionsError> {
        if !LANDS.contains(&word) {
            let flag = "--timeout-landed";
            return Err(OptionsError::UnknownWord { flag, word: word.to_owned(), known: LANDS });
        }
        self.again += " --timeout-landed charge";
        self.add_fault("charge-unanswered", true)
    }

    /// Adds a fault; the bank can have only one at a time.
    fn add_fault(&mut self, word: &str, at_bank: bool) -> Result<(), OptionsError> {
        let before = self.faults.charge.filter(|_| at_bank);
        self.faults.add(word).expect("every word on the command line names a fault");
        match before {
            Some(before) if self.faults.charge != Some(before) => {
                Err(OptionsError::Both("--fail charge", "--timeout-landed charge"))
            }
            _ => Ok(()),
        }
    }

    fn kill(&mut self, kill: Kill) -> Result<(), OptionsError> {
        match self.kill.replace(kill) {
            Some(_) => Err(OptionsError::Both("--kill-at", "--kill-before")),
            None => Ok(()),
        }
    }
}

const NUMBER: &str = "the number of a durable write, the first being 1";
const TIME: &str = "a length of time, as 300ms or 2s";

fn number(flag: &'static str, word: String) -> Result<u64, OptionsError> {
    let number = word.parse().ok().filter(|number| *number > 0);
    number.ok_or(OptionsError::Unreadable { flag, word, needs: NUMBER })
}

fn time(flag: &'static str, word: String) -> Result<Duration, OptionsError> {
    let ms = match (word.strip_suffix("ms"), word.strip_suffix('s')) {
        (Some(ms), _) => ms.parse().ok(),
        (None, Some(s)) => s.parse().ok().and_then(|s: u64| s.checked_mul(1000)),
        (None, None) => None,
    };
    let ms = ms.filter(|ms| *ms > 0).map(Duration::from_millis);
    ms.ok_or(OptionsError::Unreadable { flag, word, needs: TIME })
}

/// Returns a hint at the nearest known word.
fn hint(word: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|known| (distance(word, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= known.len() / 3 + 1 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}

/// Returns the edit distance between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
