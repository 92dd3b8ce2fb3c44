//! One run: a case is played to its end in virtual time, and the result is checked against the rules.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use saga_core::store::Store as _;
use saga_core::{MemoryStore, Phase, SagaId, State};
use saga_runtime::{RunError, SagaCall};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::audit::audit;
use crate::case::{Case, Event, Plan, Trouble, What, When};
use crate::coverage::Coverage;
use crate::fleet::Fleet;
use crate::interpret::{forget_whims, program, urgent};
use crate::mutant::Mutant;
use crate::operator::People;
use crate::port::{Stage, write_of};
use crate::referee::Referee;
use crate::rule::{Rule, Wrong};
use crate::timely::{Heard, timely};
use crate::world::World;

/// The result of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The rules that were broken.
    pub wrongs: Vec<Wrong>,
    /// The coverage of the run.
    pub coverage: Coverage,
    /// A hash of all journals and the books: two runs of one case have the same.
    pub trace: u64,
    /// The journals and the books, as text.
    pub story: String,
}

/// Plays a case, with a bug put in if `mutant` is given.
pub fn run(case: &Case, mutant: Option<Mutant>) -> Report {
    forget_whims();
    let played = catch_unwind(AssertUnwindSafe(|| {
        saga_runtime::test::in_virtual_time(async { Run::new(case, mutant).play(case).await })
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        let wrong = Wrong { rule: Rule::Sound, what: format!("the simulation panicked: {text}") };
        Report { wrongs: vec![wrong], ..Report::default() }
    })
}

struct Run {
    world: World,
    stage: Arc<Stage>,
    fleet: Fleet,
    people: People,
    coverage: Arc<Mutex<Coverage>>,
    sagas: Vec<SagaId>,
    /// True if a journal may be read without its last records.
    reads_stale: bool,
    /// True if the clock jumps.
    jumps: bool,
    /// True if a worker is stalled.
    stalls: bool,
    news: mpsc::UnboundedReceiver<What>,
}

/// The time between the last event and the end of all faults.
const SLACK: Duration = Duration::from_secs(8);
/// The number of times that operators look at the sagas in the end without seeing a new record: then what has not ended
/// never will. `ROUND` is the time between. A saga that is busy has longer: a loop of steps that time out takes hours.
const ROUNDS: u32 = 400;
const ROUNDS_MAX: u32 = 10 * ROUNDS;
const ROUND: Duration = Duration::from_secs(7);

/// The maximum number of events in a run; a long run has a hundredth of them. A driver that takes events endlessly
/// would stop virtual time: it is stopped instead.
const EVENTS_MAX: u32 = 1_000_000;

impl Run {
    fn new(case: &Case, mutant: Option<Mutant>) -> Self {
        let world = World::new(Arc::new(MemoryStore::new()), mutant);
        let coverage = Arc::new(Mutex::new(Coverage::default()));
        let (seen, books, mut events) = (coverage.clone(), world.clone(), 0);
        saga_runtime::test::observe(move |state, event| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).came(state, event);
            events += 1;
            if events > EVENTS_MAX {
                books.books().wrong(Rule::Ends, format!("{} takes events without end", state.id()));
                panic!("sim: no saga takes so many events");
            }
        });
        let (tell, news) = mpsc::unbounded_channel();
        let referee = Referee::new(world.clone(), mutant);
        let stage = Arc::new(Stage::new(referee, mutant, coverage.clone(), tell));
        let fleet = Fleet::new(case, world.clone(), stage.clone());
        let people = People { world: world.clone(), stage: stage.clone(), fleet: fleet.clone() };
        let ids = (0..case.sagas.len()).filter_map(|n| SagaId::new(&format!("saga-{n}")).ok());
        let is_stale = |event: &Event| matches!(event.what, What::Store(_, Trouble::Stale, _));
        let reads_stale = case.events.iter().any(is_stale);
        let jumps = case.events.iter().any(|event| matches!(event.what, What::Clock(_)));
        let is_held_up = |event: &Event| matches!(event.what, What::Stall(..) | What::Store(..));
        let (stalls, sagas) = (case.events.iter().any(is_held_up), ids.collect());
        Run { world, stage, fleet, people, coverage, sagas, reads_stale, jumps, stalls, news }
    }

    async fn play(mut self, case: &Case) -> Report {
        for seat in 0..self.fleet.len() {
            self.fleet.start(seat).await;
        }
        for (number, plan) in case.sagas.iter().enumerate() {
            tokio::spawn(begin(self.fleet.clone(), self.sagas[number].clone(), plan.clone(), number));
        }
        for event in &case.events {
            self.arrange(event);
        }
        let times = case.events.iter().map(|event| match event.when {
            When::At(ms) => ms,
            When::Write(_) => 0,
        });
        let over = Duration::from_millis(times.max().unwrap_or(0)) + SLACK;
        let all = sleep(over);
        tokio::pin!(all);
        loop {
            tokio::select! {
                biased;
                Some(what) = self.news.recv() => self.happens(what),
                () = &mut all => break,
            }
        }
        self.fleet.calm().await;
        self.end().await;
        self.report().await
    }

    fn arrange(&self, event: &Event) {
        match (event.when, write_of(event.when)) {
            (_, Some(write)) => self.stage.at_write(write, event.what.clone()),
            (When::At(ms), _) => {
                let (what, later) = (event.what.clone(), self.later());
                tokio::spawn(async move {
                    sleep(Duration::from_millis(ms)).await;
                    later.happens(what).await;
                });
            }
            _ => {}
        }
    }

    fn happens(&self, what: What) {
        let later = self.later();
        tokio::spawn(async move { later.happens(what).await });
    }

    fn later(&self) -> Later {
        Later { fleet: self.fleet.clone(), people: self.people.clone(), sagas: self.sagas.clone() }
    }

    /// Ends all faults, and lets operators help: every saga must then end.
    async fn end(&mut self) {
        let mut tries = vec![0; self.sagas.len()];
        let (mut records, mut quiet) = (0, 0);
        for _ in 0..ROUNDS_MAX {
            let pause = sleep(ROUND);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    biased;
                    Some(what) = self.news.recv() => self.happens(what),
                    () = &mut pause => break,
                }
            }
            let (mut ended, mut seen) = (true, 0);
            for (saga, tries) in self.sagas.iter().zip(&mut tries) {
                seen += self.audit_at_rest(saga).await;
                ended &= self.people.help(saga, tries).await;
            }
            quiet = if seen == records { quiet + 1 } else { 0 };
            records = seen;
            if quiet == ROUNDS || ended && self.world.books().is_air_clear() {
                return;
            }
        }
    }

    /// Audits a dead letter for which no delivery is waiting, like an end. Returns the number of its records.
    async fn audit_at_rest(&self, saga: &SagaId) -> usize {
        let journal = self.world.journal(saga).await;
        let records = journal.len();
        let Ok(state) = State::of(saga.clone(), &journal) else { return records };
        if state.phase() != Phase::DeadLettered || !self.world.books().is_air_clear() {
            return records;
        }
        let wrongs = audit(&self.world.books(), saga, &journal);
        wrongs.into_iter().for_each(|wrong| self.world.books().wrong(wrong.rule, wrong.what));
        self.is_listed(saga, &state).await;
        records
    }

    /// Checks that a saga at rest is listed as it is. After stale reads this is not checked: a worker may have listed
    /// what it read, which a correct store would not have returned.
    async fn is_listed(&self, saga: &SagaId, state: &State) {
        if self.reads_stale {
            return;
        }
        let Ok(Some(summary)) = self.world.truth().summary(saga).await else { return };
        if summary.status.phase != state.phase() {
            let what = format!("{saga} is {}, and listed as {}", state.phase(), summary.status.phase);
            self.world.books().wrong(Rule::Ends, what);
        }
    }

    async fn report(self) -> Report {
        let mut story = String::new();
        for saga in &self.sagas {
            let journal = self.world.journal(saga).await;
            let Ok(state) = State::of(saga.clone(), &journal) else {
                self.world.books().wrong(Rule::Sound, format!("the journal of {saga} cannot be read"));
                continue;
            };
            {
                let mut coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
                coverage.dead_lettered(&journal);
                coverage.ended(state.phase());
            }
            if state.phase().is_ended() {
                self.is_listed(saga, &state).await;
            } else {
                let what = format!("{saga} is {} for ever", state.phase());
                self.world.books().wrong(Rule::Ends, what);
            }
            let wrongs = audit(&self.world.books(), saga, &journal);
            wrongs.into_iter().for_each(|wrong| self.world.books().wrong(wrong.rule, wrong.what));
            let waiting = self.world.truth().undelivered(saga).await.unwrap_or_default();
            let (words, waiting) =
                (self.stage.referee.words(saga), waiting.iter().map(|waiting| waiting.id).collect());
            let heard = Heard { words: &words, waiting: &waiting, jumps: self.jumps, stalls: self.stalls };
            let wrongs = timely(saga, &journal, &heard);
            wrongs.into_iter().for_each(|wrong| self.world.books().wrong(wrong.rule, wrong.what));
            story.push_str(&format!("{saga}:\n"));
            for entry in &journal {
                let at = entry.at.0 - saga_runtime::test::BEGINNING.0;
                story.push_str(&format!("  {} {at} ms {:?}\n", entry.seq, entry.record));
            }
        }
        let books = self.world.books();
        story.push_str("the books:\n");
        for (at, e) in books.effects.iter().enumerate() {
            story.push_str(&format!("  {at} {} {} {} {}\n", e.saga, e.site, e.role, e.step));
        }
        let mut hasher = DefaultHasher::new();
        story.hash(&mut hasher);
        let coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Report { wrongs: books.wrongs.clone(), coverage, trace: hasher.finish(), story }
    }
}

