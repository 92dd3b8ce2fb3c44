//! What a step or a saga looks like: SG02xx.

mended! {
    sg0201_not_async
    sg0201_not_async_used
    sg0201_saga
    sg0202_no_result
    sg0202_no_result_used
    sg0202_nothing
    sg0202_saga
    sg0203_self
    sg0204_number
    sg0204_slice
    sg0204_text_borrowed
    sg0204_text_borrowed_used
    sg0205_mut
    sg0206_impl_trait
    sg0206_impl_trait_output
    sg0206_saga
    sg0207_generic
    sg0207_generic_used
    sg0207_lifetime
    sg0207_saga
    sg0207_where
    sg0208_pattern
    sg0208_saga
    sg0208_wildcard
    sg0209_lifetime_named
    sg0210_reference_inside
    sg0210_reference_returned
    sg0210_saga
    sg0211_no_function
    sg0212_unsafe
    sg0213_parameter_key
    sg0213_parameter_output
    sg0214_saga_borrows
}
