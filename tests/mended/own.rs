//! Mistakes for which the compiler has messages of its own.

mended! {
    own_approval_as_bool
    own_crate_named
    own_helper_awaited
    own_helper_named
    own_outcome_as_result
    own_outcome_question
    own_saga_as_value
    own_secret_as_text
    own_signal_untyped
    own_step_private
}
