//! What steps take by reference: clients, pools, configuration. Found by type; checked when a runtime starts.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::panics::drop_quietly;

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
    /// None yet.
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

    /// The resource of type `T`.
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
    /// The last to drop them may be a worker: one that panics takes neither it nor the others with it.
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
    /// A resource of type `T`.
    pub fn of<T: ?Sized + Send + Sync + 'static>() -> Self {
        Self { id: TypeId::of::<T>(), type_name: type_name::<T>() }
    }
}
