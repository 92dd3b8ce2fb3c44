//! agentplane on a redb file: a skill for each company, and a plan of three nodes. A skill does its work by an *effect*,
//! which says what may be done when its outcome is unknown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentplane::core::{
    ArgSource, Compensation, Effect, EffectDescriptor, EffectError, Operator, PlanIR, PlanNode,
    Reconciliation, Recovery, RetryPolicy, RunId, StepId, Timestamp,
};
use agentplane::prelude::*;
use harness::{Error, Life};
use serde_json::{Value, json};

/// What a call to a company does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It succeeds.
    Books,
    /// It succeeds after 0.6 s.
    BooksLate,
    /// It is refused in the first life.
    IsRefusedFirst,
    /// It succeeds, but its answer is too late.
    LandsLate,
    /// It does nothing, and there is no answer.
    IsLost,
    /// It succeeds, and then the code panics.
    Panics,
    /// It succeeds, but its undo kills the process in the first life.
    DiesInUndo,
}

/// What a company allows when a call's outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It can be asked.
    Asked,
    /// It can be asked for a booking; a cancellation may be repeated under its key.
    Repeated,
    /// A person decides.
    Person,
}

/// A company: its skill books, and cancels as the compensation.
#[derive(Clone, Debug)]
struct Company {
    what: &'static str,
    how: How,
    doubt: Doubt,
    life: Life,
}

/// A call to a company.
#[derive(Clone, Debug)]
struct Call {
    company: Company,
    is_undo: bool,
}

#[async_trait]
impl Effect for Call {
    type Output = Value;

    fn descriptor(&self) -> EffectDescriptor {
        let kind = if self.is_undo { "company.cancel" } else { "company.book" };
        EffectDescriptor::new(kind, json!({ "what": self.company.what }))
    }

    fn mutates(&self) -> bool {
        true
    }

    fn recovery(&self) -> Recovery {
        match self.company.doubt {
            Doubt::Repeated if self.is_undo => {
                Recovery::Idempotent { key: format!("cancel-{}", self.company.what) }
            }
            Doubt::Asked | Doubt::Repeated => Recovery::Reconcile,
            Doubt::Person => Recovery::RequiresOperator,
        }
    }

    fn retry(&self) -> RetryPolicy {
        RetryPolicy::attempts(1)
    }

    async fn perform(&self) -> Result<Value, EffectError> {
        let Company { what, how, life, .. } = &self.company;
        let world = &life.world;
        if self.is_undo {
            if *how == How::DiesInUndo {
                life.die_if_first();
            }
            world.cancel(what);
            return Ok(json!({}));
        }
        match how {
            How::IsRefusedFirst if life.number == 1 => {
                world.refuse(what);
                return Err(EffectError::Rejected("the card is declined".into()));
            }
            How::BooksLate => {
                tokio::time::sleep(Duration::from_millis(600)).await;
                world.book(what);
            }
            How::LandsLate | How::IsLost => {
                if *how == How::LandsLate {
                    world.book(what);
                }
                let answer = tokio::time::sleep(Duration::from_secs(3));
                if tokio::time::timeout(Duration::from_millis(300), answer).await.is_err() {
                    return Err(EffectError::Timeout { driver: (*what).into(), waited_ms: 300 });
                }
            }
            How::Panics => {
                world.book(what);
                panic!("what is this answer?");
            }
            How::Books | How::IsRefusedFirst | How::DiesInUndo => world.book(what),
        }
        Ok(json!({}))
    }

    async fn reconcile(&self) -> Result<Reconciliation<Value>, EffectError> {
        let did = if self.is_undo { "cancelled" } else { "booked" };
        let has_happened = self.company.life.world.count(self.company.what, did) > 0;
        println!("    ({} is asked whether it {did}: {has_happened})", self.company.what);
        Ok(if has_happened { Reconciliation::Landed(json!({})) } else { Reconciliation::DidNotHappen })
    }
}

