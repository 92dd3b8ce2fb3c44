//! What is awaited, and where: SG06xx.

mended! {}
