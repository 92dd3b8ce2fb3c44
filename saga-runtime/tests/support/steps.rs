//! The steps of the kit, one of each kind. A call is labelled by step and item, `"hold flight"`; its site is the item,
//! so that each item stands once in a saga.

use saga_core::Role;
use saga_runtime::*;
use serde::{Deserialize, Serialize};

use super::world::{Call, Known, Undoes, World};

/// What every step takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// What it is about.
    pub item: String,
    /// Of what undoes or probes: the id of what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Item {
    /// That item.
    pub fn new(item: &str) -> Self {
        Self { item: item.to_owned(), id: None }
    }
}

impl World {
    pub(crate) async fn step(
        &self,
        cx: &StepContext,
        name: &str,
        input: Item,
        known: Known,
    ) -> Result<String, Failure> {
        let label = format!("{name} {}", input.item);
        let undoes = input.id.filter(|_| cx.role() == Role::Undo).map(|id| match name {
            "call_off" => Undoes::IfThere(id),
            _ => Undoes::This(id),
        });
        self.call(cx, &label, Call { known, undoes }).await
    }
}

step!(
    /// Undone by `release`; three attempts; the service knows its key.
    hold: Compensated, Fallible, Keyed, ByKey; attempts 3; by release
);
step!(
    /// Undoes `hold`; the service knows its key. Three attempts.
    release: Auxiliary, Retriable, Keyed, ByKey; attempts 3
);
step!(
    /// Undone by `unset`; has no key, and does no harm when repeated. One attempt.
    set: Compensated, Fallible, Idempotent, ByNature; by unset
);
step!(
    /// Undoes `set`, by its nature once.
    unset: Auxiliary, Retriable, Idempotent, ByNature; attempts 3
);
step!(
    /// Nothing undoes it; one attempt; `find` says whether it happened.
    charge: Irreversible, Fallible, Keyed, ByKey; probe find
);
step!(
    /// Nothing undoes it; one attempt, and run again under its key when it is in doubt.
    post: Irreversible, Fallible, Keyed, ByKey
);
step!(
    /// Nothing undoes it; retried until it succeeds, three times.
    mail: Irreversible, Retriable, Keyed, ByKey; attempts 3
);
step!(
    /// Undone by `release`; has a probe; one attempt.
    book: Compensated, Fallible, Keyed, ByKey; by release; probe find
);
step!(
    /// Undone by `release`; a repeat does harm, so that a person is asked when it is in doubt.
    stamp: Compensated, Fallible, Harmful, NotAtAll; by release
);
step!(
    /// Undone by `release`; in doubt it is called off by its key.
    reserve: Compensated, Fallible, Keyed, ByKey; by release; call_off call_off
);
step!(
    /// Calls off what may or may not have landed.
    call_off: Auxiliary, Retriable, Keyed, ByKey; attempts 3
);

/// Whether a keyed call happened.
#[allow(non_camel_case_types)]
pub enum find {}
impl Step for find {
    const NAME: &'static str = "find";
    type Input = Item;
    type Output = Probe<String>;
    type Error = Failure;
    type Undo = undo::Readonly;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, input: Item) -> Result<Probe<String>, Failure> {
        let world = cx.resource::<World>();
        world.look(&format!("find {}", input.item)).await?;
        Ok(world.probe(&input.id.unwrap_or_default()))
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<World>()]
    }
}

/// Looks at the item: a readonly step that gives how often it has looked. Three attempts.
#[allow(non_camel_case_types)]
pub enum look {}
impl Step for look {
    const NAME: &'static str = "look";
    const RETRY: saga_core::policy::Retry =
        saga_core::policy::Retry { attempts: 3, ..saga_core::policy::Retry::RETRIABLE };
    type Input = Item;
    type Output = String;
    type Error = Failure;
    type Undo = undo::Readonly;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, input: Item) -> Result<String, Failure> {
        cx.resource::<World>().look(&format!("look {}", input.item)).await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<World>()]
    }
}

calls!(hold, set, charge, post, mail, book, stamp, reserve, look);
