//! Counts visited sites, for tests that limit the cost of an event. A visit is a lookup of a site, an iteration over
//! it, or a step through a tree of sites. Only builds with debug assertions count, separately for each thread.

use std::cell::Cell;

thread_local! {
    static SITES: Cell<u64> = const { Cell::new(0) };
}

/// Counts `sites` visits.
pub(crate) fn at(sites: usize) {
    if cfg!(debug_assertions) {
        SITES.set(SITES.get() + sites as u64);
    }
}

/// Returns the number of sites that this thread has visited so far; 0 without debug assertions.
pub fn sites() -> u64 {
    SITES.get()
}

/// Runs `look` without counting its visits.
pub(crate) fn uncounted<T>(look: impl FnOnce() -> T) -> T {
    let before = SITES.get();
    let seen = look();
    SITES.set(before);
    seen
}
