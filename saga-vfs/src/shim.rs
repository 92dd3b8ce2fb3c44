//! The layer itself: a copy of the platform's VFS that opens files with our methods. It has the project's only unsafe
//! code: SQLite takes a VFS as a C structure of C functions.
//!
//! What always holds: a file opened through the layer is the platform's own structure, except for its table of methods.
//! The table is a copy of the platform's with four methods replaced. It is at the beginning of an [`Opened`], where the
//! four methods find their state. All other methods are the platform's own.
#![allow(unsafe_code, reason = "SQLite takes a VFS as a C structure of C functions")]

use std::ffi::{CStr, CString, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::ptr;
use std::slice;
use std::sync::Arc;

use rusqlite::ffi;

use crate::{Disk, File, Kind, RegisterError, Trouble, Written};

/// A copy of the platform's VFS, and what it was copied from. `vfs` comes first: SQLite hands us its address.
#[repr(C)]
struct Shim {
    vfs: ffi::sqlite3_vfs,
    platform: *mut ffi::sqlite3_vfs,
    disk: Arc<dyn Disk>,
}

/// The layer's state of an open file. `methods` comes first: the file has its address.
#[repr(C)]
struct Opened {
    methods: ffi::sqlite3_io_methods,
    platform: *const ffi::sqlite3_io_methods,
    disk: Arc<dyn Disk>,
    kind: Kind,
    path: Option<PathBuf>,
}

impl Opened {
    fn file(&self) -> File<'_> {
        File { kind: self.kind, path: self.path.as_deref() }
    }
}

pub(crate) fn register(name: &str, disk: Arc<dyn Disk>) -> Result<(), RegisterError> {
    let refused = || RegisterError::Name(name.to_owned());
    let c_name = CString::new(name).map_err(|_| refused())?;
    // SAFETY: the name is a C string; a VFS that SQLite names is never freed.
    let (taken, platform) = unsafe { (ffi::sqlite3_vfs_find(c_name.as_ptr()), find_platform()) };
    if !taken.is_null() {
        return Err(refused());
    }
    if platform.is_null() {
        return Err(RegisterError::NoFileSystem);
    }
    // SAFETY: it is a VFS, see above. The platform's VFS functions use nothing of a VFS but its `pAppData`, which the
    // copy has too. All functions except `xOpen` may therefore stay.
    let vfs = unsafe { ffi::sqlite3_vfs { pNext: ptr::null_mut(), zName: c_name.into_raw(), ..*platform } };
    let vfs = ffi::sqlite3_vfs { xOpen: Some(open), ..vfs };
    let shim = Box::into_raw(Box::new(Shim { vfs, platform, disk }));
    // SAFETY: it and its name live as long as the process: neither is ever freed.
    match unsafe { ffi::sqlite3_vfs_register(shim.cast(), 0) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(RegisterError::Refused(code)),
    }
}

/// Returns the default VFS.
unsafe fn find_platform() -> *mut ffi::sqlite3_vfs {
    // SAFETY: a null name means the default VFS.
    unsafe { ffi::sqlite3_vfs_find(ptr::null()) }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: this function is only in the table of a `Shim`, which begins with its VFS and is never freed.
    let shim = unsafe { &*vfs.cast::<Shim>() };
    // SAFETY: what SQLite gave us for a VFS of this size goes to the one that was copied, unchanged.
    let code = match unsafe { (*shim.platform).xOpen } {
        Some(open) => unsafe { open(shim.platform, name, file, flags, flags_out) },
        None => ffi::SQLITE_CANTOPEN,
    };
    // SAFETY: SQLite has allocated the file; after an open that worked it has methods.
    let platform = unsafe { (*file).pMethods };
    if code != ffi::SQLITE_OK || platform.is_null() {
        return code;
    }
    let kind = match flags {
        _ if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => Kind::Database,
        _ if flags & ffi::SQLITE_OPEN_WAL != 0 => Kind::Wal,
        _ => Kind::Other,
    };
    // SAFETY: a name that is there is a C string.
    let path = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) });
    let path = path.map(|path| PathBuf::from(OsStr::from_bytes(path.to_bytes())));
    // SAFETY: it is the platform's table, which is never freed.
    let methods = unsafe {
        ffi::sqlite3_io_methods {
            xClose: Some(close),
            xRead: Some(read),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            ..*platform
        }
    };
    let opened = Box::new(Opened { methods, platform, disk: shim.disk.clone(), kind, path });
    // SAFETY: as above. `close` takes it back.
    unsafe { (*file).pMethods = Box::into_raw(opened).cast() };
    code
}

