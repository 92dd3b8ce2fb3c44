//! SG0408: The error of a step is an enum or a struct.
//!
//! An error is recorded, shown, and asked what it means. A union does not know which of its fields it holds.

use saga::prelude::*;

#[derive(StepError)]
union BankError {
    code: u32,
    bits: [u8; 4],
}

fn main() {}
