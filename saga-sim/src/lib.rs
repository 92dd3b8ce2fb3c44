//! The simulation: the real runtime, several workers of it on one store, in virtual time, from one seed. Sagas are random
//! programs; processes die, stop and wake, the store fails, clocks jump, people act; the world outside keeps books. After
//! each run the rules of SCENARIOS.md are held against those books.
//!
//! What always holds: a run follows from its [`Case`] alone, and a case from its seed; so what fails can be repeated, and
//! made smaller. Nothing of it is part of what users depend on.
//!
//! ```
//! let report = saga_sim::run(&saga_sim::generate(7), None);
//! assert_eq!(report.wrongs, []);
//! ```

mod audit;
mod books;
mod case;
mod coverage;
mod crowd;
mod draw;
mod fleet;
mod gate;
mod generate;
mod interpret;
mod mutant;
mod operator;
mod port;
mod program;
mod referee;
mod run;
mod shrink;
mod steps;
mod sweep;
mod timely;
mod world;

pub use books::{Rule, Wrong};
pub use case::{Act, Case, Event, Plan, Trouble, What, When};
pub use coverage::Coverage;
pub use generate::generate;
pub use mutant::Mutant;
pub use program::{Deed, Fate, Fates, Kind, Op, Program};
pub use run::{Report, run};
pub use shrink::shrink;
pub use sweep::{Failure, Sweep, sweep};
