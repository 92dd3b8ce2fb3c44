//! The words of `#[saga]`, names and bounds: SG05xx.

mended! {
    sg0109_saga
    sg0110_saga
    sg0111_saga
    sg0113_saga
    sg0114_saga
    sg0501_computed
    sg0501_letters
    sg0502_of_a_call
    sg0502_twice
    sg0502_two_names
    sg0503_condition
    sg0503_for
    sg0503_guessed
    sg0503_loop
    sg0503_while
    sg0504_negative
    sg0504_text
    sg0504_zero
    sg0505_no_loop
    sg0505_without_await
}
