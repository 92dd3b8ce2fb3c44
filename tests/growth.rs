//! The cost of one more branch of an `all`, turn of a loop, signal, compensation or child does not grow with their
//! number. Counted are allocations, allocated bytes, and sites visited, not time, in sagas of 100, 1,000 and 10,000;
//! `cargo xtask bench scale` shows the time. Only builds with debug assertions count sites.
//!
//! Apart from `tests/all`, because it has an allocator of its own.
// A saga drops a failure by `let _ =`.
#![allow(clippy::unwrap_used, clippy::let_underscore_must_use, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use saga::prelude::*;
use saga::state::looked;
use saga::{Saga, SagaCall, state::State};
use tokio::sync::Semaphore;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
    /// Lets steps end one at a time.
    static TURNSTILE: &'static Semaphore = Box::leak(Box::new(Semaphore::new(0)));
}

// SAFETY: it counts, and leaves the rest to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        BYTES.set(BYTES.get() + layout.size() as u64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[step(compensate = strike(n), idempotent)]
async fn note(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[step(retriable, idempotent)]
async fn strike(_n: u32) -> Result<(), Failure> {
    Ok(())
}

async fn one_at_a_time() {
    TURNSTILE.with(|turnstile| *turnstile).acquire().await.unwrap().forget();
}

/// Ends only once the turnstile lets it through.
#[step(compensate = strike(n), idempotent, timeout = "1h")]
async fn queue(n: u32) -> Result<u32, Failure> {
    one_at_a_time().await;
    Ok(n)
}

#[step(readonly, timeout = "1h")]
async fn look_slowly(n: u32) -> Result<u32, Failure> {
    one_at_a_time().await;
    Ok(n)
}

#[step(compensate = queue_back(n), idempotent)]
async fn note_slowly(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[step(retriable, idempotent, timeout = "1h")]
async fn queue_back(_n: u32) -> Result<(), Failure> {
    one_at_a_time().await;
    Ok(())
}

#[step(compensate = strike_at_second_try(n), idempotent)]
async fn note_with_trouble(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[step(retriable, idempotent, retry(attempts = 3, backoff = "1s..60s"))]
async fn strike_at_second_try(cx: &StepContext, _n: u32) -> Result<(), Failure> {
    match cx.attempt() {
        1 => Err(Failure::transient("busy")),
        _ => Ok(()),
    }
}

#[step(compensate = strike(n), idempotent)]
async fn fail(n: u32) -> Result<u32, Failure> {
    Err(Failure::permanent(format!("{n} is enough")))
}

#[saga(version = 1)]
async fn wide(n: u32) -> Result<(), Failure> {
    all((0..n).map(note)).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_limited(n: u32) -> Result<(), Failure> {
    all((0..n).map(queue)).limit(10).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_apart(n: u32) -> Result<(), Failure> {
    all((0..n).map(queue)).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_reads_apart(n: u32) -> Result<(), Failure> {
    all((0..n).map(look_slowly)).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_back(n: u32) -> Result<(), Failure> {
    all((0..n).map(note)).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_back_apart(n: u32) -> Result<(), Failure> {
    all((0..n).map(note_slowly)).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn wide_back_with_trouble(n: u32) -> Result<(), Failure> {
    all((0..n).map(note_with_trouble)).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn long_back(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        note(i).await?;
    }
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn pairs_back(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        all((note(i), note(i))).await?;
    }
    fail(n).await?;
    Ok(())
}

#[saga(version = 1, undoable)]
async fn child(n: u32) -> Result<(), Failure> {
    note(n).await?;
    fail(n).await?;
    Ok(())
}

#[saga(version = 1)]
async fn children_fail(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        let _ = child(i).await;
    }
    Ok(())
}

#[saga(version = 1)]
async fn children_fail_at_once(n: u32) -> Result<(), Failure> {
    let _ = all((0..n).map(child)).await;
    Ok(())
}

#[saga(version = 1)]
async fn signals(n: u32) -> Result<(), Failure> {
    let _ = all((0..n).map(|_| signal::<u32>("go"))).await;
    Ok(())
}

#[saga(version = 1)]
async fn sleeps(n: u32) -> Result<(), Failure> {
    let _ = all((0..n).map(|i| sleep(std::time::Duration::from_secs(u64::from(i))))).await;
    Ok(())
}

#[saga(version = 1)]
async fn long_then_waits(n: u32) -> Result<(), Failure> {
    for i in 0..n {
        note(i).await?;
    }
    signal::<u32>("go").await;
    Ok(())
}

/// The counts.
#[derive(Debug, Clone, Copy)]
struct Cost {
    allocations: f64,
    bytes: f64,
    sites: f64,
}

/// Returns the cost of one of `size`, counted from the end of `prepare`.
fn cost(size: u32, run: impl AsyncFnOnce(&Runtime, u32, &dyn Fn()), capped: bool) -> Cost {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let builder = Runtime::builder(MemoryStore::new());
        let builder = if capped { builder } else { builder.compensations_max(usize::MAX) };
        let builder = builder.saga::<wide>().saga::<wide_limited>().saga::<wide_apart>();
        let builder = builder.saga::<wide_reads_apart>().saga::<wide_back>().saga::<wide_back_apart>();
        let builder = builder.saga::<wide_back_with_trouble>().saga::<long_back>().saga::<pairs_back>();
        let builder = builder.saga::<children_fail>().saga::<children_fail_at_once>().saga::<signals>();
        let builder = builder.saga::<sleeps>().saga::<long_then_waits>();
        let runtime = builder.step::<note>().step::<look_slowly>().step::<queue>().start().await.unwrap();
        let begin = Cell::new([0; 3]);
        let now = || [ALLOCATIONS.get(), BYTES.get(), looked::sites()];
        begin.set(now());
        run(&runtime, size, &|| begin.set(now())).await;
        let (from, to) = (begin.get(), now());
        runtime.shutdown().await;
        let each = |of: usize| (to[of] - from[of]) as f64 / f64::from(size);
        Cost { allocations: each(0), bytes: each(1), sites: each(2) }
    })
}

/// Checks that one of 10,000 costs at most half as much again as one of 100, or of 1,000.
fn does_not_grow(what: &str, run: impl AsyncFn(&Runtime, u32, &dyn Fn()), capped: bool) {
    let [few, more, many] = [100, 1000, 10_000].map(|size| cost(size, &run, capped));
    println!("{what}: {few:.1?} {more:.1?} {many:.1?}");
    let grows = |of: fn(&Cost) -> f64| of(&many) > 1.5 * of(&few).min(of(&more)) + 0.5;
    let found = (grows(|c| c.allocations), grows(|c| c.bytes), grows(|c| c.sites));
    assert_eq!(found, (false, false, false), "{what}: (allocations, bytes, sites) of {few:?}, {many:?}");
}

/// Runs one to its end; lets `through` of its steps through, one after another.
async fn ends<S: Saga>(runtime: &Runtime, call: SagaCall<S>, through: u32) {
    let handle = runtime.run("a", call).await.unwrap();
    let feeder = tokio::spawn(feed(through));
    let outcome = handle.outcome().await.unwrap();
    assert!(outcome.is_completed() || outcome.is_rolled_back());
    feeder.await.unwrap();
}

async fn feed(through: u32) {
    let turnstile = TURNSTILE.with(|turnstile| *turnstile);
    for _ in 0..through {
        turnstile.add_permits(1);
        while turnstile.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // Wait for the step's end, and for the commit that records it.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}

#[test]
fn a_branch() {
    does_not_grow("all", async |runtime, n, _| ends(runtime, wide(n), 0).await, true);
    does_not_grow("all, limited", async |runtime, n, _| ends(runtime, wide_limited(n), n).await, true);
    does_not_grow("all, ends apart", async |runtime, n, _| ends(runtime, wide_apart(n), n).await, true);
    does_not_grow("reads, apart", async |runtime, n, _| ends(runtime, wide_reads_apart(n), n).await, true);
}

#[test]
fn a_branch_that_is_undone() {
    for capped in [true, false] {
        does_not_grow("all, back", async |runtime, n, _| ends(runtime, wide_back(n), 0).await, capped);
        let apart = async |runtime: &Runtime, n, _: &dyn Fn()| ends(runtime, wide_back_apart(n), n).await;
        does_not_grow("all, back apart", apart, capped);
    }
}

#[test]
fn a_branch_that_is_undone_at_the_second_try() {
    for capped in [true, false] {
        let run =
            async |runtime: &Runtime, n, _: &dyn Fn()| ends(runtime, wide_back_with_trouble(n), 0).await;
        does_not_grow("all, back with trouble", run, capped);
    }
}

#[test]
fn a_turn() {
    does_not_grow("loop, back", async |runtime, n, _| ends(runtime, long_back(n), 0).await, true);
    does_not_grow("loop of all, back", async |runtime, n, _| ends(runtime, pairs_back(n), 0).await, true);
}

#[test]
fn a_child_that_fails() {
    does_not_grow("children", async |runtime, n, _| ends(runtime, children_fail(n), 0).await, true);
    let at_once = async |runtime: &Runtime, n, _: &dyn Fn()| ends(runtime, children_fail_at_once(n), 0).await;
    does_not_grow("children at once", at_once, true);
}

#[test]
fn a_signal() {
    let run = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let handle = runtime.run("a", signals(n)).await.unwrap();
        begin();
        for id in 0..n {
            handle.signal("go", &id.to_string(), &id).await.unwrap();
        }
        assert!(handle.outcome().await.unwrap().is_completed());
    };
    does_not_grow("signals", run, true);
}

#[test]
fn a_sleep() {
    does_not_grow("sleeps", async |runtime, n, _| ends(runtime, sleeps(n), 0).await, true);
}

#[test]
fn a_step_of_a_journal_that_is_read() {
    let reload = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let handle = runtime.run("a", long_then_waits(n)).await.unwrap();
        while runtime.running() > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        let journal = handle.journal().await.unwrap();
        begin();
        drop(State::of("a".parse().unwrap(), &journal).unwrap());
        handle.signal("go", "1", &1).await.unwrap();
        assert!(handle.outcome().await.unwrap().is_completed());
    };
    does_not_grow("reload", reload, true);
}

#[test]
fn a_branch_that_is_undone_later() {
    let undo = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let handle = runtime.run("a", wide(n)).await.unwrap();
        assert!(handle.outcome().await.unwrap().is_completed());
        begin();
        assert_eq!(handle.undo_plan().await.unwrap().entries.len(), n as usize);
        handle.undo(By::new("Ann", "all of it")).await.unwrap();
        while runtime.running() > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        assert!(handle.undo_plan().await.unwrap().entries.is_empty());
    };
    does_not_grow("undo", undo, true);
}

async fn session(runtime: &Runtime) -> saga::Session {
    runtime.session("a").unwrap().calls_max(u32::MAX).open().await.unwrap()
}

#[test]
fn a_call_in_a_session() {
    let calls = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let session = session(runtime).await;
        begin();
        for i in 0..n {
            session.call(note(i)).await.unwrap();
        }
    };
    does_not_grow("calls", calls, true);
    let reads = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let session = session(runtime).await;
        TURNSTILE.with(|turnstile| *turnstile).add_permits(n as usize);
        begin();
        for i in 0..n {
            session.call(look_slowly(i)).await.unwrap();
        }
    };
    does_not_grow("calls without effect", reads, true);
    let at_once = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let session = std::sync::Arc::new(session(runtime).await);
        begin();
        let mut calls = tokio::task::JoinSet::new();
        for i in 0..n {
            let session = session.clone();
            calls.spawn(async move { session.call(queue(i)).await.unwrap() });
        }
        feed(n).await;
        assert_eq!(calls.join_all().await.len(), n as usize);
    };
    does_not_grow("calls at once", at_once, true);
}

#[test]
fn a_repeat_in_a_session() {
    let repeats = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let session = session(runtime).await;
        for i in 0..n {
            session.call(note(i)).await.unwrap();
        }
        let records = session.handle().journal().await.unwrap().len();
        begin();
        for i in 0..n {
            session.call(note(i)).await.unwrap();
        }
        assert_eq!(session.handle().journal().await.unwrap().len(), records, "a repeat is not recorded");
    };
    does_not_grow("repeats", repeats, true);
}

#[test]
fn a_call_in_a_session_that_is_undone() {
    let back = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let session = session(runtime).await;
        for i in 0..n {
            session.call(note(i)).await.unwrap();
        }
        begin();
        assert!(session.roll_back("enough").await.unwrap().is_rolled_back());
    };
    does_not_grow("calls, back", back, true);
}

