//! A step that may be offered to agents.

use crate::author::step::ForwardStep;
use crate::tools::described::Describing;

/// A step that may be offered to agents, in a [`Toolbox`](crate::Toolbox). `#[step(tool, …)]` writes it; by hand it
/// stands beside `impl Step`:
///
/// ```
/// use saga_runtime::*;
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # pub struct Greet { name: String }
/// # pub enum greet {}
/// # impl Step for greet {
/// #     const NAME: &'static str = "greet";
/// #     type Input = Greet;
/// #     type Output = String;
/// #     type Error = Failure;
/// #     type Undo = undo::Readonly;
/// #     type Effort = effort::Fallible;
/// #     type Repeat = repeat::Idempotent;
/// #     async fn run(_cx: &StepContext, input: Greet) -> Result<String, Failure> {
/// #         Ok(format!("Hello, {}", input.name))
/// #     }
/// # }
///
/// impl Tool for greet {
///     const DESCRIPTION: &'static str = "Greets a guest by name.";
///     const IDEMPOTENT: bool = true;
///     fn describe(to: &mut Describing) {
///         to.takes::<Greet>();
///         to.gives::<String>();
///     }
/// }
/// # assert_eq!(Toolbox::new().offer::<greet>().tools().count(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not offered to agents [SG1104]",
    label = "this step does not say `tool` [SG1104]",
    note = "why: a tool is described to a language model, and only a step that says so has a description",
    note = "fix: `#[step(tool, …)]` on `{Self}`"
)]
pub trait Tool: ForwardStep {
    /// Its purpose, and when to call it, for a language model.
    const DESCRIPTION: &'static str;
    /// True if two calls do the same as one.
    const IDEMPOTENT: bool;

    /// Says which types it takes and gives.
    fn describe(to: &mut Describing);
}
