//! What the macros write, as people would: pretty-printed, so that a reviewer sees an expansion change, and that it
//! stays short.

use std::path::Path;

use proc_macro2::TokenStream;

/// Lines that a step may add to the expansion of its saga.
const LINES_MAX: usize = 42;

const STEPS: usize = 50;

/// Set to `overwrite`, it has the expansions in `tests/expand` written anew.
const VARIABLE: &str = "SAGA_EXPAND";

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("what is written is Rust"))
}

fn parsed(source: &str) -> TokenStream {
    source.parse().expect("the test's own source is Rust")
}

/// Returns a saga of so many different steps, each awaited with `?`.
fn saga_of(steps: usize) -> String {
    let calls: String = (0..steps)
        .map(|step| format!("let held_{step} = hold_{step}(order.clone(), {step}).await?;"))
        .collect();
    format!("async fn fill(order: Order) -> Result<u64, FillError> {{ {calls} Ok(held_0.price) }}")
}

/// Returns the lines of a saga's expansion that its author did not write.
fn lines_of(steps: usize) -> usize {
    let written = parsed(&saga_of(steps));
    let words = parsed(r#"version = 1, deadline = "24h""#);
    let own = pretty(written.clone()).lines().count();
    pretty(crate::saga::expansion(words, written)).lines().count() - own
}

#[test]
fn a_step_adds_no_more_than_so_many_lines_to_its_saga() {
    let lines = lines_of(STEPS);
    // All of it, what the saga itself has included.
    println!("lines a step: {:.1}", lines as f64 / STEPS as f64);
    assert!(lines <= STEPS * LINES_MAX, "{lines} lines for {STEPS} steps: at most {LINES_MAX} a step");
}

#[test]
fn an_expansion_depends_on_its_item_alone() {
    let expand = || crate::saga::expansion(TokenStream::new(), parsed(&saga_of(3))).to_string();
    assert_eq!(expand(), expand());
}

/// Holds an expansion to the file of that name, which reviewers see change.
fn held_to(name: &str, expansion: TokenStream) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand").join(name);
    let written = pretty(expansion);
    if std::env::var(VARIABLE).is_ok_and(|value| value == "overwrite") {
        std::fs::write(&file, &written).expect("the expansion can be written");
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = known.lines().zip(written.lines()).position(|(known, written)| known != written);
    assert!(
        known == written,
        "the expansion is not as in tests/expand/{name}, from line {}; if it is meant so: \
         {VARIABLE}=overwrite cargo test -p saga-macros --lib, and review the file",
        differs.unwrap_or_else(|| known.lines().count().min(written.lines().count())) + 1
    );
}

#[test]
fn a_step_is_written_as_reviewed() {
    let words = parsed(r#"compensate = release(output.id), retry(attempts = 4), timeout = "10s""#);
    let item = "/// Holds a seat.
        async fn hold(airline: &Airline, key: &IdempotencyKey, trip: Trip, seats: u32) -> Result<Hold, AirlineError> {
            airline.hold(&trip, seats, key).await
        }";
    held_to("step.rs", crate::step::expansion(words, parsed(item)));
}

#[test]
fn a_saga_is_written_as_reviewed() {
    let words = parsed(r#"version = 2, deadline = "24h""#);
    let item = r#"/// Books a trip, or nothing.
        async fn book_trip(trip: Trip) -> Result<Receipt, TripError> {
            let held = hold(trip.clone(), 2).await?;
            approve("Charge?").within("2h").await?;
            let receipt = charge(trip.card, held.price).await?;
            email(receipt.clone()).await;
            Ok(receipt)
        }"#;
    held_to("saga.rs", crate::saga::expansion(words, parsed(item)));
}
