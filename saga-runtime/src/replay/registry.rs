//! The steps and sagas that a runtime knows, by recorded name, their types forgotten. Filled before it starts; nothing
//! is global.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use saga_core::{Catalog, Kind, Policy};

use crate::replay::erased::{AnySaga, AnyStep};
use crate::replay::signals::SignalTypes;
use crate::value::resources::{Need, Resources};
use crate::value::text::text_of;

/// The recorded name of the type of all sessions.
pub(crate) const SESSION: &str = "session";

/// The steps and sagas that a runtime knows.
#[derive(Default)]
pub struct Registry {
    steps: HashMap<&'static str, Registered, RandomState>,
    sagas: BTreeMap<&'static str, Arc<dyn AnySaga>>,
    /// Sagas that are only called by others.
    children: Vec<&'static str>,
    /// The code of sessions; `None` if they have no steps to call.
    session: Option<Arc<dyn AnySaga>>,
    clashes: Vec<Clash>,
    /// The sagas that promise to be undoable and whose sites are being registered.
    promising: Vec<&'static str>,
    pub(crate) signals: SignalTypes,
}

/// What cannot be, whatever else is registered.
#[derive(Clone)]
enum Clash {
    Name {
        what: &'static str,
        name: &'static str,
    },
    Promise {
        saga: &'static str,
        what: &'static str,
    },
    Reserved,
    #[cfg(feature = "tools")]
    Tool(Refused),
}

/// A tool that is not offered.
#[cfg(feature = "tools")]
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    Repeated { name: &'static str },
    Schema { name: &'static str, at: String, why: String },
}

impl From<Clash> for StartError {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::Name { what, name } => StartError::NameClash { what, name },
            Clash::Reserved => StartError::ReservedName { name: SESSION },
            Clash::Promise { saga, what } => StartError::NotUndoable { saga, what },
            #[cfg(feature = "tools")]
            Clash::Tool(Refused::Repeated { name }) => StartError::ToolRepeated { name },
            #[cfg(feature = "tools")]
            Clash::Tool(Refused::Schema { name, at, why }) => StartError::ToolSchema { name, at, why },
        }
    }
}

struct Registered {
    step: &'static dyn AnyStep,
    type_id: TypeId,
}

/// A saga to be added to a registry.
pub(crate) struct NewSaga {
    pub(crate) name: &'static str,
    pub(crate) saga: Arc<dyn AnySaga>,
    /// Whether it promises that no step in it is irreversible.
    pub(crate) is_undoable: bool,
    /// Registers what its body calls.
    pub(crate) register: fn(&mut Registry),
}

/// A [`Witness`](crate::Witness), with its type erased.
pub trait AnyWitness: Send + Sync {
    /// Returns the place of its call in the saga's automaton, and what registers the steps of it.
    fn registration(&self) -> (Option<usize>, fn(&mut Registry));
}

/// Why a runtime does not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A step takes a resource that was not registered.
    #[error(
        "step {step} takes `&{type_name}`, and no resource of that type was registered (a client is, by \
         `.resource(…)` of the builder; a value to be recorded is taken without `&`)"
    )]
    MissingResource {
        /// The recorded name of the step.
        step: String,
        /// The type behind the `&`.
        type_name: &'static str,
    },
    /// Two different steps, or two different sagas, have one recorded name.
    #[error("two {what}s are named {name:?}")]
    NameClash {
        /// `step` or `saga`.
        what: &'static str,
        /// The recorded name that both have.
        name: &'static str,
    },
    /// A saga has the recorded name of all sessions.
    #[error("a saga is named {name:?}, which is the name of all sessions; give it another, by `name = …`")]
    ReservedName {
        /// The name.
        name: &'static str,
    },
    /// The body of a saga awaits two things at one site.
    #[error("saga {saga} has two sites named {site:?}")]
    SiteClash {
        /// The recorded name of the saga.
        saga: &'static str,
        /// The site that both have.
        site: String,
    },
    /// A saga promises to be undoable, and calls something that is not.
    #[error("saga {saga} is declared `undoable`, and {what} in it cannot be undone")]
    NotUndoable {
        /// The recorded name of the saga.
        saga: &'static str,
        /// The irreversible step, or the saga that does not promise it.
        what: &'static str,
    },
    /// A toolbox offers a tool twice.
    #[cfg(feature = "tools")]
    #[error("tool {name} is offered twice: leave one `.offer::<{name}>()` out")]
    ToolRepeated {
        /// Its name.
        name: &'static str,
    },
    /// The schema of what a tool takes says what is not checked.
    #[cfg(feature = "tools")]
    #[error("the schema of what tool {name} takes: at {}, {why}", if .at.is_empty() { "its top" } else { .at })]
    ToolSchema {
        /// Its name.
        name: &'static str,
        /// Where in the schema, as words of it.
        at: String,
        /// What is not checked.
        why: String,
    },
    /// Neither a saga nor a step was registered: there is nothing to run.
    #[error("no saga was registered, and no step for sessions to call")]
    NoSagas,
    /// The text that was given as the key namespace is not one.
    #[error(transparent)]
    InvalidKeyNamespace(#[from] saga_core::InvalidKeyNamespace),
    /// The keys of the store are in another namespace.
    #[error(
        "the keys of this store are in the namespace `{recorded}`, and the runtime was built with {}",
        .given.as_ref().map_or("none".to_owned(), |given| format!("`{given}`"))
    )]
    KeyNamespace {
        /// The namespace of the store.
        recorded: saga_core::KeyNamespace,
        /// The namespace that the runtime was built with; `None` if none was given.
        given: Option<saga_core::KeyNamespace>,
    },
    /// The store could not be joined.
    #[error(transparent)]
    Store(#[from] saga_core::store::StoreError),
}

