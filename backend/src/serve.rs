//! `backend serve`: checks that this is the right ledger and that its plan may run, then serves until it is told to
//! stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use anyhow::{Context, bail};
use chain::ChainReader;
use plan::ChainClass;
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY, SignerClient};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::{deployment, session};
use telemetry::{Env, ErrorChain};
use tokio::net::TcpListener;

use crate::app::{App, Ledger, Proofs};
use crate::config::{Config, LOCAL_CHAIN_ID, Origin};
use crate::http::{self, Server};
use crate::limiter::{InProcess, Quota};

/// Connections to the database: more would only queue inside PostgreSQL.
const CONNECTIONS_MAX: u32 = 16;
/// How long a request waits for a connection.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(3);
/// How long a statement may run; every one of the API's takes milliseconds, the disclosure over all users longest.
const STATEMENT_TIMEOUT: &str = "5s";
/// How long requests may go on after the process was told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// Between two deletions of what expired.
const TIDY_EVERY: Duration = Duration::from_secs(600);

/// Runs the API server of this process's environment.
///
/// # Errors
/// A bad configuration, another ledger, a plan that must not run, or a server that failed.
pub fn main() -> anyhow::Result<()> {
    telemetry::init()?;
    telemetry::install_tls();
    let config = Config::from_env(&Env::process())?;
    let metrics = telemetry::metrics::install()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?
        .block_on(serve(&config, metrics))
}

async fn serve(config: &Config, metrics: telemetry::metrics::Metrics) -> anyhow::Result<()> {
    let app = Arc::new(assemble(config).await?);
    let server = Server {
        per_address: per_address(requests_per_second(config, app.ledger.chain_id)),
        request_within: http::REQUEST_WITHIN,
        metrics: Some(metrics),
        app: app.clone(),
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    tracing::info!(
        address = %config.listen,
        chain.id = app.ledger.chain_id,
        plan.hash = %app.ledger.plan.hash(),
        "the API is served"
    );
    let tidying = tokio::spawn(tidy(app.pool.clone()));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let service = http::router(server).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        told_to_stop().await;
        tracing::info!("the API stops: open requests are finished");
        let _ = stopping.send(());
    });
    let overdue = async {
        let _ = stopped.await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended.context("the server failed")?,
        () = overdue => tracing::warn!("requests that did not finish are cut off"),
    }
    tidying.abort();
    app.pool.close().await;
    Ok(())
}

/// Checks the configuration against the database and makes everything that use cases need.
///
/// # Errors
/// Another ledger than the configured one, a plan that must not run, or a database that does not answer.
pub async fn assemble(config: &Config) -> anyhow::Result<App> {
    let options: PgConnectOptions = config
        .database_url
        .parse()
        .ok()
        .context("TRELLIS_DATABASE_URL is not a URL of PostgreSQL")?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_WITHIN)
        .connect_with(options.options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
        ]))
        .await
        .context("the database does not let us in")?;
    let deployed = deployment::find(&mut *pool.acquire().await?)
        .await?
        .context("the database is not bound to a contract yet")?;
    check_identity(config, &deployed)?;
    let plan = plan::compile(&deployed.plan_text).context("the stored plan does not compile")?;
    if plan.hash() != deployed.plan_hash {
        bail!(
            "the stored plan has the hash {}, the database says {}",
            plan.hash(),
            deployed.plan_hash
        );
    }
    plan.gate(chain_class(deployed.chain_id))
        .context("the plan must not run on this chain")?;
    plan.served().context("the API cannot serve the plan")?;
    let key = match &config.signer_key {
        Some(key) => key.clone(),
        None => CallerKey::new(DEVELOPMENT_CALLER_KEY).map_err(anyhow::Error::msg)?,
    };
    let origin = match &config.origin {
        Some(origin) => origin.clone(),
        None => Origin::listening_on(config.listen),
    };
    Ok(App {
        pool,
        signer: SignerClient::new(&config.signer_url, key).context("TRELLIS_SIGNER_URL")?,
        ledger: Ledger {
            chain_id: deployed.chain_id,
            contract: deployed.contract,
            plan,
        },
        limiter: Arc::new(InProcess::default()),
        origin,
        root_wallet: config.root_wallet,
        chain: reader(config, deployed.contract)?,
        // Without it on a public chain nothing is served, as checked above.
        submitter: config.submitter.unwrap_or(abi::development::SUBMITTER.address),
        proofs: Proofs::default(),
    })
}

