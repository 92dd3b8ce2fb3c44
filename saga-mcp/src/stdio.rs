//! Standard input and output as streams that never keep the process from ending.
//!
//! The threads that read and write them belong to no runtime. Tokio's own would: its runtime waits at its end for a read
//! of standard input, which returns when the host writes. Hosts written for Node connect sockets, not pipes, so that
//! reads cannot be made non-blocking by opening them again.

use std::io::{Read as _, Write as _};
use std::thread;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How much is read or written at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Standard input.
pub(crate) struct Input {
    pub(crate) reader: DuplexStream,
    /// Resolves when the host has closed it.
    pub(crate) closed: oneshot::Receiver<()>,
}

/// Standard output.
pub(crate) struct Output {
    pub(crate) writer: DuplexStream,
    /// Resolves when all is written and `writer` is dropped, or the host does not read any more.
    pub(crate) flushed: oneshot::Receiver<()>,
}

/// Begins to read standard input.
///
/// # Errors
/// A thread cannot be started.
pub(crate) fn input() -> std::io::Result<Input> {
    let (mut to, reader) = tokio::io::duplex(CHUNK_BYTES);
    let (close, closed) = oneshot::channel();
    let runtime = Handle::current();
    thread::Builder::new().name("mcp-stdin".into()).spawn(move || {
        let mut bytes = vec![0; CHUNK_BYTES];
        let mut stdin = std::io::stdin().lock();
        loop {
            match stdin.read(&mut bytes) {
                Ok(0) => break,
                Ok(n) if runtime.block_on(to.write_all(&bytes[..n])).is_ok() => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // The server has ended, or the input cannot be read: both are its end.
                Ok(_) | Err(_) => break,
            }
        }
        // The server may have ended first.
        let _ended = close.send(());
    })?;
    Ok(Input { reader, closed })
}

/// Begins to write standard output.
///
/// # Errors
/// A thread cannot be started.
pub(crate) fn output() -> std::io::Result<Output> {
    let (writer, mut from) = tokio::io::duplex(CHUNK_BYTES);
    let (flush, flushed) = oneshot::channel();
    let runtime = Handle::current();
    thread::Builder::new().name("mcp-stdout".into()).spawn(move || {
        let mut bytes = vec![0; CHUNK_BYTES];
        let mut stdout = std::io::stdout().lock();
        while let Ok(n @ 1..) = runtime.block_on(from.read(&mut bytes)) {
            if stdout.write_all(&bytes[..n]).and_then(|()| stdout.flush()).is_err() {
                break;
            }
        }
        // The server may not wait for it.
        let _ended = flush.send(());
    })?;
    Ok(Output { writer, flushed })
}
