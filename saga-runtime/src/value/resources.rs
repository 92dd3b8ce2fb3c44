//! What steps take by reference: clients, pools, configuration. Found by type; checked when a runtime starts.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::value::panics::drop_quietly;
use crate::value::recorded::Recorded;

/// The resources of a runtime, by type.
///
/// ```
/// use saga_runtime::Resources;
/// struct Airline;
/// let resources = Resources::new().with(Airline);
/// assert!(resources.get::<Airline>().is_some());
/// ```
#[derive(Default, Clone)]
pub struct Resources {
    by_type: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Resources {
    /// Returns a set without resources.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; it replaces one of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(self, resource: T) -> Self {
        self.with_shared(Arc::new(resource))
    }

    /// Adds one that is shared, or that is known by a trait: `with_shared::<dyn Bank>(Arc::new(Sandbox))`.
    #[must_use]
    pub fn with_shared<T: ?Sized + Send + Sync + 'static>(mut self, resource: Arc<T>) -> Self {
        self.by_type.insert(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// Returns the resource of type `T`.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Option<&T> {
        self.by_type.get(&TypeId::of::<T>())?.downcast_ref::<Arc<T>>().map(|shared| &**shared)
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.by_type.contains_key(&need.id)
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resources({})", self.by_type.len())
    }
}

impl Drop for Resources {
    /// Drops each resource quietly. A worker may be the last to drop them: a panic of one must end neither the worker
    /// nor the others' drop.
    fn drop(&mut self) {
        self.by_type.drain().for_each(|(_, resource)| drop_quietly("a resource", resource));
    }
}

/// A resource that a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    id: TypeId,
    /// The name of its type.
    pub type_name: &'static str,
}

impl Need {
    /// Returns a resource of type `T`.
    pub fn of<T: ?Sized + Send + Sync + 'static>() -> Self {
        Self { id: TypeId::of::<T>(), type_name: type_name::<T>() }
    }
}

/// What a step takes by reference. A value that could be recorded is not that: its own [`Taken::need`] takes precedence
/// over that of [`AsResource`], and does not compile.
#[derive(Debug)]
pub struct Taken<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Taken<T> {
    /// Returns the marker of the type `T`.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// Implemented for nothing: what can be recorded is taken by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can be recorded, and `&` takes it as a resource [SG0216]",
    label = "recorded values are owned [SG0216]",
    note = "why: by reference a step takes what the runtime was given, such as a client; what it is called with is recorded, by value",
    note = "fix: leave the `&` out, so that it is of type `{Self}`; if it is a resource, such as a configuration, leave `Serialize` out, or wrap it in a type without it"
)]
pub trait NotRecorded {}

impl<T: Recorded> Taken<T> {
    /// Returns the need of the resource.
    pub fn need(self) -> Need
    where
        T: NotRecorded + Send + Sync,
    {
        Need::of::<T>()
    }
}

/// Of any other type there is nothing to say.
pub trait AsResource {
    /// Returns the need of the resource.
    fn need(self) -> Need;
}

impl<T: ?Sized + Send + Sync + 'static> AsResource for Taken<T> {
    fn need(self) -> Need {
        Need::of::<T>()
    }
}
