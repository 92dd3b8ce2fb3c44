//! The tests of the model, the journal, the machine and the store in memory, in one program.

mod support;

#[cfg(feature = "conformance")]
mod conformance;
mod graph_follow;
mod machine_acts;
mod machine_attempts;
mod machine_commit;
mod machine_conclusive;
mod machine_deadline;
mod machine_operator;
mod machine_properties;
mod machine_rollback;
mod machine_room;
mod machine_stop;
mod machine_waits;
mod model;
#[cfg(feature = "conformance")]
mod random_texts;
mod values;