impl Registry {
    /// Adds a step; `related` registers the steps that it names.
    pub(crate) fn add_step(
        &mut self,
        name: &'static str,
        type_id: TypeId,
        step: &'static dyn AnyStep,
        related: fn(&mut Self),
    ) {
        self.hold_to_promises(name, step.policy().kind == Kind::Irreversible);
        if let Some(known) = self.steps.get(name) {
            if known.type_id != type_id {
                self.clashes.push(Clash::Name { what: "step", name });
            }
            return;
        }
        self.steps.insert(name, Registered { step, type_id });
        related(self);
    }

    /// Adds a saga that may be claimed.
    pub(crate) fn add_saga(&mut self, saga: NewSaga) {
        let name = saga.name;
        if self.add(saga) {
            self.children.retain(|child| *child != name);
        }
    }

    /// Adds a saga that another one calls.
    pub(crate) fn add_child(&mut self, saga: NewSaga) {
        let name = saga.name;
        self.hold_to_promises(name, !saga.is_undoable);
        let known = self.sagas.contains_key(name);
        if self.add(saga) && !known {
            self.children.push(name);
        }
    }

    fn add(&mut self, NewSaga { name, saga, is_undoable, register }: NewSaga) -> bool {
        if name == SESSION {
            self.clashes.push(Clash::Reserved);
        }
        if let Some(known) = self.sagas.get(name) {
            let same = known.type_key() == saga.type_key();
            if !same {
                self.clashes.push(Clash::Name { what: "saga", name });
            }
            return same;
        }
        self.sagas.insert(name, saga);
        // What a child promises is its own affair: the promises of its callers ask for that of the child.
        self.without_promises(|registry| {
            registry.promising.extend(is_undoable.then_some(name));
            register(registry);
        });
        true
    }

    /// Registers what breaks no promise of the sagas that are being registered.
    pub(crate) fn without_promises(&mut self, register: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.promising);
        register(self);
        self.promising = before;
    }

    fn hold_to_promises(&mut self, what: &'static str, breaks: bool) {
        let broken = self.promising.iter().filter(|_| breaks);
        self.clashes.extend(broken.map(|saga| Clash::Promise { saga, what }));
    }

    /// Refuses to start, because of a tool.
    #[cfg(feature = "tools")]
    pub(crate) fn refuse_tool(&mut self, refused: Refused) {
        self.clashes.push(Clash::Tool(refused));
    }

    pub(crate) fn find_step(&self, name: &str) -> Option<&'static dyn AnyStep> {
        self.steps.get(name).map(|r| r.step)
    }

    /// Returns the step of that name, with its name.
    pub(crate) fn find_named(&self, name: &str) -> Option<(&'static str, &'static dyn AnyStep)> {
        self.steps.get_key_value(name).map(|(name, registered)| (*name, registered.step))
    }

    /// Returns the saga of that name, if it may be claimed: not if others only call it.
    pub(crate) fn find_claimed(&self, name: &str) -> Option<&Arc<dyn AnySaga>> {
        self.find_saga(name).filter(|_| !self.children.contains(&name))
    }

    /// Returns all sagas, in the order of their names.
    #[cfg(feature = "test")]
    pub(crate) fn sagas(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn AnySaga>)> {
        self.sagas.iter().map(|(name, saga)| (*name, saga))
    }

    /// Returns all steps, in no order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&'static str, &'static dyn AnyStep)> {
        self.steps.iter().map(|(name, registered)| (*name, registered.step))
    }

    /// Returns the recorded names of all steps, in no order.
    pub(crate) fn step_names(&self) -> impl Iterator<Item = &'static str> {
        self.steps.keys().copied()
    }

    pub(crate) fn find_saga(&self, name: &str) -> Option<&Arc<dyn AnySaga>> {
        if name == SESSION { self.session.as_ref() } else { self.sagas.get(name) }
    }

    /// Sets the code of sessions.
    pub(crate) fn set_session(&mut self, session: Arc<dyn AnySaga>) {
        self.session = Some(session);
    }

    /// Returns the names of the sagas that may be claimed.
    pub(crate) fn saga_names(&self) -> Vec<saga_core::Name> {
        let sagas = self.sagas.keys().filter(|name| !self.children.contains(name)).copied();
        sagas.chain(self.session.as_ref().map(|_| SESSION)).map(Into::into).collect()
    }

    /// Refuses what cannot work, whatever there is of resources.
    pub(crate) fn check_names(&self) -> Result<(), StartError> {
        match self.clashes.last() {
            Some(clash) => Err(clash.clone().into()),
            None if self.sagas.is_empty() && self.session.is_none() => Err(StartError::NoSagas),
            None => Ok(()),
        }
    }

    /// Refuses what cannot work, before anything runs.
    pub(crate) fn check(&self, resources: &Resources) -> Result<(), StartError> {
        self.check_names()?;
        let mut steps: Vec<_> = self.steps.iter().collect();
        steps.sort_by_key(|(name, _)| **name);
        for (name, registered) in steps {
            let missing: Option<Need> = registered.step.needs().into_iter().find(|need| !resources.has(need));
            if let Some(need) = missing {
                return Err(StartError::MissingResource {
                    step: (*name).to_owned(),
                    type_name: need.type_name,
                });
            }
        }
        Ok(())
    }
}

impl Catalog for Registry {
    fn policy(&self, step: &str) -> Option<Policy> {
        self.find_step(step).map(|s| s.policy())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("steps", &self.steps.keys())
            .field("sagas", &self.sagas.keys())
            .finish()
    }
}

/// As text: what a `main` that returns it shows.
impl std::fmt::Debug for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text_of(self))
    }
}
