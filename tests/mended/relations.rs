//! Steps that name each other: SG03xx.

mended! {
    sg0301_compensation_fallible
    sg0301_compensation_harmful
    sg0301_in_doubt_fallible
    sg0302_asks_itself
    sg0302_undoes_itself
    sg0303_compensation_no_step
    sg0303_probe_no_step
    sg0304_compensation_borrows
    sg0304_compensation_type
    sg0305_compensation_arity
    sg0306_name_misspelt
    sg0306_name_nested
    sg0306_name_unknown
    sg0306_output_in_doubt
    sg0306_output_in_probe
    sg0306_part_of_a_resource
    sg0306_resource
    sg0306_result
    sg0306_step_unknown
    sg0307_output_field
    sg0307_output_result
    sg0308_probe_effect
    sg0309_probe_bare
    sg0309_probe_type
}
