//! The point of no return: SG08xx.

mended! {
    sg0801_after_child
    sg0801_again_in_a_loop
    sg0801_approval
    sg0801_back_edge
    sg0801_in_if
    sg0801_in_let_else
    sg0801_in_match
    sg0801_output_is_result
    sg0801_question_after_retriable
    sg0801_question_on_plain_code
    sg0801_question_on_step
    sg0801_result_kept
    sg0801_return_err
    sg0801_tail
    sg0801_tail_in_if
    sg0802_child
    sg0802_step
    sg0803_child
    sg0803_iterator
    sg0803_tuple
    sg0804_in_child
    sg0804_window
    sg0805_steps
}
