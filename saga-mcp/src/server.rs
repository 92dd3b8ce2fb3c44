//! A server: what it offers, to which sessions, and over what.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ServiceExt as _;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use saga::session::SessionBuilder;
use saga::tools::Toolbox;
use saga::{Runtime, SagaId};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::ServeError;
use crate::handler::{Handler, Shared};
use crate::http::{self, Access};
use crate::named::Named;
use crate::own::Own;
use crate::sessions::{Sessions, Terms};
use crate::{catalog, defaults, fresh, stdio};

/// Serves a toolbox over MCP.
///
/// ```no_run
/// # use saga::prelude::*;
/// # async fn serve(runtime: Runtime, tools: saga::tools::Toolbox) -> Result<(), saga_mcp::ServeError> {
/// use saga_mcp::{META_SESSION, Named, Own, Server};
///
/// Server::new(runtime, tools)
///     .info("agent-desk", "1.0.0")
///     .session(Named::Meta(META_SESSION.into()))
///     .terms(|session| session.calls_max(200).within("1h"))
///     .hide([Own::Commit])
///     .serve_http("127.0.0.1:8700")
///     .await
/// # }
/// ```
#[must_use = "nothing is served before `serve_stdio` or `serve_http`"]
pub struct Server {
    runtime: Runtime,
    toolbox: Toolbox,
    info: ServerConfig,
    named: Named,
    terms: Terms,
    hidden: Vec<Own>,
    patience: Duration,
    access: Access,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} tools, sessions by {:?})", self.toolbox.tools().len(), self.named)
    }
}

impl Server {
    /// Returns a server of these tools. The runtime was built with [`tools`](saga::Builder::tools) of the same toolbox.
    pub fn new(runtime: Runtime, toolbox: Toolbox) -> Self {
        let mut info = ServerConfig::default();
        info.capabilities = ServerCapabilities::builder().enable_tools().build();
        info.server_info = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        Self {
            runtime,
            toolbox,
            info,
            named: Named::Process,
            terms: Box::new(|session| session),
            hidden: Vec::new(),
            patience: defaults::PATIENCE,
            access: Access::default(),
        }
    }

    /// Sets the name and the version that hosts show.
    pub fn info(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.info.server_info = Implementation::new(name, version);
        self
    }

