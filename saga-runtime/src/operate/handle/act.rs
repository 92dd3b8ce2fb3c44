//! An act on a saga: what is asked of it, with options, and its delivery.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use saga_core::machine::Delivery;
use saga_core::{Payload, SitePath};
use serde::Serialize;

use super::any::AnyHandle;
use super::error::ActError;

/// An act on a saga. Nothing happens before it is awaited; then it is delivered, and the answer is awaited.
///
/// Some acts have an option, of which one can be given: [`at`](Act::at) names one of several sites.
///
/// ```
/// # use saga::prelude::*;
/// #[saga]
/// async fn expense(amount: u32) -> Result<u32, Failure> {
///     all((approve("Does Ann agree?"), approve("Does Bob agree?"))).await?;
///     Ok(amount)
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<expense>().start().await.unwrap();
/// # let handle = runtime.run("expense-1", expense(120)).await.unwrap();
/// # while handle.phase().await.unwrap() != saga::Phase::Waiting { tokio::task::yield_now().await; }
/// handle.approve(By::new("Ann", "it is in the budget")).at("all.0/approve").await.unwrap();
/// handle.deny(By::new("Bob", "it is not in mine")).at("all.1/approve").await.unwrap();
/// # assert!(handle.outcome().await.unwrap().is_rolled_back());
/// # });
/// ```
///
/// A second option does not compile: it would take the place of the first.
///
/// ```compile_fail,E0599
/// # use saga::prelude::*;
/// # async fn mend(letter: &saga::AnyHandle) {
/// letter.redrive(By::new("Ann", "typo")).with_input("pay", &300).at("pay").await.unwrap();
/// # }
/// ```
///
/// **Cancel safety**: if it is dropped once it was polled, it may or may not have been delivered. A repeat under the same
/// id ([`By::with_act`](saga_core::By::with_act)) gets the answer of the first.
///
/// # Errors
/// [`ActError`].
#[must_use = "an act does nothing until it is awaited"]
pub struct Act<K = Plain> {
    handle: AnyHandle,
    /// Or why a value with it has no JSON form. `None` once it is sent.
    delivery: Option<Result<Delivery, ActError>>,
    sent: Option<BoxFuture<'static, Result<(), ActError>>>,
    kind: PhantomData<fn() -> K>,
}

/// Marks acts without options.
#[derive(Debug)]
pub enum Plain {}
/// Marks answers to a question.
#[derive(Debug)]
pub enum Answering {}
/// Marks redrives of a dead letter.
#[derive(Debug)]
pub enum Redriving {}
/// Marks undos of a completed saga.
#[derive(Debug)]
pub enum Undoing {}

impl<K> Act<K> {
    pub(super) fn new(handle: &AnyHandle, delivery: Result<Delivery, ActError>) -> Self {
        Self { handle: handle.clone(), delivery: Some(delivery), sent: None, kind: PhantomData }
    }

    pub(super) fn with(self, change: impl FnOnce(Delivery) -> Delivery) -> Self {
        Self { delivery: self.delivery.map(|delivery| delivery.map(change)), ..self }
    }

    /// Returns the act with its option. It has no other: a second one would take the place of the first in silence.
    fn option(self, change: impl FnOnce(Delivery) -> Delivery) -> Act {
        let Self { handle, delivery, sent, .. } = self.with(change);
        Act { handle, delivery, sent, kind: PhantomData }
    }
}

impl Act<Answering> {
    /// Answers the question at that site. Without it there has to be one open question.
    pub fn at(self, site: impl Into<SitePath>) -> Act {
        let named = Some(site.into());
        self.option(|delivery| match delivery {
            Delivery::Answer { approved, by, .. } => Delivery::Answer { site: named, approved, by },
            other => other,
        })
    }
}

impl Act<Redriving> {
    /// Sends on only what is blocked at that site. Without it all that is blocked is sent on.
    pub fn at(self, site: impl Into<SitePath>) -> Act {
        self.only(site.into(), None)
    }

    /// Sends on what is blocked at that site, with another input: an object of the step's parameters, or JSON of that
    /// shape. A secret may be given as it was shown, `{"$redacted": n}`: then the recorded one is kept.
    ///
    /// The act fails with [`Refusal::Unusable`](saga_core::machine::Refusal::Unusable) if the input is not of the step's
    /// type.
    pub fn with_input<T: Serialize>(self, site: impl Into<SitePath>, input: &T) -> Act {
        match self.handle.encode(input) {
            Ok(input) => self.only(site.into(), Some(input)),
            Err(error) => Act::new(&self.handle, Err(error)),
        }
    }

    fn only(self, at: SitePath, mended: Option<Payload>) -> Act {
        self.option(|delivery| match delivery {
            Delivery::Redrive { by, .. } => Delivery::Redrive { site: Some(at), input: mended, by },
            other => other,
        })
    }
}

impl Act<Undoing> {
    /// Undoes the step or child at that site, and all that happened after it, and no more. Without it the whole saga is
    /// undone.
    pub fn back_to(self, site: impl Into<SitePath>) -> Act {
        let first = Some(site.into());
        self.option(|delivery| match delivery {
            Delivery::Undo { by, .. } => Delivery::Undo { site: first, by },
            other => other,
        })
    }
}

impl<K> Future for Act<K> {
    type Output = Result<(), ActError>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(delivery) = this.delivery.take() {
            let handle = this.handle.clone();
            this.sent = Some(Box::pin(async move { handle.deliver(delivery?).await.map(drop) }));
        }
        match &mut this.sent {
            Some(sent) => sent.as_mut().poll(task),
            None => Poll::Pending,
        }
    }
}

impl<K> std::fmt::Debug for Act<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Act").field(&self.handle).finish()
    }
}