/// The chain's head, if there is a node to ask.
fn reader(config: &Config, contract: Address) -> anyhow::Result<Option<ChainReader>> {
    let connect = |url: &String| ChainReader::connect(url, contract).context("TRELLIS_RPC_URL");
    config.rpc_url.as_ref().map(connect).transpose()
}

/// A page loads a dozen resources at once; on a local chain everybody has the same address.
fn requests_per_second(config: &Config, chain_id: u64) -> u32 {
    config.requests_per_second.unwrap_or(match chain_class(chain_id) {
        ChainClass::Local => 1_000,
        ChainClass::Public => 50,
    })
}

/// The quota of an address: ten seconds of the lasting rate at once.
#[must_use]
pub fn per_address(requests_per_second: u32) -> Quota {
    Quota {
        name: "requests",
        burst: requests_per_second.saturating_mul(10),
        refill: Duration::from_secs(1) / requests_per_second.max(1),
    }
}

fn chain_class(chain_id: u64) -> ChainClass {
    if chain_id == LOCAL_CHAIN_ID {
        ChainClass::Local
    } else {
        ChainClass::Public
    }
}

/// On a public chain nothing is taken from the database or defaulted: the environment must say which ledger and
/// which site this is, and who may be the first user.
fn check_identity(config: &Config, deployed: &deployment::Deployment) -> anyhow::Result<()> {
    if chain_class(deployed.chain_id) == ChainClass::Public {
        for (name, is_set) in [
            ("TRELLIS_CHAIN_ID", config.chain_id.is_some()),
            ("TRELLIS_CONTRACT", config.contract.is_some()),
            ("TRELLIS_PLAN_HASH", config.plan_hash.is_some()),
            ("TRELLIS_ORIGIN", config.origin.is_some()),
            ("TRELLIS_SIGNER_KEY", config.signer_key.is_some()),
            ("TRELLIS_ROOT_WALLET", config.root_wallet.is_some()),
            ("TRELLIS_RPC_URL", config.rpc_url.is_some()),
            ("TRELLIS_SUBMITTER", config.submitter.is_some()),
        ] {
            if !is_set {
                bail!(
                    "{name} must be set on chain {}: development defaults are refused",
                    deployed.chain_id
                );
            }
        }
        if config
            .origin
            .as_ref()
            .is_some_and(|origin| !origin.uri.starts_with("https://"))
        {
            bail!("TRELLIS_ORIGIN must be https on a public chain");
        }
        if config.signer_key_is_public_knowledge {
            bail!("TRELLIS_SIGNER_KEY is a development key");
        }
    }
    if config.chain_id.is_some_and(|id| id != deployed.chain_id) {
        bail!("the database is of chain {}", deployed.chain_id);
    }
    if config
        .contract
        .is_some_and(|contract| contract != deployed.contract)
    {
        bail!("the database is of the contract {}", deployed.contract);
    }
    if config.plan_hash.is_some_and(|hash| hash != deployed.plan_hash) {
        bail!("the database is of the plan {}", deployed.plan_hash);
    }
    Ok(())
}

/// Deletes what expired, again and again.
async fn tidy(pool: PgPool) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        let deleted = async { session::delete_expired(&mut *pool.acquire().await?).await };
        match deleted.await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "deleted expired nonces and sessions"),
            Err(error) => tracing::warn!(error = %ErrorChain(&error), "expired sessions were not deleted"),
        }
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals end the process at once, which is also an answer.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
