//! The results of all cases, as data and as a table.

use std::fmt;

use saga_core::Entry;

use super::case::{Case, VARIABLE};

/// The results of all cases.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a report that is not read finds nothing: `assert` it, or print it"]
#[non_exhaustive]
pub struct Report {
    /// The recorded name of the saga.
    pub saga: String,
    /// Each case, in the order in which they were run; the undisturbed one first.
    pub cases: Vec<CaseReport>,
    /// The cases that could not be run, with reasons.
    pub not_run: Vec<String>,
    /// The residue of undone steps in runs without a fault. The residue in other runs is compared with it; review it by
    /// hand.
    pub residue: Vec<String>,
    /// Cases with a residue for which there was no run without a fault to compare with.
    pub not_judged: Vec<String>,
    /// The journal, if one case was run alone; else empty.
    pub journal: Vec<Entry>,
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CaseReport {
    /// The disturbances.
    pub case: Case,
    /// How the saga ended.
    pub ending: Ending,
    /// The state of the world at the end.
    pub stands: Stands,
    /// What the saga reports as left, or as needing a person.
    pub left: Vec<String>,
    /// The result of redriving a dead letter without further disturbances; `None` if it was not redriven.
    pub then: Option<(Ending, Stands)>,
    /// True if all disturbances occurred.
    pub came: bool,
    /// The fault of the saga; `None` if it did right.
    pub wrong: Option<String>,
}

/// How a saga ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// Completed.
    Completed,
    /// Completed, and undone afterwards.
    Undone,
    /// Rolled back.
    RolledBack,
    /// Dead-lettered.
    DeadLettered,
    /// It still runs after the whole patience.
    NotEnded,
}

/// The state of the world at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stands {
    /// As if nothing had happened.
    AsBefore,
    /// As after an undisturbed run.
    AsAfter,
    /// Neither as before nor as after.
    Otherwise,
}

impl Stands {
    /// Returns true if the world is as before the saga.
    pub fn is_before(self) -> bool {
        self == Stands::AsBefore
    }

    /// Returns true if the world is as after an undisturbed run.
    pub fn is_after(self) -> bool {
        self == Stands::AsAfter
    }
}

impl CaseReport {
    pub(super) fn new(case: Case, ending: Ending, stands: Stands) -> Self {
        Self { case, ending, stands, left: Vec::new(), then: None, came: true, wrong: None }
    }

    /// Returns the kind of result, for counting.
    fn kind(&self) -> (Ending, Stands, Option<(Ending, Stands)>, bool) {
        (self.ending, self.stands, self.then, self.wrong.is_some())
    }
}

impl Report {
    pub(super) fn new(saga: &str) -> Self {
        let saga = saga.to_owned();
        let [not_run, residue, not_judged] = [const { Vec::new() }; 3];
        Self { saga, cases: Vec::new(), not_run, residue, not_judged, journal: Vec::new() }
    }

    /// Returns the cases in which the saga did wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.wrong.is_some())
    }

    /// Returns true if the saga did wrong in no case.
    pub fn is_right(&self) -> bool {
        self.wrong().next().is_none()
    }

    /// Returns the case of that name.
    pub fn case(&self, name: &str) -> Option<&CaseReport> {
        self.cases.iter().find(|report| report.case.to_string() == name)
    }

    /// Fails the test if the saga did wrong in any case.
    ///
    /// # Panics
    /// Then, with the report.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_right(), "{self}");
    }

    fn count(&self, of: impl Fn(&CaseReport) -> bool) -> usize {
        self.cases.iter().filter(|case| case.wrong.is_none() && of(case)).count()
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Ending::Completed => "completed",
            Ending::Undone => "undone",
            Ending::RolledBack => "rolled back",
            Ending::DeadLettered => "dead letter",
            Ending::NotEnded => "not ended",
        })
    }
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stands::AsBefore => "as before",
            Stands::AsAfter => "all done",
            Stands::Otherwise => "otherwise",
        })
    }
}

/// One line of the table: a case, and its results with a crash.
struct Line {
    case: String,
    ending: String,
    world: String,
    left: String,
    crashes: String,
}

/// The maximum number of left items shown in the table.
const LEFT_MAX: usize = 3;

impl Line {
    fn of(report: &CaseReport, crashes: &[&CaseReport]) -> Self {
        let left = match report.left.as_slice() {
            all if all.len() > LEFT_MAX => {
                format!("{}, and {} more", all[..LEFT_MAX].join(", "), all.len() - LEFT_MAX)
            }
            all => all.join(", "),
        };
        let then = report.then.map(|(ending, stands)| format!("sent on: {ending}, {stands}"));
        let wrong = report.wrong.as_ref().map(|_| WRONG.to_owned());
        let came = (!report.came).then(|| "did not come".to_owned());
        let left = [wrong, came, Some(left).filter(|left| !left.is_empty()), then];
        Self {
            case: report.case.to_string(),
            ending: report.ending.to_string(),
            world: report.stands.to_string(),
            left: left.into_iter().flatten().collect::<Vec<_>>().join("; "),
            crashes: told(report, crashes),
        }
    }

