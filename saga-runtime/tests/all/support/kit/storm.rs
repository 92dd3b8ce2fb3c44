//! Crashes everywhere: one saga is run repeatedly, and the process dies at each of its durable writes, before or after
//! it, and once more during the recovery. Each time the world must agree in the end.

use saga_runtime::{Handle, Outcome, Saga, SagaCall};

use super::{Builder, Phase, Reason, Side, TestRuntime, World, started};

/// A crash: the number of the durable write, and the side of it.
pub type Crash = (u64, Side);

/// A saga in a world, to be crashed.
pub struct Storm<S: Saga> {
    /// The name in messages.
    pub name: String,
    /// Makes the world, with its scripted faults.
    pub world: Box<dyn Fn() -> World>,
    /// The accepted reasons for a dead letter, before an operator resolves it.
    pub may_dead_letter: &'static [Reason],
    /// Makes the call.
    pub call: fn() -> SagaCall<S>,
}

/// The result of one run.
#[derive(Debug)]
pub struct Run {
    /// The saga's last phase.
    pub phase: Phase,
    /// The number of durable writes.
    pub writes: u64,
    /// The number of crashes that occurred.
    pub crashes: usize,
    /// The world after the run.
    pub world: World,
}

impl<S: Saga> Storm<S> {
    /// Returns a saga in a world without faults.
    pub fn new(
        name: impl Into<String>,
        call: fn() -> SagaCall<S>,
        world: impl Fn() -> World + 'static,
    ) -> Self {
        Self { name: name.into(), world: Box::new(world), may_dead_letter: &[], call }
    }

    /// Sets the accepted reasons for a dead letter.
    pub fn may_dead_letter(mut self, reasons: &'static [Reason]) -> Self {
        self.may_dead_letter = reasons;
        self
    }

    /// Runs it with a crash at every write; `check` sees each run.
    pub async fn once(&self, check: impl Fn(&Run)) {
        let calm = self.run(&[]).await;
        check(&calm);
        for crash in crashes(1, calm.writes) {
            check(&self.run(&[crash]).await);
        }
    }

    /// Runs it with a crash at every write, and another at every write of the recovery.
    pub async fn twice(&self, check: impl Fn(&Run)) {
        let calm = self.run(&[]).await;
        for first in crashes(1, calm.writes) {
            for second in crashes(first.0 + 1, u64::MAX) {
                let run = self.run(&[first, second]).await;
                check(&run);
                if run.crashes < 2 {
                    break;
                }
            }
        }
    }

    /// Runs it to its end, with these crashes.
    pub async fn run(&self, crashes: &[Crash]) -> Run {
        let world = (self.world)();
        let mut test = started(&world, |b: Builder| b.saga::<S>()).await;
        let mut left = crashes.iter();
        arm(&test, left.next());
        let mut come = 0;
        let at = format!("{} with crashes at {crashes:?}", self.name);
        let handle = loop {
            tokio::select! {
                biased;
                () = test.crashed() => {}
                handle = self.to_the_end(&test, &world, &at) => break handle,
            }
            come += 1;
            test.crash().await.unwrap();
            arm(&test, left.next());
        };
        world.clear_air().await;
        let wrongs = world.audit(handle.any()).await;
        let journal = handle.journal().await.unwrap();
        let records: Vec<String> = journal.iter().map(|e| format!("{} {:?}", e.seq, e.record)).collect();
        assert!(wrongs.is_empty(), "{at}: {wrongs:#?}\n{}", records.join("\n"));
        let phase = handle.phase().await.unwrap();
        assert!(phase.is_ended(), "{at}: {phase}");
        Run { phase, writes: test.writes(), crashes: come, world }
    }
}

impl<S: Saga> Storm<S> {
    /// Runs it until it has ended, with an operator's help if needed. The process may die at any moment.
    async fn to_the_end(&self, test: &TestRuntime, world: &World, at: &str) -> Handle<S> {
        let handle = test.run("s", (self.call)()).await.unwrap();
        if let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() {
            for stop in &letter.seen().blockers {
                assert!(self.may_dead_letter.contains(&stop.reason), "{at}: {letter}");
            }
            let wrongs = world.audit(handle.any()).await;
            assert!(wrongs.is_empty(), "{at}, dead-lettered: {wrongs:#?}\n{letter}");
            world.mend(handle.any()).await;
        }
        handle
    }
}

fn arm(test: &TestRuntime, crash: Option<&Crash>) {
    if let Some((write, side)) = crash {
        test.crash_at(*write, *side);
    }
}

fn crashes(from: u64, to: u64) -> impl Iterator<Item = Crash> {
    (from..=to).flat_map(|write| [(write, Side::Before), (write, Side::After)])
}
