//! What a running attempt knows: where it stands, under which key, and whether the saga wants it to end.

use std::sync::{Arc, OnceLock};

use saga_core::{IdempotencyKey, KeyNamespace, Role, SagaId, SitePath};

use crate::value::resources::Resources;
use crate::value::stopping::Stopping;

/// A key that is made when it is asked for: most steps never do.
#[derive(Debug, Clone)]
pub(crate) struct LazyKey {
    namespace: Option<KeyNamespace>,
    generation: u32,
    made: OnceLock<IdempotencyKey>,
}

impl LazyKey {
    pub(crate) fn of(namespace: Option<KeyNamespace>, generation: u32) -> Self {
        Self { namespace, generation, made: OnceLock::new() }
    }
}

/// The context of one attempt of a step; a step takes it as `cx: &StepContext`.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(readonly)]
/// async fn render(cx: &StepContext, pages: u32) -> Result<u32, Failure> {
///     for page in 0..pages {
///         if cx.is_cancelled() {
///             return Err(Failure::permanent(format!("cancelled at page {page}")));
///         }
///         tokio::task::yield_now().await;
///     }
///     Ok(pages)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct StepContext {
    pub(crate) saga: SagaId,
    pub(crate) site: SitePath,
    pub(crate) role: Role,
    pub(crate) attempt: u32,
    pub(crate) key: LazyKey,
    pub(crate) resources: Arc<Resources>,
    pub(crate) stopping: Arc<Stopping>,
}

impl StepContext {
    /// Returns the context of a step called alone, in a unit test.
    pub fn alone(resources: &Resources, key: IdempotencyKey) -> Self {
        Self {
            saga: SagaId::new("alone").expect("the id is not empty"),
            site: SitePath::from("alone"),
            role: Role::Do,
            attempt: 1,
            key: LazyKey { namespace: None, generation: 0, made: OnceLock::from(key) },
            resources: Arc::new(resources.clone()),
            stopping: Arc::default(),
        }
    }

    /// Returns the saga's id.
    pub fn saga(&self) -> &SagaId {
        &self.saga
    }

    /// Returns where in the saga the step stands.
    pub fn site(&self) -> &SitePath {
        &self.site
    }

    /// Returns which attempt this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the side of the step that runs: the step itself, or its compensation.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the key under which services recognize a repeat.
    pub fn key(&self) -> &IdempotencyKey {
        let LazyKey { namespace, generation, made } = &self.key;
        made.get_or_init(|| {
            IdempotencyKey::of(namespace.as_ref(), &self.saga, &self.site, self.role, *generation)
        })
    }

    /// Returns the resource of type `T`.
    ///
    /// # Panics
    /// If it is missing, which [`Builder::start`](crate::Builder::start) rules out for what a step declares.
    pub fn resource<T: ?Sized + Send + Sync + 'static>(&self) -> &T {
        match self.resources.get::<T>() {
            Some(resource) => resource,
            None => panic!("no resource of type `{}` was registered", std::any::type_name::<T>()),
        }
    }

    /// Returns when the saga has been asked to stop: the attempt has the rest of its time to end by itself, and
    /// should end as done or not done if it can.
    ///
    /// **Cancel safety**: nothing is lost if this is dropped.
    pub async fn cancelled(&self) {
        self.stopping.asked().await;
    }

    /// Returns true if the saga has been asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.stopping.is_asked()
    }
}