/// # Safety
/// `file` was opened by [`open`] and not closed since.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a Opened {
    // SAFETY: its methods are the beginning of an `Opened`.
    unsafe { &*(*file).pMethods.cast::<Opened>() }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; no reference to the `Opened` exists then.
    let opened = unsafe { Box::from_raw((*file).pMethods.cast_mut().cast::<Opened>()) };
    // SAFETY: from here on the file is as the platform made it.
    unsafe {
        (*file).pMethods = opened.platform;
        (*opened.platform).xClose.map_or(ffi::SQLITE_OK, |close| close(file))
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite calls this for files that are open.
    let opened = unsafe { opened(file) };
    if let Err(trouble) = opened.disk.read(opened.file(), offset.cast_unsigned(), size(length)) {
        return code(trouble, ffi::SQLITE_IOERR_READ);
    }
    // SAFETY: the arguments are passed on unchanged.
    unsafe {
        (*opened.platform).xRead.map_or(ffi::SQLITE_IOERR_READ, |read| read(file, into, length, offset))
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite calls this for files that are open, with so many bytes.
    let (opened, bytes) = unsafe { (opened(file), slice::from_raw_parts(from.cast::<u8>(), size(length))) };
    let (part, told) = match opened.disk.write(opened.file(), offset.cast_unsigned(), bytes) {
        Written::Whole => (size(length), None),
        Written::Torn(part) => (part, None),
        Written::Short(part, trouble) => (part, Some(code(trouble, ffi::SQLITE_IOERR_WRITE))),
    };
    let part = c_int::try_from(part).unwrap_or(length).min(length);
    if part == 0 {
        return told.unwrap_or(ffi::SQLITE_OK);
    }
    // SAFETY: `part` is at most the length of the buffer.
    let done = unsafe {
        (*opened.platform).xWrite.map_or(ffi::SQLITE_IOERR_WRITE, |write| write(file, from, part, offset))
    };
    if done == ffi::SQLITE_OK { told.unwrap_or(done) } else { done }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite calls this for files that are open.
    let opened = unsafe { opened(file) };
    if let Err(trouble) = opened.disk.truncate(opened.file(), length.cast_unsigned()) {
        return code(trouble, ffi::SQLITE_IOERR_TRUNCATE);
    }
    // SAFETY: the arguments are passed on unchanged.
    unsafe { (*opened.platform).xTruncate.map_or(ffi::SQLITE_IOERR_TRUNCATE, |cut| cut(file, length)) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls this for files that are open.
    let opened = unsafe { opened(file) };
    if let Err(trouble) = opened.disk.sync(opened.file()) {
        return code(trouble, ffi::SQLITE_IOERR_FSYNC);
    }
    // SAFETY: the arguments are passed on unchanged.
    unsafe { (*opened.platform).xSync.map_or(ffi::SQLITE_IOERR_FSYNC, |sync| sync(file, flags)) }
}

fn size(length: c_int) -> usize {
    usize::try_from(length).unwrap_or(0)
}

fn code(trouble: Trouble, io: c_int) -> c_int {
    match trouble {
        Trouble::Io => io,
        Trouble::Full => ffi::SQLITE_FULL,
    }
}
