//! The conformance suite for implementations of [`Store`]: one async function for each promise of the contract. A
//! function panics where a store breaks its promise, with what was observed. Speed is not tested, and nothing here
//! needs an async runtime.
//!
//! # For the author of a store
//! Implement [`Place`], where stores of your kind live, and [`Factory`], which returns an empty place. Then make each
//! promise a test of its own, in a file under `tests/`:
//!
//! ```
//! use std::sync::Arc;
//! use saga_core::{MemoryStore, conformance::{Factory, Place}, store::Store};
//!
//! struct Memory;
//!
//! #[async_trait::async_trait]
//! impl Factory for Memory {
//!     async fn place(&self) -> Box<dyn Place> { Box::new(Shelf(Arc::default())) }
//! }
//!
//! /// A memory store forgets what it held when it is dropped: so the place keeps it.
//! struct Shelf(Arc<MemoryStore>);
//!
//! #[async_trait::async_trait]
//! impl Place for Shelf {
//!     async fn open(&self) -> Arc<dyn Store> { self.0.clone() }
//!     fn takes_many_workers(&self) -> bool { true }
//! }
//!
//! saga_core::conformance_tests!(Memory);
//! # fn main() {}
//! ```
//!
//! or run them all from one async test: `run_all(&Memory).await`. [`block_on`] serves tests without a runtime. The
//! times that the suite passes to a store are artificial, near 1970. A store that uses its own clock must accept
//! another clock. [`Faulty`] loses answers on purpose, for tests of code that uses a store.

mod append;
mod claim;
mod death;
mod desk;
mod faulty;
mod fence;
mod inbox;
mod lease;
mod namespace;
mod purge;
mod query;
pub mod records;
mod repeat;
mod restart;
mod wake;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use async_trait::async_trait;

pub use faulty::{Fault, Faulty};

use crate::store::Store;

/// A source of empty places.
#[async_trait]
pub trait Factory: Send + Sync {
    /// Returns a place that no store has used yet. Dropping it deletes its data.
    async fn place(&self) -> Box<dyn Place>;
}

/// The place where the data of one test lives: a file, a database, a process.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens the store at this place, with everything that was ever made durable in it. Opening it again while it is
    /// open must look like another process. The suite restarts a store by dropping every handle without `leave`, as if
    /// the process had been killed, and opening it again.
    async fn open(&self) -> Arc<dyn Store>;

    /// Returns true if several workers may have joined at a time. If false, the suite requires that a second is
    /// refused.
    fn takes_many_workers(&self) -> bool;
}

/// The future that checks one promise.
pub type Checking<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One promise of the contract.
#[derive(Clone, Copy)]
pub struct Promise {
    /// The name of the function that checks it.
    pub name: &'static str,
    /// The function that checks it.
    pub check: for<'a> fn(&'a dyn Place) -> Checking<'a>,
}

macro_rules! promises {
    ($d:tt $($module:ident :: { $($name:ident),* $(,)? })*) => {
        $($(pub use $module::$name;)*)*

        /// All promises of a store, in the order in which they are checked.
        pub const PROMISES: &[Promise] = &[$($({
            fn check(place: &dyn Place) -> Checking<'_> {
                Box::pin($module::$name(place))
            }
            Promise { name: stringify!($name), check }
        }),*),*];

        /// Makes each promise a `#[test]` of its own, for the store of this [`Factory`](crate::conformance::Factory).
        #[macro_export]
        macro_rules! conformance_tests {
            ($d factory:expr) => {
                $($(
                    #[test]
                    fn $name() {
                        $crate::conformance::block_on(async {
                            let place = $crate::conformance::Factory::place(&$d factory).await;
                            $crate::conformance::$name(&*place).await;
                        });
                    }
                )*)*
            };
        }
    };
}

