//! Streamable HTTP.
//!
//! No protocol session is kept, in neither era: it would identify no agent, would end with the process, and its idle time
//! would cut long calls off. A client of 2025-11-25 therefore gets no `Mcp-Session-Id`, and goes on after a restart.
//!
//! Answers are event streams, not plain JSON. The stream begins before the answer is there: if the connection is lost,
//! the Python client 2.3 then fails that call alone, and not every call that it has under way.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use crate::handler::Handler;

/// The hosts and origins of a server on this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The rules by which a request reaches a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Names of hosts beside those of this machine.
    pub(crate) hosts: Vec<String>,
    pub(crate) token: Option<Arc<str>>,
}

impl Access {
    /// Returns true if a server at that address may be reached without a token.
    pub(crate) fn admits(&self, addr: SocketAddr) -> bool {
        addr.ip().is_loopback() || self.token.is_some()
    }
}

/// Returns the service, below every path. `end` ends its streams.
pub(crate) fn router(handler: Handler, access: &Access, end: CancellationToken) -> Router {
    let hosts = || LOOPBACK.into_iter().chain(access.hosts.iter().map(String::as_str));
    let origins = hosts().flat_map(|host| [format!("http://{host}:*"), format!("https://{host}:*")]);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts().map(|host| host.trim_matches(['[', ']'])))
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_legacy_session_mode(false)
        .with_cancellation_token(end);
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let router = Router::new().fallback_service(service);
    match access.token.clone() {
        Some(token) => router.layer(middleware::from_fn_with_state(token, checked)),
        None => router,
    }
}

async fn checked(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| is_same(given, &token)) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
}

/// Compares without stopping at the first difference, so that the time does not say where it is.
fn is_same(given: &str, token: &str) -> bool {
    let differs = given.bytes().zip(token.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
    given.len() == token.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_open_without_a_token() {
        let open = Access::default();
        let addr = |text: &str| text.parse::<SocketAddr>().expect("an address");
        assert!(open.admits(addr("127.0.0.1:0")) && open.admits(addr("[::1]:80")));
        assert!(!open.admits(addr("0.0.0.0:80")) && !open.admits(addr("[::]:80")));
        let with = Access { token: Some("t".into()), ..Access::default() };
        assert!(with.admits(addr("0.0.0.0:80")));
    }

    #[test]
    fn a_token_is_the_same_or_is_not() {
        assert!(is_same("secret", "secret"));
        for other in ["", "secre", "secrets", "Secret", "terces"] {
            assert!(!is_same(other, "secret"), "{other}");
        }
    }
}
