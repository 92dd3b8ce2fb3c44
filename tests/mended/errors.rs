//! What errors mean: SG04xx.

mended! {}