promises! { $
    append::{
        a_saga_is_created_with_its_first_records,
        a_saga_that_exists_is_not_created_again,
        a_creation_without_a_status_creates_nothing,
        records_follow_each_other_without_gaps,
        an_append_is_applied_whole_or_not_at_all,
        an_append_to_an_unknown_saga_is_refused,
        one_refused_append_does_not_touch_the_others,
        appends_to_one_saga_in_one_batch_are_applied_in_order,
        an_append_without_records_knows_the_journal,
        an_empty_batch_changes_nothing,
        every_kind_of_record_is_kept_as_it_was,
        large_records_are_kept_as_they_were,
        ids_that_look_alike_are_different_sagas,
    }
    fence::{
        every_claim_has_a_fresh_epoch,
        an_epoch_is_over_when_it_is_released,
        an_epoch_is_over_when_another_claim_began,
        an_epoch_that_never_was_is_refused,
        an_epoch_holds_whatever_the_clock_says,
        a_worker_that_left_writes_nothing,
    }
    repeat::{
        a_repeated_append_is_applied_once,
        a_repeated_batch_with_two_appends_to_one_saga_is_applied_once,
        a_repeated_creation_is_applied_once,
        a_repeated_creation_that_was_released_is_applied_once,
        a_repeated_release_is_applied_once,
        a_repeated_status_does_not_undo_what_came_later,
        a_repeat_after_the_next_claim_is_fenced,
        a_repeated_refusal_is_the_same_refusal,
        other_records_in_the_same_place_are_no_repeat,
        a_creation_by_another_worker_is_no_repeat,
        a_claim_whose_answer_was_lost_is_listed,
    }
    inbox::{
        deliveries_wait_in_order_until_they_are_taken,
        deliveries_leave_with_the_append_that_takes_them,
        a_refused_append_takes_no_deliveries,
        deliveries_to_sagas_that_are_not_held_are_not_shown,
        a_delivery_to_an_unknown_saga_is_refused,
        a_delivery_makes_a_saga_claimable,
        a_delivery_to_a_held_saga_makes_it_claimable_once_released,
        a_delivery_that_was_seen_in_vain_is_no_reason_to_claim_again,
        every_kind_of_delivery_is_kept_as_it_was,
        deliveries_are_seen_by_whoever_asks,
    }
    claim::{
        what_is_due_is_claimed_and_what_is_not_is_announced,
        what_is_held_is_not_claimed,
        what_waits_longest_is_claimed_first,
        claiming_in_small_portions_starves_nobody,
        a_delivery_waits_since_it_came,
        only_wanted_types_are_claimed,
        a_saga_without_a_wake_is_never_due,
        a_clock_that_went_back_makes_nobody_wait_longer,
        one_saga_is_claimed_of_whatever_type_it_is,
        a_claim_gives_the_status_as_written,
        a_claim_alone_changes_no_status,
        a_thousand_sagas_are_claimed_once_each,
    }
    death::{
        a_claim_that_was_never_released_counts_as_died,
        a_claim_that_was_released_does_not_count,
        a_status_with_fewer_deaths_is_believed,
        a_quarantined_saga_is_given_only_if_wanted,
        of_the_quarantined_one_is_given_at_a_time,
        a_quarantined_saga_loses_no_delivery,
        suspects_with_deaths_that_are_held_back_are_left_out,
        the_last_death_counts_for_the_claim,
        a_suspect_that_was_left_out_is_found_by_a_clock_that_went_back,
    }
    namespace::{
        a_key_namespace_is_recorded_once,
    }
    lease::{
        a_second_worker_is_refused_or_shares,
        workers_have_fresh_numbers,
        a_lease_that_ends_gives_its_sagas_to_others,
        a_lease_that_is_renewed_does_not_end,
        a_worker_without_a_lease_claims_nothing,
        leaving_twice_changes_nothing,
        what_a_worker_holds_is_listed,
    }
    wake::{
        a_delivery_wakes,
        a_delivery_through_another_handle_wakes,
        a_delivery_before_the_wait_is_not_lost,
        a_release_with_a_delivery_waiting_wakes,
        a_release_wakes_other_workers,
        waiting_comes_to_rest,
        a_wait_that_was_dropped_loses_nothing,
    }
    restart::{
        journals_and_status_survive_a_restart,
        the_inbox_survives_a_restart,
        what_was_held_is_claimable_after_a_restart,
        epochs_from_before_a_restart_are_over,
        wakes_survive_a_restart,
        deaths_survive_a_restart,
        sequence_goes_on_after_a_restart,
        a_long_history_is_read_in_pages,
    }
    query::{
        an_unknown_saga_has_nothing,
        pages_give_every_saga_once_oldest_first,
        page_sizes_have_limits,
        filters_give_what_they_say,
        a_summary_says_when_and_whether_held,
        every_status_is_kept_as_it_was,
    }
    purge::{
        what_ended_before_is_purged,
        what_has_not_ended_is_spared,
        what_could_be_undone_is_spared_unless_asked_for,
        what_is_held_or_has_deliveries_is_spared,
        a_purged_saga_leaves_nothing_behind,
    }
}

/// Checks every promise, each at a place of its own, and prints each name.
///
/// # Panics
/// At the end, naming the broken promises. What was observed of each is printed before that.
pub async fn run_all(factory: &dyn Factory) {
    let mut broken = Vec::new();
    for promise in PROMISES {
        let place = factory.place().await;
        let mut checking = (promise.check)(&*place);
        // A broken promise panics; the others are still to be checked.
        let kept = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| checking.as_mut().poll(cx))) {
            Ok(poll) => poll.map(|()| true),
            Err(_) => Poll::Ready(false),
        });
        let kept = kept.await;
        println!("{} {}", if kept { "kept  " } else { "BROKEN" }, promise.name);
        if !kept {
            broken.push(promise.name);
        }
    }
    assert!(broken.is_empty(), "{} of {} promises are broken: {broken:?}", broken.len(), PROMISES.len());
}

/// The time after which a test counts as hanging.
const HANGS_AFTER: Duration = Duration::from_secs(60);

struct Wakes(Thread);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, for tests that have no runtime.
///
/// # Panics
/// If nothing wakes the future for a minute.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Wakes(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        let waiting = Watch::start();
        std::thread::park_timeout(HANGS_AFTER);
        assert!(!waiting.ran_out(), "nothing woke the future for {HANGS_AFTER:?}");
    }
}

/// Real time, only to detect a test that hangs.
struct Watch(std::time::Instant);

impl Watch {
    #[allow(clippy::disallowed_methods)]
    fn start() -> Self {
        Watch(std::time::Instant::now())
    }

    fn ran_out(&self) -> bool {
        self.0.elapsed() >= HANGS_AFTER
    }
}
