//! The content of the ledger.

use std::collections::{BTreeMap, HashMap, HashSet};

use saga::journal::Role;

use super::{Call, Ended, Known, Reply, Undoes};

/// An effect that landed.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    pub(crate) saga: String,
    pub(crate) site: String,
    pub(crate) role: Role,
    pub(crate) attempt: u32,
    pub(crate) step: String,
    pub(crate) key: String,
    /// The service's id of the effect.
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    /// The index of the effect that undid it; `None` if it stands.
    pub(crate) undone_by: Option<usize>,
}

/// One attempt, as the world knows it: saga, site, role and number.
pub(crate) type AttemptId = (String, String, Role, u32);

#[derive(Debug, Default)]
pub(crate) struct Books {
    effects: Vec<Effect>,
    by_id: HashMap<String, usize>,
    by_saga: HashMap<String, Vec<usize>>,
    /// Keys under which nothing may land any more.
    barred: HashSet<String>,
    /// Keys of calls in flight, with their number.
    air: HashMap<String, u32>,
    calls: HashMap<(String, String, Role), u32>,
    /// The time at which each attempt was first seen.
    heard: BTreeMap<AttemptId, i64>,
    began: BTreeMap<String, i64>,
    ended: BTreeMap<String, Ended>,
    /// Requests and reports that are wrong.
    wrongs: Vec<String>,
}

impl Books {
    /// Records the start of a call; returns the number of earlier calls of its role at its site.
    pub(super) fn take_off(&mut self, call: &Call, at_ms: i64) -> u32 {
        *self.air.entry(call.key.clone()).or_default() += 1;
        let attempt = (call.saga.clone(), call.site.clone(), call.role, call.attempt);
        self.heard.entry(attempt).or_insert(at_ms);
        let calls = self.calls.entry((call.saga.clone(), call.site.clone(), call.role)).or_default();
        *calls += 1;
        *calls - 1
    }

    pub(super) fn touch_down(&mut self, key: &str) {
        if let Some(count) = self.air.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.air.remove(key);
            }
        }
    }

    pub(super) fn land(&mut self, call: &Call, at_ms: i64) -> Reply {
        let id = match call.known {
            Known::ByKey => call.key.clone(),
            Known::ByNature => format!("{}/{} {}", call.saga, call.site, call.role),
            Known::NotAtAll => format!("{}/{} {} #{}", call.saga, call.site, call.role, self.effects.len()),
        };
        if self.by_id.contains_key(&id) {
            return Reply::Landed(id);
        }
        if self.barred.contains(&call.key) {
            return Reply::Refused;
        }
        let number = self.effects.len();
        let of = match &call.undoes {
            None => None,
            Some(Undoes::This(of)) => {
                let there = self.by_id.get(of).copied();
                if there.is_none() {
                    self.wrongs.push(format!("{}: {} undoes {of}, which never landed", call.saga, call.site));
                }
                there
            }
            Some(Undoes::IfThere(of)) => {
                self.barred.insert(of.clone());
                self.by_id.get(of).copied()
            }
        };
        if let Some(of) = of
            && self.effects[of].undone_by.replace(number).is_some()
        {
            self.wrongs.push(format!("{}: {} was undone twice", call.saga, call.site));
        }
        self.by_id.insert(id.clone(), number);
        self.by_saga.entry(call.saga.clone()).or_default().push(number);
        self.effects.push(Effect {
            saga: call.saga.clone(),
            site: call.site.clone(),
            role: call.role,
            attempt: call.attempt,
            step: call.step.clone(),
            key: call.key.clone(),
            id: id.clone(),
            at_ms,
            undone_by: None,
        });
        Reply::Landed(id)
    }

    pub(super) fn probe(&mut self, key: &str) -> Reply {
        if self.by_id.contains_key(key) {
            return Reply::Landed(key.to_owned());
        }
        if self.air.contains_key(key) {
            return Reply::Pending;
        }
        self.bar(key);
        Reply::NotHappened
    }

    /// Bars a key: nothing lands under it any more.
    pub(crate) fn bar(&mut self, key: &str) {
        self.barred.insert(key.to_owned());
    }

    pub(super) fn began(&mut self, saga: &str, at_ms: i64) {
        let before = *self.began.entry(saga.to_owned()).or_insert(at_ms);
        if before != at_ms {
            self.wrongs.push(format!("{saga}: it was durable since {before}, and then since {at_ms}"));
        }
    }

    pub(super) fn ended(&mut self, saga: &str, how: Ended) {
        let before = self.ended.entry(saga.to_owned()).or_insert(how.clone());
        if *before != how {
            let what = format!("{saga}: its outcome was told as {before:?}, and then as {how:?}");
            self.wrongs.push(what);
        }
    }

    /// Returns the effects of a saga with their indexes, in the order of landing.
    pub(crate) fn of(&self, saga: &str) -> impl Iterator<Item = (usize, &Effect)> {
        let numbers = self.by_saga.get(saga).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|number| (*number, &self.effects[*number]))
    }

    /// Returns all effects, in the order of landing.
    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Returns the attempts of a saga, with the times at which they were first seen.
    pub(crate) fn heard_of<'a>(&'a self, saga: &'a str) -> impl Iterator<Item = (&'a AttemptId, i64)> {
        let first = (saga.to_owned(), String::new(), Role::Do, 0);
        self.heard.range(first..).take_while(move |((of, ..), _)| of == saga).map(|(id, at)| (id, *at))
    }

    pub(crate) fn began_at(&self, saga: &str) -> Option<i64> {
        self.began.get(saga).copied()
    }

    pub(crate) fn ended_as(&self, saga: &str) -> Option<&Ended> {
        self.ended.get(saga)
    }

    /// Returns the number of sagas that have begun and not ended.
    pub(crate) fn under_way(&self) -> usize {
        self.began.keys().filter(|saga| !self.ended.contains_key(*saga)).count()
    }

    pub(crate) fn wrongs(&self) -> &[String] {
        &self.wrongs
    }
}
