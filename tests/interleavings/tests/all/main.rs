//! What waits is woken, and what is put in is taken once, in each order of the operations. loom reports a wait that is
//! never woken as a deadlock.

#[allow(unreachable_pub, reason = "it is public in its crate")]
#[path = "../../../../saga-core/src/bell.rs"]
mod bell;
#[allow(dead_code, reason = "the runtime uses more of it")]
mod drive;
#[allow(dead_code, reason = "the runtime uses more of it")]
mod value;

/// What `saga-core` has under this path.
mod sync {
    pub(crate) use loom::sync::Mutex;
}

use std::sync::Arc;

use loom::future::block_on;
use loom::model::Builder;
use loom::thread;
use saga_core::machine::Delivery;
use saga_core::store::{DeliveryId, Waiting};
use saga_core::{By, SagaId, Timestamp};

use bell::Bell;
use drive::ack_slot::AckSlot;
use drive::mailbox::Mailbox;
use drive::replies::Replies;
use value::stopping::Stopping;
use value::sync::{AtomicU64, Ordering};

/// Runs `what` in each order of its operations in which a thread is interrupted twice at most: with more, the orders of
/// three threads take hours, and few faults need more.
fn explored(what: impl Fn() + Sync + Send + 'static) {
    let mut orders = Builder::new();
    orders.preemption_bound = Some(2);
    orders.check(what);
}

fn waiting(id: u64) -> Waiting {
    let delivery = Delivery::Cancel { by: By::new("a", "b") };
    Waiting { id: DeliveryId(id), saga: SagaId::new("a").expect("it is an id"), at: Timestamp(0), delivery }
}

#[test]
fn a_driver_gets_all_that_is_put_into_its_mailbox() {
    explored(|| {
        let mailbox = Arc::new(Mailbox::default());
        let senders: Vec<_> = [1, 2]
            .map(|id| {
                let mailbox = mailbox.clone();
                thread::spawn(move || mailbox.put(waiting(id)))
            })
            .into();
        let mut got = Vec::new();
        while got.len() < 2 {
            block_on(mailbox.news());
            got.extend(mailbox.take().into_iter().map(|waiting| waiting.id.0));
        }
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
}

#[test]
fn a_worker_looks_again_for_each_ring_that_comes_after_its_look() {
    explored(|| {
        let (bell, work) = (Arc::new(Bell::default()), Arc::new(AtomicU64::new(0)));
        let stores: Vec<_> = [(); 2]
            .map(|()| {
                let (bell, work) = (bell.clone(), work.clone());
                thread::spawn(move || {
                    work.fetch_add(1, Ordering::AcqRel);
                    bell.ring();
                })
            })
            .into();
        while work.load(Ordering::Acquire) < 2 {
            block_on(bell.rung());
        }
        stores.into_iter().for_each(|store| store.join().unwrap());
    });
}

#[test]
fn a_driver_gets_the_answer_to_each_of_its_appends() {
    explored(|| {
        let slot = Arc::new(AckSlot::default());
        for answer in [1, 2] {
            let committer = {
                let slot = slot.clone();
                thread::spawn(move || slot.put(answer))
            };
            assert_eq!(block_on(slot.taken()), answer);
            committer.join().unwrap();
        }
    });
}

#[test]
fn a_step_that_waits_for_a_stop_is_told_of_it() {
    explored(|| {
        let stopping = Arc::new(Stopping::default());
        let driver = {
            let stopping = stopping.clone();
            thread::spawn(move || stopping.ask(true))
        };
        block_on(stopping.asked());
        assert!(stopping.is_asked());
        driver.join().unwrap();
    });
}

#[test]
fn an_answer_comes_to_its_delivery_also_before_that_has_its_number() {
    explored(|| {
        let replies = Arc::new(Replies::default());
        let mut expected = replies.expect();
        let driver = {
            let replies = replies.clone();
            thread::spawn(move || replies.answer(DeliveryId(1), 7))
        };
        let reply = expected.under(DeliveryId(1));
        assert_eq!(block_on(reply), Ok(7));
        driver.join().unwrap();
    });
}

#[test]
fn the_answer_to_a_delivery_that_is_given_up_is_no_other_delivery_s() {
    explored(|| {
        let replies = Arc::new(Replies::default());
        let driver = {
            let replies = replies.clone();
            thread::spawn(move || {
                replies.answer(DeliveryId(1), 1);
                replies.answer(DeliveryId(2), 2);
            })
        };
        drop(replies.expect());
        let mut expected = replies.expect();
        let mut reply = expected.under(DeliveryId(2));
        driver.join().unwrap();
        // It may have come when none was expected: then it is not kept.
        assert!(matches!(reply.try_recv(), Ok(2) | Err(_)));
    });
}
