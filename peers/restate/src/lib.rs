//! A Restate server that lives as long as the program. It is one node in its own folder, on free loopback ports, with
//! its defaults, and is always removed. Also the parts of its interfaces that the programs use.

mod server;

use std::time::Duration;

use harness::{Error, Life, Story, error};
use restate_sdk::endpoint::Endpoint;
use restate_sdk::http_server::HttpServer;
use restate_sdk::ingress::{CallResponse, ClientError, ReqwestClient};
use tokio::net::TcpListener;

pub use server::{Ports, Restate};

/// The variable with the ports of the server, for the lives.
const PORTS: &str = "PEERS_RESTATE";

/// Serves the endpoint, and registers it with the server.
///
/// # Errors
/// If the server refuses it.
pub async fn serve(endpoint: Endpoint, ports: Ports) -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", ports.service)).await?;
    tokio::spawn(HttpServer::new(endpoint).serve(listener));
    let uri = format!("http://127.0.0.1:{}", ports.service);
    let deployments = format!("http://127.0.0.1:{}/deployments", ports.admin);
    let body = serde_json::json!({ "uri": uri, "force": true });
    let answer = reqwest::Client::new().post(deployments).json(&body).send().await?;
    if answer.status().is_success() { Ok(()) } else { Err(error(answer.text().await?)) }
}

/// Returns a client of the handlers.
///
/// # Errors
/// None, as long as an address is one.
pub fn client(ports: Ports) -> Result<ReqwestClient, Error> {
    Ok(ReqwestClient::connect(format!("http://127.0.0.1:{}", ports.ingress).parse()?)?)
}

/// Returns the text of an error answer.
pub fn text(error: &ClientError) -> String {
    match error.response() {
        Some(response) => {
            format!("failed: {} {}", response.status(), String::from_utf8_lossy(response.body()))
        }
        None => format!("{error}"),
    }
}

/// Returns what Restate reports at an invocation's end.
pub fn end(answer: Result<CallResponse<reqwest::Client, ()>, ClientError>) -> String {
    match answer.and_then(CallResponse::into_body) {
        Ok(()) => "completed".to_owned(),
        Err(error) => text(&error),
    }
}

/// Cancels an invocation, as its dashboard and command line do.
///
/// # Errors
/// If the server refuses.
pub async fn cancel(ports: Ports, invocation: &str) -> Result<(), Error> {
    let address = format!("http://127.0.0.1:{}/invocations/{invocation}/cancel", ports.admin);
    let answer = reqwest::Client::new().patch(address).send().await?;
    if answer.status().is_success() { Ok(()) } else { Err(error(answer.text().await?)) }
}

/// Returns the server's view of all invocations: state, attempts, the last failure.
///
/// # Errors
/// If it does not answer.
pub async fn shown(ports: Ports) -> Result<String, Error> {
    let query = "SELECT status, retry_count, last_failure FROM sys_invocation";
    let asked = reqwest::Client::new()
        .post(format!("http://127.0.0.1:{}/query", ports.admin))
        .header("accept", "application/json")
        .json(&serde_json::json!({ "query": query }))
        .timeout(Duration::from_secs(5));
    let answer: serde_json::Value = asked.send().await?.json().await?;
    Ok(answer["rows"].to_string())
}

/// Runs a program of stories: the parent has the server, and the lives get its address.
///
/// # Errors
/// If there is no server.
pub fn main(
    stories: &[Story],
    live: impl AsyncFnOnce(Life, Ports) -> Result<(), Error>,
) -> Result<(), Error> {
    match Life::here() {
        Some(life) => {
            let ports: Ports = std::env::var(PORTS)?.parse()?;
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(live(life, ports))
        }
        None => {
            let server = Restate::start()?;
            harness::life::tell("restate", stories, &[(PORTS, server.ports().to_string())])
        }
    }
}
