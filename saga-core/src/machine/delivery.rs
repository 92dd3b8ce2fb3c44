//! What comes from outside: cancels, signals, answers, and the acts of operators. Each is taken exactly once, or
//! refused with the reason.

use super::attempt::Try;
use super::{Evaluated, Refusal, Turn, order_of_undo};
use crate::policy::InDoubt;
use crate::record::{ActKind, Cause, Finder, Knowledge, Record, Verdict};
use crate::state::{Effect, Phase, SiteState, Status};
use crate::{ActId, By, Kind, Payload, Reason, Role, Site};

/// A signal, an answer or an operator's act, on its way to a saga.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delivery {
    /// Stop and roll back.
    Cancel {
        /// The author of the act, and the reason.
        by: By,
    },
    /// Take this signal.
    Signal {
        /// The sender's id for it.
        id: String,
        /// The signal's name.
        name: String,
        /// The signal's value.
        payload: Payload,
    },
    /// Answer the question at `site`, or the only open one.
    Answer {
        /// The site of the question; `None` if only one is open.
        site: Option<Site>,
        /// Yes or no.
        approved: bool,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Undo the completed saga, from the step at `site` on, or whole.
    Undo {
        /// The step from which on the saga is undone; `None` for the whole saga.
        site: Option<Site>,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Send a dead letter on in its direction, with fresh attempts.
    Redrive {
        /// Only this site.
        site: Option<Site>,
        /// The input in place of the recorded one; `None` to keep that.
        input: Option<Payload>,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Say what is known of an effect.
    Resolve {
        /// The site of the step.
        site: Site,
        /// Step or compensation.
        role: Role,
        /// The operator's statement on the effect.
        knowledge: Knowledge,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Declare a compensation not needed.
    Waive {
        /// Of the step here.
        site: Site,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Roll a dead letter back.
    RollBack {
        /// The author of the act, and the reason.
        by: By,
    },
    /// Close a dead letter as it is.
    Abandon {
        /// The author of the act, and the reason.
        by: By,
    },
    /// End all backoffs.
    RetryNow {
        /// The author of the act, and the reason.
        by: By,
    },
}

impl Delivery {
    /// Returns the kind's name, as it stands in an inbox.
    pub fn kind(&self) -> &'static str {
        match self {
            Delivery::Cancel { .. } => "cancel",
            Delivery::Signal { .. } => "signal",
            Delivery::Answer { .. } => "answer",
            Delivery::Undo { .. } => "undo",
            Delivery::Redrive { .. } => "redrive",
            Delivery::Resolve { .. } => "resolve",
            Delivery::Waive { .. } => "waive",
            Delivery::RollBack { .. } => "roll_back",
            Delivery::Abandon { .. } => "abandon",
            Delivery::RetryNow { .. } => "retry_now",
        }
    }

    /// Returns the kind, the site and the author of an operator's act; `None` for a signal, which has an id of its own.
    pub fn act(&self) -> Option<(ActKind, Option<&Site>, &By)> {
        Some(match self {
            Delivery::Cancel { by } => (ActKind::Cancel, None, by),
            Delivery::Signal { .. } => return None,
            Delivery::Answer { site, approved: true, by } => (ActKind::Approve, site.as_ref(), by),
            Delivery::Answer { site, approved: false, by } => (ActKind::Deny, site.as_ref(), by),
            // From where is not in the record of it.
            Delivery::Undo { by, .. } => (ActKind::Undo, None, by),
            Delivery::Redrive { site, by, .. } => (ActKind::Redrive, site.as_ref(), by),
            Delivery::Resolve { site, by, .. } => (ActKind::Resolve, Some(site), by),
            Delivery::Waive { site, by } => (ActKind::Waive, Some(site), by),
            Delivery::RollBack { by } => (ActKind::RollBack, None, by),
            Delivery::Abandon { by } => (ActKind::Abandon, None, by),
            Delivery::RetryNow { by } => (ActKind::RetryNow, None, by),
        })
    }

    /// Returns the same with an id made up by `draw`, unless its author has given it one, or it is a signal.
    pub fn identified(mut self, draw: impl FnOnce() -> u128) -> Self {
        if let Some(by) = self.by_mut() {
            by.act.get_or_insert_with(|| ActId::random(draw()));
        }
        self
    }

    /// Returns the same under this id, unless it is a signal.
    pub fn with_act(mut self, act: ActId) -> Self {
        if let Some(by) = self.by_mut() {
            by.act = Some(act);
        }
        self
    }

    /// Returns the same, its author having seen the records up to `seen`, unless the author says so already.
    pub fn having_seen(mut self, seen: crate::Seq) -> Self {
        if let Some(by) = self.by_mut() {
            by.seen.get_or_insert(seen);
        }
        self
    }

    fn by_mut(&mut self) -> Option<&mut By> {
        match self {
            Delivery::Signal { .. } => None,
            Delivery::Cancel { by }
            | Delivery::Answer { by, .. }
            | Delivery::Undo { by, .. }
            | Delivery::Redrive { by, .. }
            | Delivery::Resolve { by, .. }
            | Delivery::Waive { by, .. }
            | Delivery::RollBack { by }
            | Delivery::Abandon { by }
            | Delivery::RetryNow { by } => Some(by),
        }
    }
}

/// That a delivery was taken. A cancel's receipt is made from the state after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted;

impl Turn<'_> {
    pub(super) fn delivered(
        &mut self,
        delivery: Delivery,
        evaluated: Option<Evaluated>,
    ) -> Result<(), Refusal> {
        if let Some(answer) = self.state.answer_to(&delivery) {
            return answer;
        }
        self.fresh(&delivery)?;
        match delivery {
            Delivery::Cancel { by } => self.cancel(by),
            Delivery::Signal { id, name, payload } => self.signal(id, name, payload),
            Delivery::Answer { site, approved, by } => self.answer(site, approved, by),
            Delivery::Undo { site, by } => self.undo(site.as_ref(), by),
            Delivery::Redrive { site, input, by } => self.redrive(site, input, by),
            Delivery::Resolve { site, role, knowledge, by } => {
                self.resolve(site, role, knowledge, by, evaluated)
            }
            Delivery::Waive { site, by } => self.waive(site, by),
            Delivery::RollBack { by } => self.roll_back(by),
            Delivery::Abandon { by } => {
                self.dead_lettered()?;
                self.push(Record::Abandoned { by });
                Ok(())
            }
            Delivery::RetryNow { by } => {
                self.not_ended()?;
                if self.state.parked_at.is_some() {
                    return Err(Refusal::DeadLettered);
                }
                self.push(Record::RetriedNow { by });
                self.begin_what_is_due();
                Ok(())
            }
        }
    }

    /// Refuses an act on what has changed since its author looked. An answer is about its question alone: it is held
    /// against that.
    fn fresh(&self, delivery: &Delivery) -> Result<(), Refusal> {
        let by = delivery.act().map(|(.., by)| by).filter(|_| !matches!(delivery, Delivery::Answer { .. }));
        by.and_then(|by| self.state.stale(by)).map_or(Ok(()), Err)
    }

    /// Records an act that changes nothing, unless it is there already, or there are many of them.
    pub(super) fn had_no_effect(&mut self, delivery: &Delivery, refusal: Option<Refusal>) {
        let Some((act, site, by)) = delivery.act() else { return };
        if self.state.answer_to(delivery).is_none() && self.state.acts.has_room() {
            let (site, by, refusal) = (site.cloned(), by.clone(), refusal.map(Box::new));
            self.push(Record::NoEffect { act, site, by, refusal });
        }
    }

    fn not_ended(&self) -> Result<(), Refusal> {
        let phase = self.state.phase();
        if phase.is_ended() { Err(Refusal::Ended { phase }) } else { Ok(()) }
    }

    fn dead_lettered(&self) -> Result<(), Refusal> {
        let phase = self.state.phase();
        if phase == Phase::DeadLettered { Ok(()) } else { Err(Refusal::NotDeadLettered { phase }) }
    }

    fn cancel(&mut self, by: By) -> Result<(), Refusal> {
        self.not_ended()?;
        if !self.is_forward() || self.state.stop.is_some() {
            // So that a repeat gets this answer, also after the end.
            if by.act.is_some() {
                self.had_no_effect(&Delivery::Cancel { by }, None);
            }
            return Ok(());
        }
        if let Some(site) = self.state.no_return.clone() {
            return Err(Refusal::TooLate { site });
        }
        self.stop(Cause::Cancelled { by });
        Ok(())
    }

    fn signal(&mut self, id: String, name: String, payload: Payload) -> Result<(), Refusal> {
        self.not_ended()?;
        if self.state.signals.seen.contains(&id) {
            return Err(Refusal::Duplicate { id });
        }
        if !self.is_forward() {
            return Err(Refusal::RollingBack);
        }
        self.push(Record::Signalled { id, name: name.into(), payload });
        Ok(())
    }

    fn answer(&mut self, site: Option<Site>, approved: bool, by: By) -> Result<(), Refusal> {
        let asked = self.question(site);
        let only = match asked {
            // Its author has seen this very question.
            Ok((site, seq)) if by.seen.is_none_or(|seen| seen >= seq) => site,
            Ok((site, _)) => {
                return Err(self.state.stale(&by).unwrap_or(Refusal::NoQuestion { site: Some(site) }));
            }
            Err(refusal) => return Err(self.state.stale(&by).unwrap_or(refusal)),
        };
        let verdict = if approved { Verdict::Approved(by) } else { Verdict::Denied(by) };
        self.push(Record::Answered { site: only, verdict });
        Ok(())
    }

    /// Returns the question at `site`, or the only open one, and the record that asked it.
    fn question(&self, site: Option<Site>) -> Result<(Site, crate::Seq), Refusal> {
        self.not_ended()?;
        if !self.is_forward() || self.state.stop.is_some() {
            return Err(Refusal::RollingBack);
        }
        let mut open: Vec<(Site, crate::Seq)> = self
            .state
            .open_sites()
            .filter(|(at, _)| site.as_ref().is_none_or(|wanted| wanted == *at))
            .filter_map(|(at, state)| match state {
                SiteState::Ask { asked, .. } => Some((at.clone(), *asked)),
                _ => None,
            })
            .collect();
        match (open.pop(), open.is_empty()) {
            (None, _) => Err(Refusal::NoQuestion { site }),
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                let sites = open.into_iter().chain([last]).map(|(site, _)| site).collect();
                Err(Refusal::WhichQuestion { sites })
            }
        }
    }

    fn undo(&mut self, from: Option<&Site>, by: By) -> Result<(), Refusal> {
        let phase = self.state.phase();
        if phase != Phase::Completed {
            return Err(Refusal::NotCompleted { phase });
        }
        let mut sites = Vec::new();
        for site in order_of_undo(self.state, from) {
            let Some(step) = self.state.step(&site) else { continue };
            if step.kind == Kind::Irreversible && step.doing.status == Status::Done {
                return Err(Refusal::Irreversible { site });
            }
            if !step.owes_undo() {
                continue;
            }
            let until = step.undo.as_ref().and_then(|u| u.as_ref().ok()).and_then(|c| c.until);
            if let Some(until) = until.filter(|u| *u < self.facts.now) {
                return Err(Refusal::WindowClosed { site, until });
            }
            sites.push(site);
        }
        if sites.is_empty() {
            return Err(Refusal::NothingToUndo { site: from.cloned() });
        }
        self.push(Record::UndoStarted { by, sites });
        Ok(())
    }

    fn redrive(&mut self, site: Option<Site>, input: Option<Payload>, by: By) -> Result<(), Refusal> {
        self.dead_lettered()?;
        let here = |at: Option<&Site>| site.is_none() || at == site.as_ref();
        let halts = self.state.halts.iter().filter(|h| here(h.site.as_ref()));
        let lost = halts.clone().find(|h| h.reason == Reason::OutputLost).and_then(|h| h.site.clone());
        let stuck = self.state.open_effects().filter(|(s, _, e)| here(Some(s)) && e.is_stuck());
        let stuck: Vec<(&Site, Role, &Effect)> = stuck.collect();
        if stuck.is_empty() && halts.count() == 0 {
            return Err(Refusal::NotStuck { site });
        }
        if let Some(site) = lost {
            return Err(Refusal::OutputLost { site });
        }
        for (site, role, effect) in &stuck {
            self.may_redrive(site, *role, effect, input.is_some())?;
        }
        if input.is_some() && (site.is_none() || stuck.len() != 1) {
            return Err(Refusal::NotStuck { site });
        }
        self.push(Record::Redriven { by, site, input });
        Ok(())
    }

    fn may_redrive(&self, site: &Site, role: Role, effect: &Effect, mended: bool) -> Result<(), Refusal> {
        if matches!(effect.status, Status::Stuck(Reason::OutputLost, _)) {
            return Err(Refusal::OutputLost { site: site.clone() });
        }
        let unresolvable = role == Role::Do && !self.may_resolve_again(site);
        if effect.doubt && (mended || unresolvable) {
            return Err(Refusal::InDoubt { site: site.clone() });
        }
        Ok(())
    }

    /// Returns true if there is a way to resolve the step's doubt without a person.
    fn may_resolve_again(&self, site: &Site) -> bool {
        let (Some(policy), Some(step)) = (self.policy(site, Role::Do), self.state.step(site)) else {
            return false;
        };
        policy.probe
            || match policy.in_doubt {
                InDoubt::Rerun => step.kind != Kind::Irreversible || self.state.goes_forward_at(site),
                InDoubt::Call => step.in_doubt.is_some(),
                InDoubt::DeadLetter => false,
            }
    }

    fn resolve(
        &mut self,
        site: Site,
        role: Role,
        knowledge: Knowledge,
        by: By,
        evaluated: Option<Evaluated>,
    ) -> Result<(), Refusal> {
        self.dead_lettered()?;
        let lost = self.is_lost(&site);
        let effect = self.effect(&site, role).filter(|e| e.is_stuck() || (role == Role::Do && lost));
        let Some(effect) = effect else { return Err(Refusal::NotStuck { site: Some(site) }) };
        match &knowledge {
            Knowledge::Happened { .. } if role == Role::Do => {
                let evaluated =
                    evaluated.ok_or_else(|| unusable(&site, "this build does not know the step"))?;
                if let Some(lost) = evaluated.loss() {
                    return Err(unusable(&site, lost));
                }
                // As its type has it: what was given may show what that hides.
                let output = evaluated.output.clone().unwrap_or_else(|_| Payload::null());
                let knowledge = Knowledge::Happened { output };
                self.push(Record::Resolved { by: by.clone(), site: site.clone(), role, knowledge });
                self.happened(&site, Role::Do, evaluated, Finder::Operator(by));
            }
            Knowledge::Happened { .. } => {
                // A compensation's output is never read.
                let knowledge = Knowledge::Happened { output: Payload::null() };
                self.push(Record::Resolved { by: by.clone(), site: site.clone(), role, knowledge });
                self.undone(&site, Finder::Operator(by));
            }
            Knowledge::NotHappened if effect.doubt => {
                let next = self.next_try_once_clear(&site, role);
                self.push(Record::Resolved { by, site: site.clone(), role, knowledge });
                // Else it is held by that, and goes on at once: the person has waited long enough.
                if next == Try::GiveUp {
                    self.give_up(&site, role);
                }
            }
            Knowledge::NotHappened if lost => return Err(Refusal::OutputLost { site }),
            // That was known: what is wanted is a redrive.
            Knowledge::NotHappened => return Err(Refusal::NotInDoubt { site }),
        }
        Ok(())
    }

    /// Returns true if the step is done, and its output or compensation is missing, or cannot be read, and is still
    /// needed.
    fn is_lost(&self, site: &Site) -> bool {
        self.state.step(site).is_some_and(|s| {
            let lost_undo = matches!(s.undo, Some(Err(_))) && !s.is_undone() && s.waived.is_none();
            let halts_body = self.state.halts.iter().any(|h| h.is_about_output_of(site));
            s.doing.status == Status::Done && (lost_undo || halts_body)
        })
    }

    fn waive(&mut self, site: Site, by: By) -> Result<(), Refusal> {
        self.dead_lettered()?;
        let waivable = self.state.step(&site).is_some_and(|s| {
            self.state.is_unwinding(&site) && (s.owes_undo() || s.is_in_doubt()) && s.waived.is_none()
        });
        if !waivable {
            return Err(Refusal::NothingOwed { site });
        }
        self.push(Record::Waived { by, site });
        Ok(())
    }

    fn roll_back(&mut self, by: By) -> Result<(), Refusal> {
        self.dead_lettered()?;
        if !self.is_forward() {
            return Err(Refusal::RollingBack);
        }
        if let Some(site) = self.state.no_return.clone() {
            return Err(Refusal::TooLate { site });
        }
        let mut open = self.state.open_steps();
        if let Some((site, _)) = open.find(|(_, s)| s.kind == Kind::Irreversible && s.is_in_doubt()) {
            return Err(Refusal::InDoubt { site: site.clone() });
        }
        drop(open);
        self.roll_back_for(Cause::Ordered { by });
        Ok(())
    }
}

fn unusable(site: &Site, why: &str) -> Refusal {
    Refusal::Unusable { site: site.clone(), why: why.to_owned() }
}
