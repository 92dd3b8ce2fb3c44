//! The call of a step, or what a test makes of it.

use std::any::{Any, TypeId};

use saga_core::{Codecs, Payload};

use crate::author::error::{Failure, Never, StepError};
use crate::author::step::Step;
use crate::replay::erased::Call;
use crate::value::class::Class;
use crate::value::interference::{AnyAttempt, Calling};
use crate::value::made_up::TEXT;
use crate::value::recorded::{decode, encode};
use crate::value::samples::{Failing, Samples};
use crate::value::step_context::StepContext;

/// Calls the step, unless a test interferes.
pub(super) async fn run<S: Step>(with: Call<'_>, input: S::Input) -> Result<S::Output, S::Error> {
    let Some(interference) = &with.around.interference else { return S::run(with.cx, input).await };
    let mut attempt = Attempt::<S> { cx: with.cx, input: Some(input), again: None, result: None };
    if let Some(interfered) = interference.attempt(&mut attempt) {
        interfered.await;
    } else if let Some(input) = attempt.input.take() {
        return S::run(with.cx, input).await;
    }
    attempt.result.expect("what interferes gives a result, or does not return")
}

/// An attempt that is about to begin.
struct Attempt<'a, S: Step> {
    cx: &'a StepContext,
    /// `None` once the step was called.
    input: Option<S::Input>,
    /// The input, for another call.
    again: Option<Payload>,
    result: Option<Result<S::Output, S::Error>>,
}

impl<S: Step> AnyAttempt for Attempt<'_, S> {
    fn step(&self) -> &'static str {
        S::NAME
    }

    fn context(&self) -> &StepContext {
        self.cx
    }

    fn call(&mut self) -> Calling<'_, bool> {
        Box::pin(async move {
            let again = self.again.take().and_then(|payload| decode(&Codecs::default(), &payload).ok());
            let Some(input) = self.input.take().or(again) else { return false };
            self.again = encode(&input).ok();
            let result = S::run(self.cx, input).await;
            self.result.insert(result).is_ok()
        })
    }

    fn fail(&mut self, classes: &[Class], samples: &Samples) -> bool {
        self.result = error::<S::Error>(classes, samples).map(Err);
        self.result.is_some()
    }

    fn conclude(&mut self, samples: &Samples) -> bool {
        self.result = conclusive::<S::Error>(samples).map(Err);
        self.result.is_some()
    }
}

/// Returns a known error that is conclusive.
fn conclusive<E: StepError>(samples: &Samples) -> Option<E> {
    let is_one = |error: &E| error.class() == Class::Permanent && error.is_conclusive();
    // A recorded `Failure` no longer says that it is.
    let failure: Box<dyn Any> = Box::new(Failure::permanent(TEXT).conclusive());
    samples.of(&E::RECORDED).find(is_one).or_else(|| failure.downcast().ok().map(|failure| *failure))
}

/// Returns a known error of one of these classes, the first preferred.
fn error<E: StepError>(classes: &[Class], samples: &Samples) -> Option<E> {
    let of = |class: &Class| samples.of(&E::RECORDED).find(|error: &E| error.class() == *class);
    classes.iter().find_map(of)
}

/// Returns which errors of a step are known.
pub(super) fn failing<E: StepError>(samples: &Samples) -> Failing {
    Failing {
        never: TypeId::of::<E>() == TypeId::of::<Never>(),
        lasting: error::<E>(&[Class::Permanent, Class::Transient], samples).is_some(),
        transient: error::<E>(&[Class::Transient], samples).is_some(),
        conclusive: conclusive::<E>(samples).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::value::recorded::{Recording, values};

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    enum Inner {
        #[error("{what} {code}")]
        Busy { what: String, code: u16 },
        #[error("gone")]
        Gone,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    enum Outer {
        #[error("lost")]
        Lost,
        #[error(transparent)]
        Inner(Inner),
    }

    impl StepError for Outer {
        const RECORDED: Recording<Self> = Recording::new();

        fn class(&self) -> Class {
            match self {
                Outer::Lost => Class::InDoubt,
                Outer::Inner(Inner::Busy { .. }) => Class::Transient,
                Outer::Inner(Inner::Gone) => Class::Permanent,
            }
        }
    }

    #[test]
    fn every_variant_is_made_and_its_own_word_taken_for_what_it_means() {
        let busy = Inner::Busy { what: TEXT.to_owned(), code: 1 };
        assert_eq!(values::<Outer>(), [Outer::Lost, Outer::Inner(busy), Outer::Inner(Inner::Gone)]);
        let samples = Samples::default();
        assert_eq!(error(&[Class::Permanent], &samples), Some(Outer::Inner(Inner::Gone)));
        assert_eq!(
            failing::<Outer>(&samples),
            Failing { never: false, lasting: true, transient: true, conclusive: false }
        );
        assert_eq!(
            failing::<Failure>(&samples),
            Failing { never: false, lasting: true, transient: true, conclusive: true }
        );
        assert_eq!(
            failing::<Never>(&samples),
            Failing { never: true, lasting: false, transient: false, conclusive: false }
        );
    }

    #[test]
    fn what_is_given_comes_first() {
        let mut samples = Samples::default();
        samples.give(&Failure::RECORDED, &Failure::permanent("sold out"));
        let lasting = error(&[Class::Permanent, Class::Transient], &samples);
        assert_eq!(lasting, Some(Failure::permanent("sold out")));
        let transient = error::<Failure>(&[Class::Transient], &samples);
        assert_eq!(transient.map(|e| e.to_string()).as_deref(), Some(TEXT));
    }
}
