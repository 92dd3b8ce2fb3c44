//! What gives the same each time: SG07xx.

mended! {
    sg0701_clock
    sg0701_in_macro
    sg0701_not_called
    sg0701_renamed
    sg0701_stopwatch
    sg0702_random
    sg0702_uuid
    sg0703_environment
    sg0703_lock
    sg0703_processors
    sg0703_static
    sg0704_join
    sg0704_join_all
    sg0704_select
    sg0704_sleep
    sg0704_spawn
    sg0704_thread
    sg0704_timeout
    sg0705_file
    sg0705_program
    sg0706_collected
    sg0706_field
    sg0706_field_keys
    sg0706_for
    sg0706_keys
    sg0706_output
}
