//! The simulation: several workers of the real runtime on one store, in virtual time, from one seed. Sagas are random
//! programs. Processes die, stop and wake, the store fails, clocks jump, and operators act; the outside world records
//! all effects. After each run these records are checked against the rules: see [`Rule`].
//!
//! What always holds: a run follows from its [`Case`] alone, and a case from its seed. A failure can therefore be
//! repeated and shrunk. Not part of what users depend on.
//!
//! ```
//! let report = saga_sim::run(&saga_sim::generate(7), None);
//! assert_eq!(report.wrongs, []);
//! ```

mod audit;
mod books;
mod case;
mod clock;
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
mod rule;
mod run;
mod shrink;
mod sweep;
mod timely;
mod world;

pub use case::{Act, Case, Event, Plan, Trouble, What, When};
pub use coverage::Coverage;
pub use generate::generate;
pub use mutant::Mutant;
pub use program::{Deed, Fate, Fates, Kind, Op, Program};
pub use rule::{Rule, Wrong};
pub use run::{Report, run};
pub use shrink::shrink;
pub use sweep::{Failure, Sweep, sweep};