#[async_trait]
impl Skill for Company {
    fn descriptor(&self) -> SkillDescriptor {
        SkillDescriptor::new(self.what)
    }

    fn compensation(&self) -> Compensation {
        Compensation::Compensatable
    }

    async fn invoke(&self, cx: &mut StepCtx<'_>, _input: Tainted<Value>) -> Result<Outcome, SkillError> {
        Ok(Outcome::done(cx.effect(Call { company: self.clone(), is_undo: false }).await?))
    }

    async fn compensate(&self, cx: &mut StepCtx<'_>, _output: &Tainted<Value>) -> Result<(), SkillError> {
        cx.effect(Call { company: self.clone(), is_undo: true }).await?;
        Ok(())
    }
}

/// agentplane with the three companies.
pub struct Plane {
    /// Its runtime.
    pub runtime: Arc<Runtime>,
    store: Arc<dyn JournalStore>,
}

impl Plane {
    /// Returns agentplane with companies that behave so: flight, hotel, payment.
    ///
    /// # Errors
    /// If its file cannot be opened.
    pub fn new(life: &Life, how: [How; 3], doubt: Doubt) -> Result<Self, Error> {
        let store: Arc<dyn JournalStore> = Arc::new(RedbStore::open(life.folder.join("plane.redb"))?);
        let company = |what, how| Company { what, how, doubt, life: life.clone() };
        let runtime = Runtime::builder(store.clone())
            .owner(format!("life-{}", life.number))
            // A dead owner's run is taken over when its lease has ended.
            .lease_ttl(Duration::from_secs(2))
            .skill(company("flight", how[0]))
            .skill(company("hotel", how[1]))
            .skill(company("payment", how[2]))
            .build();
        Ok(Self { runtime, store })
    }

    /// Starts the trip.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn start(&self, plan: PlanIR) -> Result<RunId, Error> {
        Ok(self.runtime.start(plan, Tainted::trusted(json!({}))).spawn().await?)
    }

    /// Starts the trip in the first life, recovers it in the others by the ordinary sweep, and waits for its end;
    /// returns what agentplane reports.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn trip(&self, life: &Life, patience: Duration) -> Result<(RunId, String), Error> {
        let run = if life.number == 1 { self.start(plan()).await? } else { self.recover().await? };
        Ok((run, self.end(run, patience).await?))
    }

    /// Waits for a run's end; returns what agentplane reports.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn end(&self, run: RunId, patience: Duration) -> Result<String, Error> {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Some(outcome) = self.runtime.recorded_outcome(run).await? {
                return self.report(run, outcome.status).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok("nothing".into())
    }

    /// Formats a status, with the calls in doubt.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn report(&self, run: RunId, status: RunStatus) -> Result<String, Error> {
        let doubts = self.runtime.undecided(run).await?;
        let doubts: Vec<String> = doubts.iter().map(|one| format!("{} of {}", one.kind, one.step)).collect();
        let doubts =
            if doubts.is_empty() { String::new() } else { format!("; in doubt: {}", doubts.join(", ")) };
        Ok(format!("{status:?}{doubts}"))
    }

    async fn recover(&self) -> Result<RunId, Error> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            let abandoned = self.store.abandoned_runs(10).await?;
            self.runtime.sweep(Timestamp::now_utc(), Duration::from_secs(3600)).await?;
            if let Some(run) = abandoned.first() {
                return Ok(*run);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Err("nothing was recovered".into())
    }
}

/// The trip: each node after the one before it.
pub fn plan() -> PlanIR {
    PlanIR::new(vec![
        PlanNode::new(0, "flight").arg("input", ArgSource::run_input()),
        PlanNode::new(1, "hotel").arg("flight", ArgSource::node(StepId(0))),
        PlanNode::new(2, "payment").arg("hotel", ArgSource::node(StepId(1))).terminal(),
    ])
}

/// Ann, an operator.
pub fn ann() -> Operator {
    Operator::asserted("ann").expect("a name that is not empty")
}
