//! Handles: SG10xx.

mended! {
    sg1001_redrive_completed
    sg1001_waive_running
    sg1002_undo_dead_letter
    sg1002_undo_running
    sg1003_approve_dead_letter
    sg1003_cancel_completed
    sg1004_act_twice
    sg1005_start
    sg1006_unwrap
    sg1007_format
    sg1007_to_string
    sg1008_world
}
