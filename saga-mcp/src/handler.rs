//! The protocol's side of a server: lists its tools, and routes each call.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use saga::Session;
use saga::tools::Toolbox;
use serde_json::Value;

use crate::named::{Named, Said};
use crate::own::Own;
use crate::sessions::{Sessions, Unopened};
use crate::{answer, call, end, fresh, refusal};

/// How long a client may keep the list of tools. It is the same for as long as the process lives, and for each client.
const LIST_TTL_MS: u64 = 3_600_000;

/// A server, as each connection and each request has it.
#[derive(Clone)]
pub(crate) struct Handler(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) info: ServerConfig,
    pub(crate) tools: Vec<Tool>,
    pub(crate) toolbox: Toolbox,
    pub(crate) own: Vec<Own>,
    pub(crate) named: Named,
    /// The id of the session of the process.
    pub(crate) process: String,
    pub(crate) patience: Duration,
    pub(crate) sessions: Sessions,
}

/// The target of a call.
enum Called {
    Step,
    Own(Own),
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        self.0.info.clone()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _request: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = ListToolsResult::with_all_items(self.0.tools.clone());
        Ok(tools.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let shared = &self.0;
        let name = request.name.into_owned();
        let called = shared.called(&name)?;
        let mut arguments = request.arguments.unwrap_or_default();
        let (id, is_given_out) = match called {
            Called::Own(Own::Begin) => (fresh::session_id(), false),
            Called::Own(_) | Called::Step => {
                match shared.named.of(&shared.process, &context.meta, &mut arguments) {
                    Said::Session(id) => (id, false),
                    Said::GivenOut(id) => (id, true),
                    Said::Unsaid(text) => return Ok(answer::error(text).into()),
                    Said::Fault(text) => return Err(ErrorData::invalid_params(text, None)),
                }
            }
        };
        let call = {
            let (shared, name, id) = (shared.clone(), name.clone(), id.clone());
            async move { shared.answered(called, &name, arguments, &id, is_given_out).await }
        };
        let answered = call::apart(&name, call, shared.patience, &context).await;
        Ok(answer::of_session(answered, &id).into())
    }
}

impl Shared {
    fn called(&self, name: &str) -> Result<Called, ErrorData> {
        if let Some(own) = Own::find(name).filter(|own| self.own.contains(own)) {
            return Ok(Called::Own(own));
        }
        match self.toolbox.find(name) {
            Some(_) => Ok(Called::Step),
            None => {
                let names: Vec<&str> = self.tools.iter().map(|tool| &*tool.name).collect();
                let text = format!("there is no tool `{name}`; there are {}", names.join(", "));
                Err(ErrorData::invalid_params(text, None))
            }
        }
    }

    async fn answered(
        &self,
        called: Called,
        name: &str,
        arguments: JsonObject,
        id: &str,
        is_given_out: bool,
    ) -> CallToolResult {
        let opened = match is_given_out {
            true => self.sessions.find(id).await,
            false => self.sessions.open(id).await,
        };
        let session = match opened {
            Ok(session) => session,
            Err(unopened) => return not_opened(&unopened),
        };
        match called {
            Called::Own(own) => end::own(own, &session, &arguments).await,
            Called::Step => self.step(&session, name, arguments).await,
        }
    }

    async fn step(&self, session: &Session, name: &str, arguments: JsonObject) -> CallToolResult {
        match session.call_json(&self.toolbox, name, &Value::Object(arguments)).await {
            Ok(output) => answer::output(output),
            Err(error) => refusal::answer(&error),
        }
    }
}

fn not_opened(unopened: &Unopened) -> CallToolResult {
    let text = refusal::text_of(unopened);
    match unopened {
        Unopened::Unknown(_) => {
            answer::error(format!("{text}: pass the text that `begin` gave, or call `begin`"))
        }
        Unopened::Id { .. } => answer::error(text),
        Unopened::Open { .. } | Unopened::Look { .. } => {
            tracing::error!(error = %text, "a session could not be opened");
            answer::error(format!("{text}. Nothing was done. Call it again later, or tell the user."))
        }
    }
}
