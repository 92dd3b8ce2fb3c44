#!/usr/bin/env bash
# reqwest-retry: its middleware sends a POST again after a timeout, a lost answer and a 500, whatever the method.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   reqwest 0.13.5, reqwest-middleware 0.5.2, reqwest-retry 0.9.1, tokio 1.54.1"
echo "one thinks: what is called transient is retried for methods that may be repeated"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "client"
edition = "2024"

[dependencies]
reqwest = { version = "=0.13.5", default-features = false }
reqwest-middleware = { version = "=0.5.2", default-features = false }
reqwest-retry = { version = "=0.9.1", default-features = false }
tokio = { version = "=1.54.1", features = ["io-util", "macros", "net", "rt", "time"] }
END
cat >src/main.rs <<'END'
use std::{cell::Cell, rc::Rc, time::Duration};

use reqwest_middleware::ClientBuilder;
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Charges the card at each POST, and answers as it is told.
async fn bank(listener: tokio::net::TcpListener, answer: &'static str, charged: Rc<Cell<u32>>) {
    let mut unanswered = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        charged.set(charged.get() + u32::from(request[..length].starts_with(b"POST")));
        match answer {
            "late" => unanswered.push(stream),
            "lost" => drop(stream),
            status => {
                let head = format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for answer in ["late", "lost", "500", "409"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/charge", listener.local_addr().unwrap());
        let charged = Rc::new(Cell::new(0));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).no_proxy().build().unwrap();
        let policy = ExponentialBackoff::builder()
            .retry_bounds(Duration::from_millis(1), Duration::from_millis(10))
            .build_with_max_retries(3);
        let retrying = ClientBuilder::new(client).with(RetryTransientMiddleware::new_with_policy(policy)).build();
        tokio::select! {
            () = bank(listener, answer, charged.clone()) => {}
            _ = retrying.post(&url).body("cents=500").send() => {}
        }
        println!("answer {answer}: charged {} times", charged.get());
    }
}
END
cargo run --quiet | tee seen
diff - seen <<'END'
answer late: charged 4 times
answer lost: charged 4 times
answer 500: charged 4 times
answer 409: charged 1 times
END
echo "as described: \"transient\" is judged by the error alone, and the method is not looked at"
