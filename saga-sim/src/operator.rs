//! Operators: they cancel, answer and signal, and resolve dead letters. Their statements are true: an operator reads
//! the world's books first, and bars whatever did not happen.

use saga_core::machine::Delivery;
use saga_core::record::{ActKind, Knowledge};
use saga_core::state::{SiteState, StepState};
use saga_core::store::Store as _;
use saga_core::{ActId, Blocker, By, Payload, Phase, Reason, Role, SagaId, SitePath, State};
use saga_runtime::{ActError, AnyHandle};

use crate::case::Act;
use crate::fleet::Fleet;
use crate::port::Stage;
use crate::world::Receipt;
use crate::world::{Effect, World};
use saga_runtime::Clock as _;
use std::sync::Arc;

/// All operators of a run.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) world: World,
    pub(crate) stage: Arc<Stage>,
    pub(crate) fleet: Fleet,
}

fn by() -> By {
    By::new("sim", "it is in the case")
}

impl People {
    /// Returns the real state of a saga; `None` if it does not exist yet.
    pub(crate) async fn look(&self, saga: &SagaId) -> Option<State> {
        let journal = self.world.journal(saga).await;
        if journal.is_empty() {
            return None;
        }
        match State::of(saga.clone(), &journal) {
            Ok(state) => Some(state),
            Err(error) => {
                let what = format!("the journal of {saga} cannot be read: {error}");
                self.world.books().wrong(crate::rule::Rule::Sound, what);
                None
            }
        }
    }

    /// Performs an act if it makes sense, through the handle of a worker or directly at the store.
    pub(crate) async fn act(&self, saga: &SagaId, act: Act, seat: Option<usize>) {
        let Some(state) = self.look(saga).await else { return };
        // Acts are made one at a time: the saga must not change between the look and the act.
        let waiting = self.world.truth().undelivered(saga).await.unwrap_or_default();
        if !waiting.is_empty() && !matches!(act, Act::Cancel | Act::Signal | Act::RetryNow) {
            return;
        }
        let Some(delivery) = self.delivery(&state, act) else { return };
        self.click(saga, &state, delivery, seat).await;
    }

    /// Sends an act. Every other one is repeated at once, directly at the store, as by a second click or from a second
    /// open page. At most one of the two has an effect.
    async fn click(&self, saga: &SagaId, state: &State, delivery: Delivery, seat: Option<usize>) {
        let Some(delivery) = identified(state, delivery) else { return };
        let again = state.last_seq().is_multiple_of(2).then(|| delivery.clone());
        self.send(saga, delivery, seat).await;
        if let Some(delivery) = again {
            self.send(saga, delivery, None).await;
        }
    }

    async fn send(&self, saga: &SagaId, delivery: Delivery, seat: Option<usize>) {
        let Some(reached) = seat.and_then(|seat| self.fleet.reach(seat)) else {
            // From another process, such as a command line.
            let sent = self.stage.referee.deliver(saga, delivery, self.stage.clock.now()).await;
            return drop(sent);
        };
        let saga = saga.clone();
        tokio::spawn(async move {
            let asked = async {
                if let Ok(Some(handle)) = reached.runtime.find(&saga).await {
                    // The journal records whether it was refused or accepted.
                    drop(deliver(&handle, delivery).await);
                }
            };
            tokio::select! {
                biased;
                () = reached.gate.dies() => {}
                () = asked => {}
            }
        });
    }

