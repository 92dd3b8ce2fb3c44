//! The words of `#[saga]`, names and bounds: SG05xx.

mended! {}
