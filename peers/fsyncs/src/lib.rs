//! Counts the calls of `fsync` and `fdatasync` in every process into which it is preloaded (`LD_PRELOAD`). The count is
//! in the first eight bytes of the file named by `FSYNCS_FILE`. The calls are passed on to the kernel unchanged.
//!
//! Statically linked programs do not load it, so their calls are not counted; callers must know this.

use std::ffi::c_int;
use std::fs::OpenOptions;
use std::os::fd::IntoRawFd;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

static COUNTER: OnceLock<AtomicPtr<AtomicU64>> = OnceLock::new();

/// Returns the counter, in memory shared by all these processes; null without a file.
fn counter() -> *mut AtomicU64 {
    COUNTER.get_or_init(|| AtomicPtr::new(map().unwrap_or(ptr::null_mut()))).load(Ordering::Relaxed)
}

fn map() -> Option<*mut AtomicU64> {
    let path = std::env::var_os("FSYNCS_FILE")?;
    let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    if file.metadata().ok()?.len() < 8 {
        return None;
    }
    // SAFETY: the file has the eight bytes; the mapping lives as long as the process.
    let mapped = unsafe {
        libc::mmap(
            ptr::null_mut(),
            8,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.into_raw_fd(),
            0,
        )
    };
    (mapped != libc::MAP_FAILED).then_some(mapped.cast())
}

fn count() {
    let counter = counter();
    if !counter.is_null() {
        // SAFETY: it points at the mapping, which is aligned to a page and never taken away.
        unsafe { &*counter }.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns the kernel's answer in libc's form: -1, and the error in `errno`.
fn answer(result: libc::c_long) -> c_int {
    c_int::try_from(result).unwrap_or(-1)
}

/// Replaces libc's function.
///
/// # Safety
/// As of `fsync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    count();
    // SAFETY: the arguments are those of the call.
    answer(unsafe { libc::syscall(libc::SYS_fsync, fd) })
}

/// Replaces libc's function.
///
/// # Safety
/// As of `fdatasync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    count();
    // SAFETY: the arguments are those of the call.
    answer(unsafe { libc::syscall(libc::SYS_fdatasync, fd) })
}
