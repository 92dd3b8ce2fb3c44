//! Opens what an attempt is called with, and seals what it gave, once the codec can. An attempt waits for that before it
//! begins; after its effect it waits in any case, because the output is nowhere else.

use std::future::Future;

use saga_core::machine::Evaluated;
use saga_core::record::Lost;
use saga_core::{DecodeError, EncodeError, Payload, Role, Timestamp};

use crate::value::outages::{OutageWait, pause};
use crate::value::step_context::StepContext;
use crate::value::surroundings::Surroundings;
use crate::value::text::text_of;

/// The tries of one call of a codec.
#[derive(Default)]
struct Tries {
    count: u32,
    wait: Option<OutageWait>,
}

impl Tries {
    /// Waits for the next try.
    fn next(
        &mut self,
        cx: &StepContext,
        why: &str,
        around: &Surroundings,
    ) -> impl Future<Output = ()> + use<> {
        self.count += 1;
        self.wait.get_or_insert_with(|| around.outages.begin(&cx.saga, why));
        tokio::time::sleep(pause(self.count, u64::MAX))
    }
}

/// Returns the payload, opened.
pub(super) async fn opened(
    cx: &StepContext,
    payload: &Payload,
    around: &Surroundings,
) -> Result<Payload, DecodeError> {
    let mut tries = Tries::default();
    loop {
        match around.encoding.codecs.opened(payload) {
            Err(error) if error.is_transient() => tries.next(cx, &text_of(&error), around).await,
            done => return done,
        }
    }
}

/// Returns the input of an attempt, opened; `None` if the attempt may no longer begin: it is cancelled, or the service has
/// forgotten its key.
pub(super) async fn opened_to_begin(
    cx: &StepContext,
    input: &Payload,
    around: &Surroundings,
    key_until: Option<Timestamp>,
) -> Result<Option<Payload>, DecodeError> {
    let mut tries = Tries::default();
    loop {
        let error = match around.encoding.codecs.opened(input) {
            Err(error) if error.is_transient() => error,
            done => return done.map(Some),
        };
        tokio::select! {
            biased;
            () = cx.cancelled() => return Ok(None),
            () = tries.next(cx, &text_of(&error), around) => {}
        }
        if key_until.is_some_and(|until| until < around.clock.now()) {
            return Ok(None);
        }
    }
}

/// Returns what is recorded of a success, sealed.
pub(super) async fn sealed(cx: &StepContext, evaluated: Evaluated, around: &Surroundings) -> Evaluated {
    // A compensation's output is not recorded.
    if cx.role == Role::Undo || !around.encoding.codecs.is_sealing() {
        return evaluated;
    }
    let Evaluated { mut output, mut undo } = evaluated;
    if let Ok(plain) = &output {
        let sealed = seal(cx, plain, around).await.map_err(|error| text_of(&error));
        let sealed = sealed.and_then(|sealed| around.encoding.check_size(sealed, "the sealed output"));
        output = sealed.map_err(|why| Lost { why });
    }
    if let Some(Ok(call)) = &mut undo {
        match seal(cx, &call.input, around).await {
            Ok(sealed) => call.input = sealed,
            Err(error) => {
                undo = Some(Err(Lost { why: format!("the compensation's input: {}", text_of(&error)) }));
            }
        }
    }
    Evaluated { output, undo }
}

async fn seal(cx: &StepContext, plain: &Payload, around: &Surroundings) -> Result<Payload, EncodeError> {
    let mut tries = Tries::default();
    loop {
        match around.encoding.codecs.seal(plain.clone()) {
            Err(error) if error.is_transient() => tries.next(cx, &text_of(&error), around).await,
            done => return done,
        }
    }
}