    fn texts(&self) -> [&str; 5] {
        [&self.case, &self.ending, &self.world, &self.crashes, &self.left]
    }
}

/// Returns the results of the same case with crashes, counted.
fn told(report: &CaseReport, crashes: &[&CaseReport]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for crash in crashes {
        let label = match crash {
            crash if crash.kind() == report.kind() => "the same".to_owned(),
            crash if crash.wrong.is_some() => WRONG.to_owned(),
            crash => crash.ending.to_string(),
        };
        match counts.iter_mut().find(|(known, _)| *known == label) {
            Some((_, count)) => *count += 1,
            None => counts.push((label, 1)),
        }
    }
    counts.sort_by_key(|(label, count)| (label == WRONG, std::cmp::Reverse(*count)));
    let told = counts.into_iter().map(|(label, count)| format!("{count} {label}"));
    told.collect::<Vec<_>>().join(", ")
}

const WRONG: &str = "WRONG";

/// The table has a line for each case without a crash, with counts of its results with one; `{:#}` has a line for each
/// case.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<Line> = if f.alternate() {
            self.cases.iter().map(|case| Line::of(case, &[])).collect()
        } else {
            let bases = self.cases.iter().filter(|c| c.case.crash().is_none() || self.cases.len() < 3);
            let line = |base: &CaseReport| {
                let crashed = self.cases.iter().filter(|c| c.case.crash().is_some());
                let crashes: Vec<_> = crashed.filter(|c| c.case.without_crash() == base.case).collect();
                Line::of(base, &crashes)
            };
            bases.map(line).collect()
        };
        let head = ["case", "ends", "the world", "with crashes", "left, or dead letter"];
        let rows = std::iter::once(head).chain(lines.iter().map(Line::texts));
        let rows: Vec<[&str; 5]> = rows.collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for row in rows {
            let mut line = String::new();
            for (text, width) in row.iter().zip(widths) {
                line.push_str(&format!("{text:width$}  "));
            }
            writeln!(f, "{}", (line + row[4]).trim_end())?;
        }
        self.fmt_journal(f)?;
        self.fmt_wrong(f)?;
        self.fmt_summary(f)
    }
}

/// The maximum number of wrong cases described in full.
const WRONG_MAX: usize = 3;
/// The maximum number of wrong cases named.
const NAMED_MAX: usize = 20;

impl Report {
    fn fmt_journal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.journal.is_empty() {
            writeln!(f, "\njournal")?;
        }
        self.journal.iter().try_for_each(|e| writeln!(f, "  {:>3} {} {:?}", e.seq, e.at, e.record))
    }

    fn fmt_wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A fault that also shows without a crash is easier to see there.
        let (crashed, plain): (Vec<_>, Vec<_>) = self.wrong().partition(|c| c.case.crash().is_some());
        let all: Vec<_> = plain.into_iter().chain(crashed).collect();
        for (n, report) in all.iter().take(NAMED_MAX).enumerate() {
            let case = report.case.to_string();
            let gap = if n <= WRONG_MAX { "\n" } else { "" };
            writeln!(f, "{gap}{WRONG}: {case}")?;
            if n < WRONG_MAX {
                let why = report.wrong.as_deref().unwrap_or_default();
                writeln!(f, "  {why}\n  alone: {}={case:?} cargo test", VARIABLE)?;
            }
        }
        match all.len().saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more"),
        }
    }

    fn fmt_summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for what in &self.not_run {
            writeln!(f, "not run: {what}")?;
        }
        self.residue.iter().try_for_each(|what| writeln!(f, "look at this: {what}"))?;
        self.not_judged.iter().take(NAMED_MAX).try_for_each(|what| writeln!(f, "not judged: {what}"))?;
        let letters = self.count(|c| c.ending == Ending::DeadLettered);
        let mended = self.count(|c| c.then.is_some());
        let left = |c: &CaseReport| c.ending != Ending::DeadLettered && c.stands == Stands::Otherwise;
        write!(
            f,
            "\n{}, {} cases: {} completed, {} as if nothing had happened, {letters} dead letters ({mended} of them \
             ended once sent on)",
            self.saga,
            self.cases.len(),
            self.count(|c| c.ending == Ending::Completed),
            self.count(|c| matches!(c.ending, Ending::RolledBack | Ending::Undone) && c.stands.is_before()),
        )?;
        match self.count(left) {
            0 => {}
            left => write!(f, ", {left} with something left that the saga tells of")?,
        }
        match self.wrong().count() {
            0 => f.write_str("; nothing wrong"),
            wrong => write!(f, "; {wrong} WRONG"),
        }
    }
}
