//! Fills a registry: steps and sagas enter it by their types.

use std::any::TypeId;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use saga_core::graph::Graph;
use saga_core::machine::BodyEnd;
use saga_core::{Payload, Reason};

use crate::author::saga::Saga;
use crate::author::step::Step;
use crate::drive::attempt::TypedStep;
use crate::replay::board::{SharedBoard, lock};
use crate::replay::context::SagaContext;
use crate::replay::erased::AnySaga;
use crate::replay::exit::Exit;
use crate::replay::polled::with_context;
use crate::replay::registry::{NewSaga, Registry};
use crate::value::panics::drop_quietly;
use crate::value::recorded::Recording;
use crate::value::text::text_of;

impl Registry {
    /// Registers a step, and the steps that it names.
    pub fn step<S: Step>(&mut self) {
        self.add_step(S::NAME, TypeId::of::<S>(), TypedStep::<S>::STEP, S::related);
    }

    /// Registers a saga, the steps at its sites, and the sagas that it calls.
    pub fn saga<S: Saga>(&mut self) {
        self.add_saga(new::<S>());
    }

    /// Registers a saga that another one calls.
    pub fn child<S: Saga>(&mut self) {
        self.add_child(new::<S>());
    }
}

fn new<S: Saga>() -> NewSaga {
    NewSaga {
        name: S::NAME,
        saga: Arc::new(TypedSaga::<S>(PhantomData)),
        is_undoable: S::UNDOABLE,
        register: S::register,
    }
}

struct TypedSaga<S>(PhantomData<fn() -> S>);

impl<S: Saga> AnySaga for TypedSaga<S> {
    fn type_key(&self) -> TypeId {
        TypeId::of::<S>()
    }

    fn version(&self) -> u32 {
        S::VERSION
    }

    fn graph(&self) -> Option<&'static Graph> {
        S::GRAPH
    }

    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::value::recorded::Shapes {
        crate::value::recorded::Shapes::of::<S::Input, S::Output, S::Error>(&Recording::new())
    }

    fn body(&self, board: SharedBoard, input: Payload) -> Pin<Box<dyn Future<Output = BodyEnd> + Send>> {
        Box::pin(async move {
            let cx = SagaContext::driving(board.clone(), input, S::GRAPH);
            let exit = with_context(cx.clone(), S::body(cx)).await;
            let encoding = &lock(&board).around.encoding;
            match exit {
                Exit::Done(output) => {
                    let recorded = encoding.encode_output(&output);
                    drop_quietly("the saga's output", output);
                    match recorded {
                        Ok(output) => BodyEnd::Returned(output),
                        Err(lost) => {
                            let detail = format!("the saga's output: {}", lost.why);
                            BodyEnd::Blocked(Reason::OutputLost, None, detail)
                        }
                    }
                }
                Exit::Failed(error) => {
                    let end =
                        BodyEnd::Failed(encoding.encode_error(&Recording::new(), &error), text_of(&error));
                    drop_quietly("the saga's error", error);
                    end
                }
            }
        })
    }
}
