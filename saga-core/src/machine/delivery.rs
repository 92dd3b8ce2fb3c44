//! How a delivery is taken: exactly once, or refused with the reason.

use super::attempt::Try;
use super::event::Evaluated;
use super::turn::Turn;
use super::unwind::order_of_undo;
use crate::delivery::Delivery;
use crate::phase::Phase;
use crate::policy::InDoubt;
use crate::record::{Cause, Finder, Knowledge, Record, Verdict};
use crate::refusal::Refusal;
use crate::state::{Effect, SiteState, Status};
use crate::{By, Kind, Payload, Reason, Role, SitePath};

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
            Delivery::Open {} => self.not_ended(),
            Delivery::RollBack { by } => self.roll_back(by),
            Delivery::Abandon { by } => {
                self.dead_lettered()?;
                self.push(Record::Abandoned { by });
                Ok(())
            }
            Delivery::RetryNow { by } => {
                self.not_ended()?;
                if self.state.dead_lettered_at.is_some() {
                    return Err(Refusal::DeadLettered);
                }
                self.push(Record::RetriedNow { by });
                self.begin_what_is_due();
                Ok(())
            }
        }
    }

    /// Closes a saga that no build at hand can drive.
    pub(super) fn close(&mut self, by: By, detail: String) -> Result<(), Refusal> {
        let delivery = Delivery::Abandon { by: by.clone() };
        if let Some(answer) = self.state.answer_to(&delivery) {
            return answer;
        }
        self.fresh(&delivery)?;
        self.not_ended()?;
        self.dead_letter(Reason::Diverged, detail);
        self.recovered(false);
        self.push(Record::Abandoned { by });
        Ok(())
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

    fn answer(&mut self, site: Option<SitePath>, approved: bool, by: By) -> Result<(), Refusal> {
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
    fn question(&self, site: Option<SitePath>) -> Result<(SitePath, crate::Seq), Refusal> {
        self.not_ended()?;
        if !self.is_forward() || self.state.stop.is_some() {
            return Err(Refusal::RollingBack);
        }
        let mut open: Vec<(SitePath, crate::Seq)> = self
            .state
            .open_sites()
            .filter(|(at, _)| site.as_ref().is_none_or(|wanted| wanted == *at))
            .filter_map(|(at, state)| {
                let SiteState::Ask { asked, .. } = state else { return None };
                Some((at.clone(), *asked))
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

    fn undo(&mut self, from: Option<&SitePath>, by: By) -> Result<(), Refusal> {
        let phase = self.state.phase();
        if phase != Phase::Completed {
            return Err(Refusal::NotCompleted { phase });
        }
        // Deferred steps happened after all others, wherever they stand in the body.
        let mut deferred = self.state.steps().filter(|(_, s)| s.deferred && s.doing.status == Status::Done);
        if let Some((site, _)) = deferred.next() {
            return Err(Refusal::Irreversible { site: site.clone() });
        }
        drop(deferred);
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

    fn redrive(&mut self, site: Option<SitePath>, input: Option<Payload>, by: By) -> Result<(), Refusal> {
        self.dead_lettered()?;
        let here = |at: Option<&SitePath>| site.is_none() || at == site.as_ref();
        let of_body = self.state.body_blockers.iter().filter(|b| here(b.site.as_ref()));
        let lost = of_body.clone().find(|b| b.reason == Reason::OutputLost).and_then(|b| b.site.clone());
        let blocked = self.state.open_effects().filter(|(s, _, e)| here(Some(s)) && e.is_blocked());
        let blocked: Vec<(&SitePath, Role, &Effect)> = blocked.collect();
        if blocked.is_empty() && of_body.count() == 0 {
            return Err(Refusal::NotBlocked { site });
        }
        if let Some(site) = lost {
            return Err(Refusal::OutputLost { site });
        }
        for (site, role, effect) in &blocked {
            self.may_redrive(site, *role, effect, input.is_some())?;
        }
        if input.is_some() && (site.is_none() || blocked.len() != 1) {
            return Err(Refusal::NotBlocked { site });
        }
        self.push(Record::Redriven { by, site, input });
        Ok(())
    }

    fn may_redrive(&self, site: &SitePath, role: Role, effect: &Effect, mended: bool) -> Result<(), Refusal> {
        if effect.blocker().is_some_and(|b| b.reason == Reason::OutputLost) {
            return Err(Refusal::OutputLost { site: site.clone() });
        }
        let unresolvable = role == Role::Do && !self.may_resolve_again(site);
        if effect.doubt && (mended || unresolvable) {
            return Err(Refusal::InDoubt { site: site.clone() });
        }
        Ok(())
    }

    /// Returns true if there is a way to resolve the step's doubt without a person.
    fn may_resolve_again(&self, site: &SitePath) -> bool {
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
        site: SitePath,
        role: Role,
        knowledge: Knowledge,
        by: By,
        evaluated: Option<Evaluated>,
    ) -> Result<(), Refusal> {
        self.dead_lettered()?;
        let lost = self.is_lost(&site);
        let effect = self.effect(&site, role).filter(|e| e.is_blocked() || (role == Role::Do && lost));
        let Some(effect) = effect else { return Err(Refusal::NotBlocked { site: Some(site) }) };
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
    fn is_lost(&self, site: &SitePath) -> bool {
        self.state.step(site).is_some_and(|s| {
            let lost_undo = matches!(s.undo, Some(Err(_))) && !s.is_undone() && s.waived.is_none();
            let blocks_body = self.state.body_blockers.iter().any(|b| b.is_about_output_of(site));
            s.doing.status == Status::Done && (lost_undo || blocks_body)
        })
    }

    fn waive(&mut self, site: SitePath, by: By) -> Result<(), Refusal> {
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
        if self.state.session().is_some() && self.state.dead_lettered_at.is_none() {
            return self.roll_back_session(by);
        }
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

impl Turn<'_> {
    /// Rolls back a session that goes forward: what is in flight settles first.
    fn roll_back_session(&mut self, by: By) -> Result<(), Refusal> {
        self.not_ended()?;
        if !self.is_forward() || self.state.stop.is_some() {
            return Err(Refusal::RollingBack);
        }
        if let Some(site) = self.state.no_return.clone() {
            return Err(Refusal::TooLate { site });
        }
        self.stop(Cause::Ordered { by });
        Ok(())
    }
}

fn unusable(site: &SitePath, why: &str) -> Refusal {
    Refusal::Unusable { site: site.clone(), why: why.to_owned() }
}
