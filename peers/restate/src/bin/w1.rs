//! Workload W1 on Restate: the server with its defaults, one node, and a service of this process that it calls. The
//! server is linked statically, so nothing can be preloaded into it; fsyncs are those of its write-ahead logs, from its
//! own metrics. In the first seconds after its start it is several times slower than later; this time is not measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::Error;
use harness::w1::{self, Name, Subject};
use peer_restate::{Ports, Restate, client, serve};
use restate_sdk::ingress::ReqwestClient;
use restate_sdk::prelude::*;

/// The duration of the warm-up, in which sagas run one after the other.
const WARM_UP: Duration = Duration::from_secs(4);

struct Five;

#[service]
impl Five {
    /// Five steps, each with its undo.
    #[handler]
    async fn run(&self, cx: Context<'_>, _n: u32) -> HandlerResult<()> {
        let mut done: Vec<String> = Vec::new();
        for _ in 0..w1::STEPS {
            match cx.run(async || Ok(w1::give())).name("give").await {
                Ok(given) => done.push(given),
                Err(error) => {
                    for _ in done.into_iter().rev() {
                        cx.run(async || Ok(())).name("take").await?;
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}

struct Caller {
    server: Arc<Restate>,
    client: ReqwestClient,
    round: usize,
}

impl Subject for Caller {
    async fn saga(&self, id: String) -> Result<(), Error> {
        let five = FiveIngressClient::from_client(self.client.clone());
        // Ids must differ between rounds.
        let key = format!("{}-{id}", self.round);
        five.run(7).idempotency_key(key).call().await?.into_body()?;
        Ok(())
    }

    fn fsyncs(&self) -> Option<u64> {
        self.server.syncs()
    }
}

/// Runs sagas until a newly started server has its usual speed.
async fn warm_up(caller: &Caller) -> Result<(), Error> {
    let begun = Instant::now();
    for number in 0_u64.. {
        if begun.elapsed() > WARM_UP {
            break;
        }
        caller.saga(format!("warm-up-{number}")).await?;
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    // On the main thread: the server dies with the thread that started it.
    let server = Arc::new(Restate::start()?);
    let ports: Ports = server.ports();
    let sdk = harness::lock::version(include_str!("../../Cargo.lock"), "restate-sdk");
    let name = Name {
        peer: format!("restate {}, SDK {sdk}", server.version()),
        durability: server.durability().into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        serve(Endpoint::builder().bind(Five).build(), ports).await?;
        let caller = |round| Ok::<_, Error>(Caller { server: server.clone(), client: client(ports)?, round });
        warm_up(&caller(0)?).await?;
        w1::measure(async |_, round| Ok((caller(round)?, name.clone()))).await
    })
}
