//! A disk that loses unsynced writes when the power goes, and that fails as disks do.
//!
//! SQLite reads what it wrote, as from the system's cache. The state that survives a power loss is kept separately. It
//! has everything synced, and of later writes any sectors in any order. A failed sync may have made any part durable,
//! and the rest is lost for good: the system marks it as clean, and a later sync does not write it (found by
//! PostgreSQL's developers on Linux in 2018).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use saga_vfs::{Disk, File, Trouble, Written};

use crate::draw::Draw;
use crate::mutant::Mutant;

/// The size, in bytes, of an atomic write of the disk.
const SECTOR: usize = 512;

/// The present failure mode of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Weather {
    #[default]
    Fine,
    /// The disk is full: writes come short.
    Full,
    /// Writes come short with an error.
    WriteErrors,
    /// Syncs fail.
    SyncErrors,
    /// Reads fail.
    ReadErrors,
    /// Everything fails.
    Gone,
}

impl Weather {
    pub(crate) const BAD: [Weather; 5] =
        [Weather::Full, Weather::WriteErrors, Weather::SyncErrors, Weather::ReadErrors, Weather::Gone];
}

/// A change that was not synced.
#[derive(Debug, Clone)]
enum Unsynced {
    Write { offset: usize, bytes: Vec<u8> },
    Cut(usize),
}

/// A file as it is on the disk.
#[derive(Debug, Default)]
struct Kept {
    synced: Vec<u8>,
    since: Vec<Unsynced>,
}

impl Kept {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.since) {
            change.apply(&mut self.synced);
        }
    }

    /// Makes a random part of the unsynced changes durable, and drops the rest.
    fn settle(&mut self, draw: &mut Draw) {
        // All, nothing, or some of it.
        let percent = [0, 10, 50, 90, 100][usize::try_from(draw.below(5)).unwrap_or(0)];
        for change in std::mem::take(&mut self.since) {
            change.apply_some(&mut self.synced, draw, percent);
        }
    }
}

impl Unsynced {
    fn apply(self, to: &mut Vec<u8>) {
        match self {
            Unsynced::Write { offset, bytes } => write_at(to, offset, &bytes),
            Unsynced::Cut(length) => to.resize(length, 0),
        }
    }

    fn apply_some(self, to: &mut Vec<u8>, draw: &mut Draw, percent: u64) {
        match self {
            Unsynced::Write { mut offset, bytes } => {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    // Sectors are aligned to the file's start.
                    let (sector, more) = rest.split_at(rest.len().min(SECTOR - offset % SECTOR));
                    if draw.chance(percent) {
                        write_at(to, offset, sector);
                    }
                    (offset, rest) = (offset + sector.len(), more);
                }
            }
            Unsynced::Cut(length) if draw.chance(percent) => to.resize(length, 0),
            Unsynced::Cut(_) => {}
        }
    }
}

fn write_at(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(bytes);
}

struct Inner {
    draw: Draw,
    weather: Weather,
    /// The share of operations that fail in bad weather, in percent.
    percent: u64,
    is_off: bool,
    operations: u64,
    /// The number of the operation at which the power goes; `None` if it does not.
    off_at: Option<u64>,
    /// True if syncs report success and do nothing.
    lies: bool,
    files: BTreeMap<PathBuf, Kept>,
    faults: BTreeMap<Weather, u64>,
}

/// The simulated disk.
pub(crate) struct Platter(Mutex<Inner>);

