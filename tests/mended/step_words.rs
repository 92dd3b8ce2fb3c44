//! What the words of `#[step]` may say: SG01xx.

mended! {
    sg0101_undo_unsaid
}
