//! The ledger's socket: requests and answers are lines of JSON, each with a number, so many can be in flight. A request
//! that was written to the socket is carried out, even if its sender has died since.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use crate::ledger::{Ledger, Reply, Request};

#[derive(Serialize, Deserialize)]
struct Asked {
    number: u64,
    request: Request,
}

#[derive(Serialize, Deserialize)]
struct Answered {
    number: u64,
    reply: Reply,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Reply>>>>;

/// A process that sends requests.
#[derive(Debug)]
pub(crate) struct Client {
    requests: mpsc::UnboundedSender<(Request, oneshot::Sender<Reply>)>,
}

impl Client {
    pub(crate) async fn connect(path: &Path) -> io::Result<Self> {
        let (read, write) = UnixStream::connect(path).await?.into_split();
        let (requests, inbox) = mpsc::unbounded_channel();
        let waiting = Waiting::default();
        tokio::spawn(send(inbox, write, waiting.clone()));
        tokio::spawn(receive(read, waiting));
        Ok(Self { requests })
    }

    /// Returns the answer to a request; `None` if none ever comes.
    pub(crate) async fn ask(&self, request: Request) -> Option<Reply> {
        let (answer, answered) = oneshot::channel();
        self.requests.send((request, answer)).ok()?;
        answered.await.ok()
    }
}

async fn send(
    mut inbox: mpsc::UnboundedReceiver<(Request, oneshot::Sender<Reply>)>,
    mut write: OwnedWriteHalf,
    waiting: Waiting,
) {
    let mut number = 0;
    while let Some((request, answer)) = inbox.recv().await {
        number += 1;
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, answer);
        if write_line(&mut write, &Asked { number, request }).await.is_err() {
            return;
        }
    }
}

async fn receive(read: OwnedReadHalf, waiting: Waiting) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(Answered { number, reply }) = serde_json::from_str(&line) else { return };
        let answer = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        if let Some(answer) = answer {
            // The caller may have gone.
            drop(answer.send(reply));
        }
    }
}

async fn write_line(write: &mut OwnedWriteHalf, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// Serves the ledger at `path`, until the task is aborted.
pub(crate) fn serve(path: &Path, ledger: &Ledger) -> io::Result<tokio::task::JoinHandle<()>> {
    let listener = UnixListener::bind(path)?;
    let ledger = ledger.clone();
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, ledger.clone()));
        }
    }))
}

async fn talk(stream: UnixStream, ledger: Ledger) {
    let (read, mut write) = stream.into_split();
    let (replies, mut outbox) = mpsc::unbounded_channel::<Answered>();
    tokio::spawn(async move {
        while let Some(answered) = outbox.recv().await {
            if write_line(&mut write, &answered).await.is_err() {
                return;
            }
        }
    });
    let mut lines = BufReader::new(read).lines();
    // A line without its end was never a request.
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(Asked { number, request }) = serde_json::from_str(&line) else { return };
        let (ledger, replies) = (ledger.clone(), replies.clone());
        tokio::spawn(async move {
            if let Some(reply) = ledger.serve(request).await {
                drop(replies.send(Answered { number, reply }));
            }
        });
    }
}
