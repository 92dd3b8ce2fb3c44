//! A Restate server that lasts as long as the program: one node in a folder of its own, on free ports of the loopback
//! interface, with its defaults, and gone whatever happens. And what of its interfaces the programs use.

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

/// Serves the endpoint, and tells the server of it.
///
/// # Errors
/// If the server does not take it.
pub async fn serve(endpoint: Endpoint, ports: Ports) -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", ports.service)).await?;
    tokio::spawn(HttpServer::new(endpoint).serve(listener));
    let uri = format!("http://127.0.0.1:{}", ports.service);
    let deployments = format!("http://127.0.0.1:{}/deployments", ports.admin);
    let body = serde_json::json!({ "uri": uri, "force": true });
    let answer = reqwest::Client::new().post(deployments).json(&body).send().await?;
    if answer.status().is_success() { Ok(()) } else { Err(error(answer.text().await?)) }
}

/// A client of the handlers.
///
/// # Errors
/// None, as long as an address is one.
pub fn client(ports: Ports) -> Result<ReqwestClient, Error> {
    Ok(ReqwestClient::connect(format!("http://127.0.0.1:{}", ports.ingress).parse()?)?)
}

/// What an answer that is an error says.
pub fn text(error: &ClientError) -> String {
    match error.response() {
        Some(response) => {
            format!("failed: {} {}", response.status(), String::from_utf8_lossy(response.body()))
        }
        None => format!("{error}"),
    }
}

/// What Restate says of an invocation's end.
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

/// What the server shows of all invocations: state, attempts, the last failure.
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

/// The main function of a program about what happens: the parent has the server, the lives have its address.
///
/// # Errors
/// If there is no server to be had.
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
