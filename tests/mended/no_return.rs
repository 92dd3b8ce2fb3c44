//! The point of no return: SG08xx.

mended! {}
