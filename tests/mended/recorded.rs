//! What can be recorded: SG09xx.

mended! {}
