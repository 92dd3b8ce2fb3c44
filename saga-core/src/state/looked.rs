//! How many sites are looked at, for tests that hold what an event costs. Counted where sites are found, gone through or
//! passed on the way through a tree of them; in builds with debug assertions, for each thread by itself.

use std::cell::Cell;

thread_local! {
    static SITES: Cell<u64> = const { Cell::new(0) };
}

/// So many sites are looked at.
pub(crate) fn at(sites: usize) {
    if cfg!(debug_assertions) {
        SITES.set(SITES.get() + sites as u64);
    }
}

/// How many sites this thread has looked at so far; 0 without debug assertions.
pub fn sites() -> u64 {
    SITES.get()
}

/// Does `look` and does not count it.
pub(crate) fn uncounted<T>(look: impl FnOnce() -> T) -> T {
    let before = SITES.get();
    let seen = look();
    SITES.set(before);
    seen
}
