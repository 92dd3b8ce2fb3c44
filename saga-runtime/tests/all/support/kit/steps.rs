//! The steps of the kit, one of each kind. A call is labelled by step and item, `"hold flight"`. Its site is the item,
//! so each item occurs once in a saga.

use saga_core::Role;
use saga_runtime::*;
use serde::{Deserialize, Serialize};

use super::world::{Call, Known, Undoes, World};

/// The input of every step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// The item that it is about.
    pub item: String,
    /// Of a compensation or probe: the id of the effect it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Item {
    /// Returns that item.
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
    /// Undone by `unset`; has no key, and is idempotent. One attempt.
    set: Compensated, Fallible, Idempotent, ByNature; by unset
);
step!(
    /// Undoes `set`; idempotent.
    unset: Auxiliary, Retriable, Idempotent, ByNature; attempts 3
);
step!(
    /// Irreversible; one attempt; `find` is its probe.
    charge: Irreversible, Fallible, Keyed, ByKey; probe find
);
step!(
    /// Irreversible; one attempt; rerun under its key in doubt.
    post: Irreversible, Fallible, Keyed, ByKey
);
step!(
    /// Irreversible; retried until it succeeds, at most three times.
    mail: Irreversible, Retriable, Keyed, ByKey; attempts 3
);
step!(
    /// Undone by `release`; has a probe; one attempt.
    book: Compensated, Fallible, Keyed, ByKey; by release; probe find
);
step!(
    /// Undone by `release`; not idempotent: in doubt the saga is dead-lettered.
    stamp: Compensated, Fallible, Harmful, NotAtAll; by release
);
step!(
    /// Undone by `release`; in doubt it is undone by its key.
    reserve: Compensated, Fallible, Keyed, ByKey; by release; call_off call_off
);
step!(
    /// Undoes what may or may not have landed, by its key.
    call_off: Auxiliary, Retriable, Keyed, ByKey; attempts 3
);

/// Finds out whether a keyed call happened.
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
