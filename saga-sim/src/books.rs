//! The books of the world outside: what really landed, kept by nobody but the world. They keep the contracts that steps
//! rely on: a key is honoured for ever, and what a probe has said not to have happened never lands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use saga_core::{Role, SagaId, Site};
use saga_runtime::Failure;

use crate::mutant::Mutant;
use crate::program::Fate;

/// An effect that landed.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    /// By which saga.
    pub(crate) saga: SagaId,
    /// By which of its sites.
    pub(crate) site: Site,
    /// Whether it undoes another.
    pub(crate) role: Role,
    /// By which step.
    pub(crate) step: &'static str,
    /// What the service knows it by.
    pub(crate) id: String,
}

/// What a compensation undoes.
#[derive(Debug, Clone)]
pub(crate) enum Undoes {
    /// The effect of this id, which must be there.
    This(String),
    /// The effect of this key if it is there; if not, it shall never land.
    IfThere(String),
}

/// A rule of SCENARIOS.md that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Every effect is matched by its undo or listed; what the journal says of a step is so.
    Matched,
    /// No effect begins, and nothing is undone, without a durable intent.
    Intent,
    /// No undo before that of what depends on it.
    Order,
    /// Nothing is unwound past the point of no return, and nothing irreversible begun on the way back.
    NoReturn,
    /// Nothing is written by a fenced worker.
    Fenced,
    /// Each saga ends, or is visible as a dead letter.
    Ends,
    /// `rollback` says what the ledger says.
    Report,
    /// Nothing happens twice where keys are honoured.
    Once,
    /// A rollback is one-way, and nothing new begins in it.
    OneWay,
    /// An accepted cancel, a signal or an answer in time, a deadline and a limit have their effect, whatever was down in
    /// between.
    InTime,
    /// No more compensations of one step run at a time in a worker than may.
    Crowd,
    /// The simulation itself could not go on: a panic, or an answer that nobody should get.
    Sound,
}

/// A rule that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrong {
    /// Which.
    pub rule: Rule,
    /// How.
    pub what: String,
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) effects: Vec<Effect>,
    by_id: HashMap<String, usize>,
    /// By the place of what was undone: the place of what undid it.
    undone: BTreeMap<usize, usize>,
    /// Keys under which nothing lands any more.
    barred: BTreeSet<String>,
    /// Keys that are on their way, and how often.
    air: BTreeMap<String, u32>,
    calls: HashMap<(SagaId, Site, u8), usize>,
    pub(crate) wrongs: Vec<Wrong>,
    pub(crate) mutant: Option<Mutant>,
}

impl Books {
    pub(crate) fn new(mutant: Option<Mutant>) -> Self {
        Self { mutant, ..Self::default() }
    }

    pub(crate) fn wrong(&mut self, rule: Rule, what: String) {
        let wrong = Wrong { rule, what };
        if !self.wrongs.contains(&wrong) {
            self.wrongs.push(wrong);
        }
    }

    /// What befalls the next call of that sort at that site.
    pub(crate) fn fate(&mut self, saga: &SagaId, site: &Site, sort: u8, fates: &[Fate]) -> Fate {
        let calls = self.calls.entry((saga.clone(), site.clone(), sort)).or_default();
        let fate = fates.get(*calls).copied().unwrap_or(Fate::Well);
        *calls += 1;
        fate
    }

    pub(crate) fn take_off(&mut self, key: &str) {
        *self.air.entry(key.to_owned()).or_default() += 1;
    }

    pub(crate) fn touch_down(&mut self, key: &str) {
        if let Some(count) = self.air.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.air.remove(key);
            }
        }
    }

    pub(crate) fn is_in_the_air(&self, key: &str) -> bool {
        self.air.contains_key(key)
    }

    pub(crate) fn is_air_clear(&self) -> bool {
        self.air.is_empty()
    }

    /// From now on nothing lands under that key.
    pub(crate) fn bar(&mut self, key: &str) {
        self.barred.insert(key.to_owned());
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The effect of the step at `site`, if it landed and is not undone.
    pub(crate) fn landed(&self, saga: &SagaId, site: &Site) -> Option<usize> {
        let here = |e: &Effect| e.saga == *saga && e.site == *site && e.role == Role::Do;
        (0..self.effects.len()).rev().find(|at| here(&self.effects[*at]))
    }

    /// What landed and is not undone, in the order of landing; nothing that undoes.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let all = self.effects.iter().enumerate();
        all.filter(|(at, e)| e.role == Role::Do && !self.undone.contains_key(at))
    }

    /// The place of what undid the effect at that place.
    pub(crate) fn undone_at(&self, at: usize) -> Option<usize> {
        self.undone.get(&at).copied()
    }

    /// It lands, under `key`; gives its place in the books.
    pub(crate) fn land(
        &mut self,
        effect: Effect,
        key: &str,
        undoes: Option<&Undoes>,
    ) -> Result<usize, Failure> {
        if let Some(at) = self.find(&effect.id) {
            return Ok(at);
        }
        if self.barred.contains(key) {
            return Err(Failure::permanent(format!("{} was called off", effect.site)));
        }
        let at = self.effects.len();
        match undoes {
            None => {}
            Some(Undoes::This(of)) => match self.find(of) {
                Some(of) => self.undo(of, at, &effect),
                None => self.wrong(Rule::Intent, format!("{} undoes {of}, which never landed", effect.site)),
            },
            Some(Undoes::IfThere(of)) => match self.find(of) {
                Some(of) => self.undo(of, at, &effect),
                None => self.bar(of),
            },
        }
        self.by_id.insert(effect.id.clone(), at);
        self.effects.push(effect);
        Ok(at)
    }

    fn undo(&mut self, of: usize, by: usize, effect: &Effect) {
        if self.undone.insert(of, by).is_some() {
            self.wrong(Rule::Once, format!("{} was undone twice", effect.site));
        }
    }
}
