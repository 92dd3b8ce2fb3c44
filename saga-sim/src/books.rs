//! The books of the outside world: what really landed, recorded by the world alone. The world keeps the contracts that
//! steps rely on. A key is always honoured, and an effect that a probe denied never lands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use saga_core::{Role, SagaId, SitePath};
use saga_runtime::Failure;

use crate::mutant::Mutant;
use crate::program::Fate;
use crate::rule::{Rule, Wrong};

/// An effect that landed.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    /// The saga that made it.
    pub(crate) saga: SagaId,
    /// The site of the step.
    pub(crate) site: SitePath,
    /// The side of the step.
    pub(crate) role: Role,
    /// The step's name.
    pub(crate) step: &'static str,
    /// The service's id of the effect.
    pub(crate) id: String,
}

/// What a compensation undoes.
#[derive(Debug, Clone)]
pub(crate) enum Undoes {
    /// The effect of this id, which must exist.
    This(String),
    /// The effect of this key if it exists; if not, it must never land.
    IfThere(String),
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) effects: Vec<Effect>,
    by_id: HashMap<String, usize>,
    /// For each undone effect, the index of the effect that undid it.
    undone: BTreeMap<usize, usize>,
    /// Keys under which nothing may land any more.
    barred: BTreeSet<String>,
    /// Keys of calls in flight, with their number.
    air: BTreeMap<String, u32>,
    calls: HashMap<(SagaId, SitePath, u8), usize>,
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

    /// Returns the fate of the next call of that sort at that site.
    pub(crate) fn fate(&mut self, saga: &SagaId, site: &SitePath, sort: u8, fates: &[Fate]) -> Fate {
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

    /// Bars a key: nothing lands under it any more.
    pub(crate) fn bar(&mut self, key: &str) {
        self.barred.insert(key.to_owned());
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Returns the index of the step's effect, if it landed and is not undone.
    pub(crate) fn landed(&self, saga: &SagaId, site: &SitePath) -> Option<usize> {
        let here = |e: &Effect| e.saga == *saga && e.site == *site && e.role == Role::Do;
        (0..self.effects.len()).rev().find(|at| here(&self.effects[*at]))
    }

    /// Returns the effects that are not undone, in the order of landing, without those of compensations.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let all = self.effects.iter().enumerate();
        all.filter(|(at, e)| e.role == Role::Do && !self.undone.contains_key(at))
    }

    /// Returns the index of the effect that undid this one.
    pub(crate) fn undone_at(&self, at: usize) -> Option<usize> {
        self.undone.get(&at).copied()
    }

    /// Records that an effect lands under `key`; returns its index.
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
            return Err(Failure::permanent(format!("{} was called off", effect.site)).conclusive());
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
