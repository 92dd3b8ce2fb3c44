//! What can be recorded: SG09xx.

mended! {
    sg0901_client
    sg0901_error
    sg0901_input
    sg0901_input_borrowed
    sg0901_input_inside
    sg0901_input_second
    sg0901_input_unread
    sg0901_output
    sg0901_saga_error
    sg0901_saga_input
    sg0901_saga_output
    sg0901_signal
    sg0902_held
    sg0902_output
    sg0902_rc
    sg0902_saga
    sg0903_default_path
    sg0903_rename
    sg0904_option
}
