//! Sessions: SG12xx.

mended! {
    sg1201_irreversible_call
}
