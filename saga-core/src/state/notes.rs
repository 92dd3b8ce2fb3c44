//! An index of the sites of a saga, so that no event is decided by a pass over them all: how many effects run, when
//! time changes something, which compensation is next. Everything here follows from the sites, and adds nothing to the
//! state. The rules that it is checked by are in `check`.
//!
//! The machine takes out what it has looked at ([`Notes::held`], [`Notes::turns`], [`Notes::ends`]) and notes which
//! compensations there was no room for ([`Notes::put_off`]). A state that has just been folded has all of it to look at,
//! so that nothing is lost with the notes but time.

use std::collections::{BTreeSet, HashMap};

use super::frontier::Frontier;
use super::places::Places;
use super::{Effect, SiteState, Status, StepState};
use crate::record::Next;
use crate::{Kind, Name, Role, Timestamp};

/// What is noted of the sites of a saga.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    /// Of each site, by its place.
    of: Vec<Note>,
    /// Where something is not settled.
    pub(crate) open: Places,
    /// Where a step is deferred to the commit.
    pub(crate) deferred: Places,
    counts: [usize; Mark::COUNT],
    /// What waits for a time, by kind.
    dues: [BTreeSet<(Timestamp, usize)>; Wait::COUNT],
    /// Open waits for a signal, by its name.
    waits: HashMap<Name, Places>,
    /// The names of signals that are there and waited for.
    pub(crate) takable: BTreeSet<Name>,
    /// What is in each child saga, by the place of that.
    inside: HashMap<usize, Vec<usize>>,
    /// What is yet to be unwound, and is to be by now.
    pub(crate) frontier: Frontier,
    /// Where an effect is held, and was not looked at since something changed.
    pub(crate) held: Vec<usize>,
    /// Where a compensation may have its turn, and was not looked at since.
    pub(crate) turns: Vec<usize>,
    /// Children that are being undone and may have nothing left.
    pub(crate) ends: Vec<usize>,
    /// Compensations that there was no room for: they wait for [`Event::Admitted`](crate::machine::Event::Admitted).
    put_off: Places,
    /// Those that have come to wait since they were taken from here, with their names.
    come_to_wait: Vec<(usize, Name)>,
}

/// Two states are equal if their sites are: this follows from those.
impl PartialEq for Notes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes")
    }
}

/// What there may be at a site.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    /// A step that runs.
    Runs,
    /// A compensation that runs.
    UndoRuns,
    /// A step with a probe in flight.
    Probes,
    /// An effect that is blocked.
    Blocked,
    /// An irreversible step in doubt.
    Grave,
    /// Something held until something else is known.
    Held,
}

impl Mark {
    const COUNT: usize = 6;
}

/// What may wait for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A step for its next attempt.
    Step,
    /// A compensation for its next attempt.
    Undo,
    /// A step for its probe.
    Probe,
    /// The body: a sleep, or a signal or an answer that may not come.
    Body,
}

impl Wait {
    const COUNT: usize = 4;
}

/// What is noted of one site.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Note {
    is_open: bool,
    is_deferred: bool,
    marks: [bool; Mark::COUNT],
    due: Option<(Wait, Timestamp)>,
}

impl Note {
    /// Returns the note of a site. `is_put_off`: a compensation here waits for room.
    pub(super) fn of(state: &SiteState, is_put_off: bool) -> Self {
        let is_deferred = state.as_step().is_some_and(|step| step.doing.status == Status::Deferred);
        let mut note = Note { is_open: state.is_open(), is_deferred, ..Note::default() };
        if !note.is_open {
            return note;
        }
        let body = |due: Option<Timestamp>| due.map(|due| (Wait::Body, due));
        match state {
            SiteState::Step(step) => note.take_step(step, is_put_off),
            SiteState::Timer(timed) => note.due = body(timed.due),
            SiteState::Wait { timed, .. } => note.due = body(timed.due),
            SiteState::Ask { timed, .. } => note.due = body(timed.due),
            SiteState::Read { .. } | SiteState::Value { .. } | SiteState::Child { .. } => {}
        }
        note
    }

    fn take_step(&mut self, step: &StepState, is_put_off: bool) {
        self.marks[Mark::Grave as usize] = step.kind == Kind::Irreversible && step.is_in_doubt();
        self.take_effect(Role::Do, &step.doing, false);
        if let Some(undoing) = &step.undoing {
            self.take_effect(Role::Undo, undoing, is_put_off);
        }
    }

    fn take_effect(&mut self, role: Role, effect: &Effect, is_put_off: bool) {
        let mark = match (&effect.status, role) {
            (Status::Running, Role::Do) => Mark::Runs,
            (Status::Running, Role::Undo) => Mark::UndoRuns,
            (Status::Blocked(_), _) => Mark::Blocked,
            (Status::Pending(Next::Hold), _) => Mark::Held,
            (Status::Pending(Next::Probe { due }), _) => {
                self.due = Some((Wait::Probe, *due));
                Mark::Probes
            }
            (Status::Pending(Next::Again { due }), role) => {
                let wait = if role == Role::Do { Wait::Step } else { Wait::Undo };
                self.due = Some((wait, *due)).filter(|_| !is_put_off);
                return;
            }
            (Status::Deferred | Status::Dropped | Status::Done | Status::Failed, _) => return,
        };
        self.marks[mark as usize] = true;
    }
}

