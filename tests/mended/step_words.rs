//! What the words of `#[step]` may say: SG01xx.

mended! {}