    fn delivery(&self, state: &State, act: Act) -> Option<Delivery> {
        let first = || state.blockers().find_map(|blocker| blocker.site.clone());
        Some(match act {
            Act::Cancel => Delivery::Cancel { by: by() },
            Act::RetryNow => Delivery::RetryNow { by: by() },
            Act::RollBack => Delivery::RollBack { by: by() },
            Act::Redrive => Delivery::Redrive { site: None, input: None, by: by() },
            Act::Abandon => Delivery::Abandon { by: by() },
            Act::Waive => Delivery::Waive { site: self.waivable(state)?, by: by() },
            Act::Undo(0) => Delivery::Undo { site: None, by: by() },
            Act::Undo(nth) => {
                let (site, _) = state.steps().nth(nth)?;
                Delivery::Undo { site: Some(site.clone()), by: by() }
            }
            Act::Resolve => return self.mend(state, first()),
            Act::Signal => {
                let id = format!("signal {}", state.next_seq());
                // One payload in five is wrong: the signal is refused, and the saga keeps waiting.
                let payload = match state.next_seq() % 5 {
                    0 => Payload::encode(&"seven").ok()?,
                    _ => Payload::encode(&7_u64).ok()?,
                };
                Delivery::Signal { id, name: "go".to_owned(), payload }
            }
            Act::Approve | Act::Deny => {
                let asked = |s: &SiteState| matches!(s, SiteState::Ask { .. });
                let (site, _) = state.open_sites().find(|(_, s)| asked(s))?;
                Delivery::Answer { site: Some(site.clone()), approved: act == Act::Approve, by: by() }
            }
        })
    }

    /// Returns a step with a compensation that may be waived; never an irreversible step.
    fn waivable(&self, state: &State) -> Option<SitePath> {
        let mut steps = state.steps().rev();
        let owes =
            |s: &StepState| s.kind == saga_core::Kind::Compensated && (s.owes_undo() || s.is_in_doubt());
        steps.find(|(_, s)| owes(s)).map(|(site, _)| site.clone())
    }

    /// Returns an act that resolves the blocker at `site`, or else the first one: a true statement, or a redrive.
    pub(crate) fn mend(&self, state: &State, site: Option<SitePath>) -> Option<Delivery> {
        let here = state.blockers().find(|blocker| blocker.site == site && site.is_some());
        let Blocker { site, role, reason, .. } = here.or_else(|| state.blockers().next())?;
        let Some(site) = site else {
            return Some(Delivery::Redrive { site: None, input: None, by: by() });
        };
        let step = state.step(site);
        let doubt = step.is_some_and(|s| s.is_in_doubt() && s.doing.is_blocked());
        match (role, reason) {
            (Role::Do, _) if doubt => self.settle(state, site),
            (_, Reason::OutputLost) => self.happened(state, site),
            _ => Some(Delivery::Redrive { site: None, input: None, by: by() }),
        }
    }

    /// States the world's knowledge of a step in doubt, and bars the step if it did not happen.
    fn settle(&self, state: &State, site: &SitePath) -> Option<Delivery> {
        if let Some(happened) = self.happened(state, site) {
            return Some(happened);
        }
        self.world.books().bar(state.key(site, Role::Do).as_str());
        let knowledge = Knowledge::NotHappened;
        Some(Delivery::Resolve { site: site.clone(), role: Role::Do, knowledge, by: by() })
    }

    fn happened(&self, state: &State, site: &SitePath) -> Option<Delivery> {
        let books = self.world.books();
        let at = books.landed(state.id(), site)?;
        let id = books.effects[at].id.clone();
        let receipt = Receipt { id, number: at as u64, ballast: String::new() };
        let knowledge = Knowledge::Happened { output: Payload::encode(&receipt).ok()? };
        Some(Delivery::Resolve { site: site.clone(), role: Role::Do, knowledge, by: by() })
    }

    /// Undoes by hand the effect of a failed compensation, and states so.
    fn undone_by_hand(&self, state: &State) -> Option<Delivery> {
        let blocker = state.blockers().find(|blocker| {
            let by_hand = matches!(blocker.reason, Reason::CompensationFailed | Reason::Diverged);
            blocker.role == Role::Undo && by_hand
        })?;
        let site = blocker.site.clone()?;
        let mut books = self.world.books();
        let key = state.key(&site, Role::Undo).to_string();
        if let Some(of) = books.landed(state.id(), &site).filter(|at| books.undone_at(*at).is_none()) {
            let (saga, of) = (state.id().clone(), books.effects[of].id.clone());
            let effect =
                Effect { saga, site: site.clone(), role: Role::Undo, step: "by hand", id: key.clone() };
            drop(books.land(effect, "by hand", Some(&crate::world::Undoes::This(of))));
        }
        // A compensation that is still in flight must not land.
        books.bar(&key);
        books.bar(state.key(&site, Role::Do).as_str());
        let knowledge = Knowledge::Happened { output: Payload::null() };
        Some(Delivery::Resolve { site, role: Role::Undo, knowledge, by: by() })
    }