#[test]
fn the_journal_of_a_session_grows_by_its_calls() {
    let bytes = |n: u32| {
        let mut bytes = 0.0;
        let run = async |runtime: &Runtime, n, _: &dyn Fn()| {
            let session = session(runtime).await;
            for i in 0..n {
                session.call(note(10_000 + i)).await.unwrap();
            }
            let journal = session.handle().journal().await.unwrap();
            let texts = journal.iter().map(|entry| serde_json::to_string(&entry.record).unwrap().len());
            bytes = texts.sum::<usize>() as f64 / f64::from(n);
        };
        cost(n, run, true);
        bytes
    };
    let (few, many) = (bytes(100), bytes(10_000));
    println!("bytes for each call: {few:.1} of 100, {many:.1} of 10,000");
    // The number in a site has more digits.
    assert!(many < few + 8.0, "{few} {many}");
}

#[test]
fn a_branch_that_is_cancelled_in_flight() {
    let cancel = async |runtime: &Runtime, n, begin: &dyn Fn()| {
        let handle = runtime.run("a", wide_apart(n)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        begin();
        let cancelled = handle.cancel(By::new("Ann", "too many")).await.unwrap();
        let feeder = tokio::spawn(feed(n));
        assert_eq!(cancelled.settled().await.unwrap().phase, saga::Phase::RolledBack);
        feeder.await.unwrap();
    };
    does_not_grow("cancel", cancel, true);
}
