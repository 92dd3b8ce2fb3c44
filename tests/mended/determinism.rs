//! What gives the same each time: SG07xx.

mended! {}
