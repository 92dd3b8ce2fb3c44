//! Compensations, probes, and calls in doubt: SG03xx.

mended! {}