/// The shared handles of tasks that cause events.
struct Later {
    fleet: Fleet,
    people: People,
    sagas: Vec<SagaId>,
}

impl Later {
    async fn happens(&self, what: What) {
        match what {
            What::Act(number, act) => {
                let Some(saga) = self.sagas.get(number % self.sagas.len().max(1)) else { return };
                let seat = (number % 2 == 0).then_some(number);
                self.people.act(saga, act, seat).await;
            }
            what => self.fleet.suffer(what).await,
        }
    }
}

/// Starts a saga, with retries until it succeeds.
async fn begin(fleet: Fleet, id: SagaId, plan: Plan, number: usize) {
    sleep(Duration::from_millis(plan.at_ms)).await;
    for seat in number.. {
        if let Some(reached) = fleet.reach(seat) {
            let runs = async {
                let runtime = reached.runtime;
                match plan.urgent {
                    true => {
                        runtime.run(id.clone(), SagaCall::<urgent>::new(plan.program.clone())).await.map(drop)
                    }
                    false => runtime
                        .run(id.clone(), SagaCall::<program>::new(plan.program.clone()))
                        .await
                        .map(drop),
                }
            };
            let result = tokio::select! {
                biased;
                () = reached.gate.dies() => None,
                result = runs => Some(result),
            };
            match result {
                Some(Ok(())) => return,
                Some(Err(RunError::IdConflict { .. })) => panic!("a saga that is started again is another"),
                _ => {}
            }
        }
        sleep(Duration::from_millis(70)).await;
    }
}
