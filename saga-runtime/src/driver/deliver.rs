//! How a driver takes what people want of its saga: each delivery once, evaluated by code where it needs to be, then
//! taken to the machine as any event is.

use saga_core::Receipt;
use saga_core::machine::{Delivery, Event};
use saga_core::store::Waiting;

use super::{Driver, Reply};
use crate::body::lock;
use crate::delivery::{check_mended_input, evaluate};

impl Driver {
    /// Takes a delivery, once.
    pub(super) fn deliver(&mut self, waiting: Waiting) {
        if !self.seen.insert(waiting.id) {
            return;
        }
        self.stay.begins();
        let reply = self.deliver_to_machine(waiting.delivery);
        if let Err(refusal) = &reply {
            tracing::info!(saga = %waiting.saga, %refusal, "a delivery was refused");
        }
        self.taken.push(waiting.id);
        self.replies.push((waiting.id, reply));
    }

    fn deliver_to_machine(&mut self, delivery: Delivery) -> Reply {
        let evaluated = {
            let board = lock(&self.board);
            check_mended_input(&self.engine, &board.state, &delivery)?;
            evaluate(&self.engine, &board.state, &delivery)?
        };
        let restarts = matches!(delivery, Delivery::Redrive { .. } | Delivery::Resolve { .. });
        let is_cancel = matches!(delivery, Delivery::Cancel { .. });
        self.decide(Event::Delivered { delivery, evaluated }, self.now)?;
        if restarts {
            // What it was waiting for may have changed under it: it runs over the journal again.
            self.body = None;
        }
        Ok(is_cancel.then(|| Box::new(Receipt::of(&lock(&self.board).state))))
    }
}
