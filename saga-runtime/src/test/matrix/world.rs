//! The world that a saga acts on in a test.

use std::fmt;

use crate::operate::runtime::Builder;

/// What a saga acts on in a test: an in-memory stand-in for the services that its steps call.
///
/// It must keep their contracts: honour idempotency keys, and never let an effect land later that a probe denied.
pub trait World: Send + Sync + 'static {
    /// The observable content. It must include all effects of a saga, and exclude what differs between two equal runs.
    /// Examples of the latter are sequential numbers, or things that were held and released again.
    type Seen: PartialEq + fmt::Debug;

    /// Gives the steps their resources. Called again after each crash, on the same world.
    fn resources(&self, builder: Builder) -> Builder;

    /// Returns the observable content.
    fn look(&self) -> Self::Seen;
}