impl Platter {
    pub(crate) fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        Self(Mutex::new(Inner {
            draw: Draw::of(seed, &["platter"]),
            weather: Weather::Fine,
            percent: 0,
            is_off: false,
            operations: 0,
            off_at: None,
            lies: mutant == Some(Mutant::SyncsNothing),
            files: BTreeMap::new(),
            faults: BTreeMap::new(),
        }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the failure mode, and the percentage of operations that fail.
    pub(crate) fn set(&self, weather: Weather, percent: u64) {
        let mut inner = self.inner();
        (inner.weather, inner.percent) = (weather, percent);
    }

    /// Turns the power off: later operations fail, and nothing more is written.
    pub(crate) fn power_off(&self) {
        self.inner().power_off();
    }

    /// Turns the power off at the operation of that number from now, the first being 1.
    #[cfg(test)]
    pub(crate) fn power_off_at(&self, number: u64) {
        let mut inner = self.inner();
        inner.off_at = Some(inner.operations + number);
    }

    /// Returns true if the power is off.
    #[cfg(test)]
    pub(crate) fn is_off(&self) -> bool {
        self.inner().is_off
    }

    /// Restores the power: the files get the content that the disk has. No file may be open.
    pub(crate) fn power_on(&self, directory: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        for file in fs::read_dir(directory)? {
            let path = file?.path();
            // The lock file stays, and the note beside it is synced when it is written.
            if !inner.files.contains_key(&path) && path.extension().is_none_or(|end| end != "lock") {
                fs::remove_file(path)?;
            }
        }
        for (path, kept) in &inner.files {
            fs::write(path, &kept.synced)?;
        }
        (inner.is_off, inner.off_at, inner.weather) = (false, None, Weather::Fine);
        Ok(())
    }

    /// Returns the number of failed operations, by failure mode.
    pub(crate) fn faults(&self) -> BTreeMap<Weather, u64> {
        self.inner().faults.clone()
    }
}

impl Inner {
    fn power_off(&mut self) {
        self.is_off = true;
        // Deleted files stay deleted: their directory was synced, or no process needs them.
        self.files.retain(|path, _| path.exists());
        self.files.values_mut().for_each(|kept| kept.settle(&mut self.draw));
    }

    /// Counts an operation; returns true if the power is off.
    fn is_off(&mut self) -> bool {
        self.operations += 1;
        if self.off_at == Some(self.operations) {
            self.power_off();
        }
        self.is_off
    }

    /// Returns true if the operation fails in the present weather.
    fn fails(&mut self, hit: &[Weather]) -> bool {
        let hits = hit.contains(&self.weather) && self.draw.chance(self.percent);
        if hits {
            *self.faults.entry(self.weather).or_default() += 1;
        }
        hits
    }

    fn change(&mut self, file: File<'_>, change: Unsynced) {
        // A file without a name does not survive a power loss.
        if let Some(path) = file.path {
            self.files.entry(path.to_owned()).or_default().since.push(change);
        }
    }
}

impl Disk for Platter {
    fn write(&self, file: File<'_>, offset: u64, bytes: &[u8]) -> Written {
        let mut inner = self.inner();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if inner.is_off() {
            return Written::Short(0, Trouble::Io);
        }
        let weathers = [Weather::Full, Weather::WriteErrors, Weather::Gone];
        if !inner.fails(&weathers) {
            inner.change(file, Unsynced::Write { offset, bytes: bytes.to_vec() });
            return Written::Whole;
        }
        let trouble = if inner.weather == Weather::Full { Trouble::Full } else { Trouble::Io };
        let most = u64::try_from(bytes.len()).unwrap_or(0);
        let part = usize::try_from(inner.draw.below(most)).unwrap_or(0);
        if part > 0 {
            inner.change(file, Unsynced::Write { offset, bytes: bytes[..part].to_vec() });
        }
        Written::Short(part, trouble)
    }

    fn sync(&self, file: File<'_>) -> Result<(), Trouble> {
        let inner = &mut *self.inner();
        if inner.is_off() {
            return Err(Trouble::Io);
        }
        let fails = inner.fails(&[Weather::SyncErrors, Weather::Gone]);
        let kept = file.path.and_then(|path| inner.files.get_mut(path));
        match (fails, kept) {
            (true, Some(kept)) => kept.settle(&mut inner.draw),
            (false, Some(kept)) if !inner.lies => kept.sync(),
            _ => {}
        }
        if fails { Err(Trouble::Io) } else { Ok(()) }
    }

    fn read(&self, _file: File<'_>, _offset: u64, _length: usize) -> Result<(), Trouble> {
        let mut inner = self.inner();
        let fails = inner.is_off() || inner.fails(&[Weather::ReadErrors, Weather::Gone]);
        if fails { Err(Trouble::Io) } else { Ok(()) }
    }

    fn truncate(&self, file: File<'_>, length: u64) -> Result<(), Trouble> {
        let mut inner = self.inner();
        if inner.is_off() || inner.fails(&[Weather::WriteErrors, Weather::Gone]) {
            return Err(Trouble::Io);
        }
        inner.change(file, Unsynced::Cut(usize::try_from(length).unwrap_or(usize::MAX)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_stays_and_of_the_rest_any_part_does() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut kept = Kept::default();
            kept.since.push(Unsynced::Write { offset: 0, bytes: vec![1; 1000] });
            kept.sync();
            kept.since.push(Unsynced::Write { offset: 400, bytes: vec![2; 600] });
            kept.settle(&mut Draw::of(seed, &[]));
            assert_eq!((kept.synced.len(), &kept.synced[..400]), (1000, &[1; 400][..]));
            seen.insert((kept.synced[400], kept.synced[999]));
        }
        // Torn at a sector border; either half may be missing.
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    }

    #[test]
    fn what_a_failed_sync_has_left_behind_no_later_one_brings_back() {
        let path = Path::new("a.db");
        let file = File { kind: saga_vfs::Kind::Database, path: Some(path) };
        let lost = (0..100).any(|seed| {
            let platter = Platter::new(seed, None);
            assert_eq!(platter.write(file, 0, &[1; 512]), Written::Whole);
            platter.set(Weather::SyncErrors, 100);
            assert_eq!(platter.sync(file), Err(Trouble::Io));
            platter.set(Weather::Fine, 0);
            assert_eq!(platter.sync(file), Ok(()));
            platter.inner().files[path].synced.is_empty()
        });
        assert!(lost);
    }

    /// The power goes at each operation while a store is made. What is left can be opened and completed.
    #[test]
    fn the_power_may_go_at_any_operation_while_a_store_is_made() {
        let mut points = 0;
        for seed in 0..4 {
            for number in 1.. {
                let dir = tempfile::tempdir_in(crate::memory()).unwrap();
                let (path, name) = (dir.path().join("sagas.db"), format!("made-{seed}-{number}"));
                let platter = std::sync::Arc::new(Platter::new(seed * 1000 + number, None));
                saga_vfs::register(&name, platter.clone()).unwrap();
                let open = || saga_sqlite::Options::default().vfs(&name).open(&path);
                platter.power_off_at(number);
                drop(open());
                if !platter.is_off() {
                    break;
                }
                platter.power_on(dir.path()).unwrap();
                if let Err(error) = open() {
                    panic!("after a power loss at operation {number} of seed {seed}: {error}");
                }
                points += 1;
            }
        }
        assert!(points > 100, "{points}");
    }
}