    /// Performs the next act that a saga needs in order to end. `tries` counts its dead letters so far. Returns true if
    /// the saga has ended.
    pub(crate) async fn help(&self, saga: &SagaId, tries: &mut u32) -> bool {
        let Some(state) = self.look(saga).await else { return false };
        if state.phase().is_ended() {
            return true;
        }
        let waiting = self.world.truth().undelivered(saga).await.unwrap_or_default();
        if !waiting.is_empty() {
            return false;
        }
        let seat = (*tries).is_multiple_of(2).then_some(*tries as usize);
        if state.phase() != Phase::DeadLettered {
            for (_, open) in state.open_sites() {
                match open {
                    SiteState::Wait { timed, .. } if timed.due.is_none() => {
                        return self.act_later(saga, Act::Signal, seat).await;
                    }
                    SiteState::Ask { timed, .. } if timed.due.is_none() => {
                        return self.act_later(saga, Act::Approve, seat).await;
                    }
                    _ => {}
                }
            }
            return false;
        }
        *tries += 1;
        let by_hand = if *tries > 4 { self.undone_by_hand(&state) } else { None };
        let at = state
            .blockers()
            .nth(*tries as usize % state.blockers().count().max(1))
            .and_then(|b| b.site.clone());
        let delivery = match *tries {
            tries if tries > 14 => Some(Delivery::Abandon { by: by() }),
            tries if tries % 5 == 4 => Some(Delivery::RollBack { by: by() }),
            _ => by_hand.or_else(|| self.mend(&state, at)),
        };
        if let Some(delivery) = delivery {
            self.click(saga, &state, delivery, seat).await;
        }
        false
    }

    async fn act_later(&self, saga: &SagaId, act: Act, seat: Option<usize>) -> bool {
        self.act(saga, act, seat).await;
        false
    }
}

/// Gives an act an id that equal acts after the same look share. An act that depends on the look also names the last
/// record seen.
fn identified(state: &State, mut delivery: Delivery) -> Option<Delivery> {
    let Some((act, site, _)) = delivery.act() else { return Some(delivery) };
    let site = site.map_or("", SitePath::as_str);
    let id = ActId::new(&format!("{act} {site} after {}", state.last_seq())).ok()?;
    let about = !matches!(act, ActKind::Cancel | ActKind::RetryNow);
    if about {
        delivery = delivery.having_seen(state.last_seq());
    }
    Some(delivery.with_act(id))
}

/// Delivers through the method of a handle.
async fn deliver(handle: &AnyHandle, delivery: Delivery) -> Result<(), ActError> {
    match delivery {
        Delivery::Cancel { by } => handle.cancel(by).await.map(drop),
        Delivery::Signal { id, name, payload } => match payload.decode::<u64>() {
            Ok(number) => handle.signal(&name, &id, &number).await,
            Err(_) => handle.signal(&name, &id, &"seven").await,
        },
        Delivery::Answer { site: Some(site), approved, by } => match approved {
            true => handle.approve(by).at(site).await,
            false => handle.deny(by).at(site).await,
        },
        Delivery::Undo { site: None, by } => handle.undo(by).await,
        Delivery::Undo { site: Some(site), by } => handle.undo(by).back_to(site).await,
        Delivery::Redrive { by, .. } => handle.redrive(by).await,
        Delivery::Resolve { site, role: Role::Undo, by, .. } => handle.resolve_undone(site, by).await,
        Delivery::Resolve { site, knowledge: Knowledge::Happened { output }, by, .. } => {
            match output.decode::<Receipt>() {
                Ok(receipt) => handle.resolve_happened(site, &receipt, by).await,
                Err(_) => Ok(()),
            }
        }
        Delivery::Resolve { site, by, .. } => handle.resolve_not_happened(site, by).await,
        Delivery::Waive { site, by } => handle.waive(site, by).await,
        Delivery::RollBack { by } => handle.roll_back(by).await,
        Delivery::Abandon { by } => handle.abandon(by).await,
        Delivery::RetryNow { by } => handle.retry_now(by).await,
        _ => Ok(()),
    }
}
