//! Benchmark `compile`: how long the compiler takes to expand and type-check a saga of 50 different steps, each with its
//! compensation, and how long for the same code as plain async functions. Then the same of a program of many sagas,
//! which is built as well; see `many`.
//!
//! Measured is `cargo check` of the one crate, its dependencies being done, not incremental. The sides take turns, and
//! the median of each is compared. An empty crate with the same dependencies shows what of it is cargo itself.

mod many;
mod program;
mod workspace;

use super::form::median;
use program::{Outputs, Side, program};
use workspace::{Subject, Task, Workspace};

const STEPS: usize = 50;
const ROUNDS: usize = 9;
/// The times of the plain functions that the saga may take.
const RATIO_MAX: f64 = 3.0;

/// Runs the benchmark.
pub(super) fn run(json: bool) -> Result<(), String> {
    let (mut subjects, mut many) = (subjects(), many::subjects());
    let workspace = Workspace::write(subjects.iter().chain(&many))?;
    if !json {
        println!("checking what all depend on, in {}", workspace.folder().display());
    }
    workspace.run(Task::Check, None)?;
    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            workspace.rewrite(subject)?;
            let seconds = workspace.run(Task::Check, Some(subject.name))?;
            subject.seconds.push(seconds);
        }
    }
    let seconds: Vec<f64> = subjects.iter_mut().map(|subject| median(&mut subject.seconds)).collect();
    let [empty, plain, saga, plain_shared, saga_shared] = seconds[..] else {
        return Err("every subject has a median".to_owned());
    };
    for figure in [
        Figure { bench: "compile", saga, plain, empty },
        Figure { bench: "compile-shared", saga: saga_shared, plain: plain_shared, empty },
    ] {
        println!("{}", if json { figure.json() } else { figure.text() });
    }
    if !json {
        println!(
            "\n`cargo check` of the crate alone, medians of {ROUNDS} rounds in turns; allowed: {RATIO_MAX} times. In\n\
             `compile` each step gives a struct of its own, in `compile-shared` all give the same. How many lines a\n\
             step adds to the expansion: cargo test -p saga-macros --lib -- --nocapture lines\n"
        );
    }
    many::run(&workspace, &mut many, json)
}

fn subjects() -> Vec<Subject> {
    let library = |name, text| Subject::new(name, vec![("src/lib.rs".to_owned(), text)]);
    vec![
        library("empty", "use {saga as _, serde as _, thiserror as _, tokio as _};\n".to_owned()),
        library("plain", program(Side::Plain, Outputs::Own, STEPS)),
        library("saga-of", program(Side::Saga, Outputs::Own, STEPS)),
        library("plain-shared", program(Side::Plain, Outputs::Shared, STEPS)),
        library("saga-of-shared", program(Side::Saga, Outputs::Shared, STEPS)),
    ]
}

/// One line of the result.
struct Figure {
    bench: &'static str,
    saga: f64,
    plain: f64,
    empty: f64,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.saga / self.plain
    }

    /// Of what the compiler has to do for the code itself.
    fn ratio_net(&self) -> f64 {
        (self.saga - self.empty) / (self.plain - self.empty)
    }

    fn json(&self) -> String {
        let Figure { bench, saga, plain, empty } = self;
        format!(
            "{{\"bench\":\"{bench}\",\"steps\":{STEPS},\"saga_s\":{saga:.3},\"plain_s\":{plain:.3},\
             \"empty_s\":{empty:.3},\"ratio\":{:.2},\"ratio_net\":{:.2}}}",
            self.ratio(),
            self.ratio_net()
        )
    }

    fn text(&self) -> String {
        let Figure { bench, saga, plain, empty } = self;
        format!(
            "{bench:<15} a saga of {STEPS} steps {saga:.2} s, plain functions {plain:.2} s: ratio {:.2}; \
             less an empty crate ({empty:.2} s): {:.2}",
            self.ratio(),
            self.ratio_net()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_all_and_of_what_an_empty_crate_does_not_need() {
        let figure = Figure { bench: "compile", saga: 2.5, plain: 1.0, empty: 0.5 };
        assert!((figure.ratio() - 2.5).abs() < 1e-9 && (figure.ratio_net() - 4.0).abs() < 1e-9);
        assert!(figure.json().contains("\"ratio\":2.50,\"ratio_net\":4.00"), "{}", figure.json());
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_round() {
        assert!((median(&mut [9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }
}
