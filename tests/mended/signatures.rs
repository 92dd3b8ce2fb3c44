//! What may be a step or a saga: SG02xx.

mended! {}
