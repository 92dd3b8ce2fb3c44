//! A language server as a child process, spoken to as an editor does: messages with a length before them. It is ended
//! when this is dropped, and no answer is waited for longer than [`PATIENCE`].

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Two loaded cores take minutes to compile the macros that the server runs.
const PATIENCE: Duration = Duration::from_secs(900);

/// A running server.
pub(super) struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    asked: u64,
    /// The version of the document, and whether it is open.
    version: u64,
}

impl Server {
    /// Starts it over a crate, and waits until it has looked at all of it.
    pub(super) fn start(program: &Path, project: &Path, sources: &Path) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.current_dir(project).env("RUST_SRC_PATH", sources);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child =
            command.spawn().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let (sender, messages) = channel();
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the server has no pipes".to_owned());
        };
        thread::spawn(move || read_all(BufReader::new(output), &sender));
        let mut server = Self { child, input, messages, asked: 0, version: 0 };
        let options = json!({
            "cargo": { "sysrootSrc": sources, "buildScripts": { "enable": true }, "targetDir": true },
            "procMacro": { "enable": true, "attributes": { "enable": true } },
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "completion": { "autoimport": { "enable": false } },
        });
        server.ask(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": uri(project),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": { "hover": { "contentFormat": ["plaintext"] } },
                },
                "initializationOptions": options,
            }),
        )?;
        server.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }))?;
        server.settle()?;
        Ok(server)
    }

    /// Waits until the server has nothing left to do.
    fn settle(&mut self) -> Result<(), String> {
        self.wait(|message| {
            let settled =
                message["method"] == "experimental/serverStatus" && message["params"]["quiescent"] == true;
            settled.then_some(Value::Null)
        })
        .map(drop)
    }

    /// Shows it a text of the file, as if that was being typed.
    pub(super) fn show(&mut self, uri: &str, text: &str) -> Result<(), String> {
        self.version += 1;
        let (version, opens) = (self.version, self.version == 1);
        let notification = if opens {
            let document = json!({ "uri": uri, "languageId": "rust", "version": version, "text": text });
            json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } })
        } else {
            let document = json!({ "uri": uri, "version": version });
            let changes = json!([{ "text": text }]);
            let params = json!({ "textDocument": document, "contentChanges": changes });
            json!({ "method": "textDocument/didChange", "params": params })
        };
        self.send(&notification)
    }

    /// Asks, and gives the result. A question that the server gave up because the text had changed is asked again.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        loop {
            self.asked += 1;
            let id = self.asked;
            self.send(&json!({ "id": id, "method": method, "params": params }))?;
            let answer = self.wait(|message| {
                (message["id"] == id && message.get("method").is_none()).then(|| message.clone())
            })?;
            match answer["error"]["code"].as_i64() {
                None => return Ok(answer["result"].clone()),
                Some(CONTENT_MODIFIED | CANCELLED) => {}
                Some(_) => return Err(format!("{method}: {}", answer["error"])),
            }
        }
    }

    /// Reads messages until one is what is waited for. What the server asks of an editor is answered with nothing.
    fn wait(&mut self, wanted: impl Fn(&Value) -> Option<Value>) -> Result<Value, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message =
                self.messages.recv_timeout(left).map_err(|_| "the server has not answered".to_owned())?;
            if let Some(found) = wanted(&message) {
                return Ok(found);
            }
            if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
                self.send(&json!({ "id": id, "result": null }))?;
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<(), String> {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len());
        sent.and_then(|()| self.input.flush()).map_err(|error| format!("the server is gone: {error}"))
    }

    /// Ends it.
    pub(super) fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

const CONTENT_MODIFIED: i64 = -32801;
const CANCELLED: i64 = -32800;

/// Hands on every message, until the server closes its output.
fn read_all(mut output: impl BufRead, to: &Sender<Value>) {
    while let Some(message) = read(&mut output) {
        if to.send(message).is_err() {
            return;
        }
    }
}

/// Reads the next message: headers, an empty line, and so many bytes of JSON as they say.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut bytes = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                bytes = value.trim().parse().ok()?
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; bytes];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Returns the path as the protocol has it.
pub(super) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_the_other() {
        let mut output =
            "Content-Length: 8\r\n\r\n{\"id\":1}Content-Type: x\r\ncontent-length: 4\r\n\r\nnull".as_bytes();
        assert_eq!(read(&mut output), Some(json!({ "id": 1 })));
        assert_eq!(read(&mut output), Some(Value::Null));
        assert_eq!(read(&mut output), None);
    }
}