impl Notes {
    /// Notes what there is now at `place`; what was put off there is looked at anew.
    pub(crate) fn renew(&mut self, place: usize, state: &SiteState) {
        self.put_off.set(place, false);
        self.note(place, state);
        if self.of[place].marks[Mark::Held as usize] {
            self.held.push(place);
        }
        if let SiteState::Wait { name, .. } = state {
            self.note_wait(place, name, state.is_open());
        }
    }

    /// Notes that the compensation `step` of the step at `place` waits for room. Neither time nor an event elsewhere
    /// makes room.
    pub(crate) fn wait_for_room(&mut self, place: usize, state: &SiteState, step: &Name) {
        self.put_off.set(place, true);
        self.come_to_wait.push((place, step.clone()));
        self.note(place, state);
    }

    /// Takes the compensations that have come to wait for room since the last call, in that order.
    pub(crate) fn take_come_to_wait(&mut self) -> Vec<(usize, Name)> {
        std::mem::take(&mut self.come_to_wait)
    }

    /// Returns where compensations are that there was no room for.
    pub(crate) fn put_off(&self) -> impl Iterator<Item = usize> + '_ {
        self.put_off.iter()
    }

    fn note(&mut self, place: usize, state: &SiteState) {
        if self.of.len() <= place {
            self.of.resize(place + 1, Note::default());
        }
        let new = Note::of(state, self.put_off.contains(place));
        let old = std::mem::replace(&mut self.of[place], new);
        if old == new {
            return;
        }
        if old.is_open != new.is_open {
            self.open.set(place, new.is_open);
        }
        if old.is_deferred != new.is_deferred {
            self.deferred.set(place, new.is_deferred);
        }
        for (count, (old, new)) in self.counts.iter_mut().zip(old.marks.into_iter().zip(new.marks)) {
            *count = *count + usize::from(new) - usize::from(old);
        }
        if old.due != new.due {
            old.due.map(|(wait, due)| self.dues[wait as usize].remove(&(due, place)));
            new.due.map(|(wait, due)| self.dues[wait as usize].insert((due, place)));
        }
    }

    fn note_wait(&mut self, place: usize, name: &Name, is_open: bool) {
        if is_open {
            self.waits.entry(name.clone()).or_default().set(place, true);
        } else if let Some(waits) = self.waits.get_mut(name) {
            waits.set(place, false);
            if waits.is_empty() {
                self.waits.remove(name);
            }
        }
    }

    /// Notes that the site at `place` is in the child saga at `child`.
    pub(crate) fn is_inside(&mut self, child: usize, place: usize) {
        self.inside.entry(child).or_default().push(place);
    }

    /// Returns what is in the child saga at `child`, in order.
    pub(crate) fn inside(&self, child: usize) -> &[usize] {
        self.inside.get(&child).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at(&self, place: usize) -> Note {
        self.of.get(place).copied().unwrap_or_default()
    }

    /// Checks that the notes of all sites are the sum of the notes of each.
    ///
    /// # Errors
    /// What is not.
    pub(super) fn check_sums(&self) -> Result<(), String> {
        let open = self.of.iter().enumerate().filter(|(_, note)| note.is_open).map(|(place, _)| place);
        if !open.eq(self.open.iter()) {
            return Err("what is open".to_owned());
        }
        let deferred =
            self.of.iter().enumerate().filter(|(_, note)| note.is_deferred).map(|(place, _)| place);
        if !deferred.eq(self.deferred.iter()) {
            return Err("what is deferred".to_owned());
        }
        for (mark, count) in self.counts.iter().enumerate() {
            if self.of.iter().filter(|note| note.marks[mark]).count() != *count {
                return Err(format!("how many have mark {mark}: {count}"));
            }
        }
        let due = |(place, note): (usize, &Note)| note.due.map(|(wait, due)| (wait as usize, due, place));
        let expected: BTreeSet<_> = self.of.iter().enumerate().filter_map(due).collect();
        let noted = self.dues.iter().enumerate();
        let noted: BTreeSet<_> = noted
            .flat_map(|(wait, dues)| dues.iter().map(move |(due, place)| (wait, *due, *place)))
            .collect();
        if expected == noted { Ok(()) } else { Err(format!("what is due: {noted:?}, not {expected:?}")) }
    }

    /// Returns how many sites have that mark.
    pub(crate) fn count(&self, mark: Mark) -> usize {
        self.counts[mark as usize]
    }

    /// Returns what waits for a time, the earliest first.
    pub(crate) fn dues(&self, wait: Wait) -> &BTreeSet<(Timestamp, usize)> {
        &self.dues[wait as usize]
    }

    /// Returns where a signal of that name is waited for, in order.
    pub(crate) fn waits(&self, name: &str) -> impl Iterator<Item = usize> + '_ {
        self.waits.get(name).into_iter().flat_map(Places::iter)
    }

    /// Marks all that is held to be looked at again: what it waits for may be there.
    pub(crate) fn look_at_held_again(&mut self) {
        if self.count(Mark::Held) > 0 {
            let held = self.open.iter().filter(|place| self.of[*place].marks[Mark::Held as usize]);
            self.held = held.collect();
        }
    }
}