    /// Sets what hosts tell the model about the server as a whole.
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.info.instructions = Some(text.into());
        self
    }

    /// Sets how calls name their session.
    pub fn session(mut self, named: Named) -> Self {
        self.named = named;
        self
    }

    /// Sets what a new session is opened with: its budget of calls, its deadline, what happens when it makes no calls.
    pub fn terms(mut self, terms: impl Fn(SessionBuilder) -> SessionBuilder + Send + Sync + 'static) -> Self {
        self.terms = Box::new(terms);
        self
    }

    /// Hides some of the server's own tools from the model. The host then ends sessions by other ways.
    pub fn hide(mut self, own: impl IntoIterator<Item = Own>) -> Self {
        self.hidden.extend(own);
        self
    }

    /// Sets how long a call is waited for before it is answered with a receipt ([`defaults::PATIENCE`] by default). Keep
    /// it below the time limit of the clients' requests.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Lets HTTP requests name these hosts, beside those of this machine, in `Host` and in `Origin`: `"desk.example.com"`.
    pub fn hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.access.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Asks each HTTP request for this bearer token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.access.token = Some(token.into().into());
        self
    }

    /// Serves the process's standard input and output, until the host closes the input, or SIGTERM or Ctrl-C comes. Then
    /// it shuts the runtime down, in less than two seconds: see [the crate](crate#how-it-ends).
    ///
    /// Nothing else may write to standard output. Have logs go to standard error.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve_stdio(self) -> Result<(), ServeError> {
        let (handler, _) = self.into_handler()?;
        let stopped = Stopped::watch()?;
        let stdio::Input { reader, closed } =
            stdio::input().map_err(ServeError::io("read standard input"))?;
        let stdio::Output { writer, flushed } =
            stdio::output().map_err(ServeError::io("write standard output"))?;
        let sweeper = sweeper(&handler);
        let service = handler.clone();
        let end = CancellationToken::new();
        let token = end.clone();
        let mut serving = tokio::spawn(async move {
            match service.serve_with_ct((reader, writer), token).await {
                Ok(running) => drop(running.waiting().await),
                // The client has gone before it said what it speaks, or speaks something else.
                Err(error) => {
                    tracing::warn!(%error, "the client and the server did not come to an understanding")
                }
            }
        });
        let served = tokio::select! {
            _ = closed => false,
            () = stopped.stopped() => false,
            _ = &mut serving => true,
        };
        shut_down(&handler).await;
        // What was answered meanwhile is written; the client may have gone.
        end.cancel();
        let written = async {
            // Its handle gives its end once.
            if !served {
                let _ended = serving.await;
            }
            let _flushed = flushed.await;
        };
        if timeout(defaults::ANSWERS, written).await.is_err() {
            tracing::debug!("the client did not read the last answers");
        }
        sweeper.abort();
        Ok(())
    }

    /// Serves streamable HTTP on this address, until SIGTERM or Ctrl-C comes. Then it shuts the runtime down, as
    /// [`serve_stdio`](Self::serve_stdio) does.
    ///
    /// Requests whose `Host` or `Origin` is not of this machine are refused, unless [`hosts`](Self::hosts) names it. An
    /// address that other machines can reach needs a [`token`](Self::token).
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve_http(self, addr: impl ToSocketAddrs) -> Result<(), ServeError> {
        let listener = TcpListener::bind(addr).await.map_err(ServeError::io("bind the address"))?;
        self.serve_on(listener).await
    }

    /// Serves streamable HTTP on a listener, as [`serve_http`](Self::serve_http).
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve_on(self, listener: TcpListener) -> Result<(), ServeError> {
        let addr: SocketAddr =
            listener.local_addr().map_err(ServeError::io("read the listener's address"))?;
        let (handler, access) = self.into_handler()?;
        if !access.admits(addr) {
            return Err(ServeError::Open { addr });
        }
        let stopped = Stopped::watch()?;
        let sweeper = sweeper(&handler);
        let end = CancellationToken::new();
        let router = http::router(handler.clone(), &access, end.clone());
        let (accept, streams) = (end.clone(), end.clone());
        let mut serving = tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { accept.cancelled().await })
                .await
        });
        let ended = tokio::select! {
            () = stopped.stopped() => None,
            ended = &mut serving => Some(ended),
        };
        shut_down(&handler).await;
        streams.cancel();
        if ended.is_none() && timeout(defaults::ANSWERS, &mut serving).await.is_err() {
            serving.abort();
        }
        sweeper.abort();
        match ended {
            Some(Ok(Err(source))) => Err(ServeError::Io { what: "accept connections", source }),
            Some(Ok(Ok(())) | Err(_)) | None => Ok(()),
        }
    }

    fn into_handler(self) -> Result<(Handler, Access), ServeError> {
        let process = match &self.named {
            Named::Fixed(id) => id.clone().into_owned(),
            Named::Process | Named::Meta(_) | Named::Argument => fresh::session_id(),
        };
        SagaId::new(&process).map_err(|why| ServeError::Id { id: process.clone(), why: why.to_string() })?;
        let own = Own::offered(&self.named, &self.hidden);
        let tools = catalog::list(&self.toolbox, &self.named, &own)?;
        let shared = Shared {
            info: self.info,
            tools,
            toolbox: self.toolbox,
            own,
            named: self.named,
            process,
            patience: self.patience,
            sessions: Sessions::new(self.runtime, self.terms),
        };
        Ok((Handler(Arc::new(shared)), self.access))
    }
}

/// Shuts the runtime down. Calls that wait are answered by that.
async fn shut_down(handler: &Handler) {
    let interrupted = handler.0.sessions.runtime().shutdown_within(defaults::DRAIN).await;
    if interrupted > 0 {
        tracing::warn!(sagas = interrupted, "steps were interrupted: the next process settles them");
    }
}

fn sweeper(handler: &Handler) -> JoinHandle<()> {
    let handler = handler.clone();
    tokio::spawn(async move {
        let mut ticks = interval(defaults::KEPT);
        loop {
            ticks.tick().await;
            handler.0.sessions.sweep();
        }
    })
}

/// The signals that end a server in good order.
struct Stopped {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stopped {
    fn watch() -> Result<Self, ServeError> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(ServeError::io("watch for SIGTERM"))?,
        })
    }

    async fn stopped(mut self) {
        #[cfg(unix)]
        let terminated = self.terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            _ = terminated => {}
            // If Ctrl-C cannot be watched for, SIGTERM and the end of the input remain.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
    }
}
