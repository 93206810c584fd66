//! `backend serve`: checks that this is the right ledger and that its plan may run, then serves until
//! shutdown.

use std::sync::Arc;
use std::time::Duration;

use admission::{JURISDICTION, chain_class};
use alloy_primitives::Address;
use anyhow::{Context, bail};
use chain::ChainReader;
use plan::{ChainClass, CompiledPlan};
use service::limiter::{InProcess, Quota};
use service::server::Options;
use service::transport;
use service::{Env, ErrorChain};
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY, SignerClient};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::deadline::BEGIN_WITHIN;
use store::rights::Role;
use store::{StoreError, deployment, session, within};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

use crate::app::payout::BatchIds;
use crate::app::{App, Ledger, SignerState};
use crate::config::{Config, Origin};
use crate::http::{self, Server, Site};

/// Connections to the database for sign-in and signed-in users: more would only queue inside PostgreSQL.
const CONNECTIONS_MAX: u32 = 16;
/// Connections for anonymous reading.
const READING_CONNECTIONS_MAX: u32 = 8;
/// How long a request waits for a connection.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(3);
/// How long a statement may run; every one of the API's takes milliseconds, the disclosure over all users longest.
const STATEMENT_TIMEOUT: &str = "5s";
/// Between two deletions of what expired.
const TIDY_EVERY: Duration = Duration::from_secs(30);
/// Rows that are deleted at once: milliseconds, so that nobody waits for their locks.
const TIDY_ROWS: i64 = 1_000;

/// Runs the API server of this process's environment.
///
/// # Errors
/// A bad configuration, another ledger, a plan that must not run, or a server that failed.
pub fn main() -> anyhow::Result<()> {
    service::init()?;
    service::install_tls();
    let config = Config::from_env(&Env::process())?;
    let metrics = service::metrics::install()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?
        .block_on(serve(&config, metrics))
}

async fn serve(config: &Config, metrics: service::metrics::Metrics) -> anyhow::Result<()> {
    let app = Arc::new(reach(config).await?);
    let server = Server {
        per_address: per_address(requests_per_second(config, app.ledger.chain_id)),
        sign_ins: sign_ins(app.ledger.chain_id),
        request_within: http::REQUEST_WITHIN,
        site: site(config, &app),
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
    let stop = service::shutdown::on_signals().context("cannot install signal handlers")?;
    let options = Options {
        limits: config.limits(app.ledger.chain_id),
        proxies: config.proxies.clone(),
        tls: None,
    };
    service::server::serve(listener, http::router(server), options, stop).await;
    tidying.abort();
    app.pool.close().await;
    app.reading.close().await;
    Ok(())
}

/// CORS and HSTS settings.
fn site(config: &Config, app: &App) -> Site {
    let is_public = chain_class(app.ledger.chain_id) == ChainClass::Public;
    Site {
        cors_origins: config.cors_origins.clone(),
        is_https_only: is_public && app.origin.scheme() == "https",
    }
}

/// As [`assemble`], as soon as the database is there. Until then nothing is listened on, and so nobody is told that the API is
/// ready.
async fn reach(config: &Config) -> anyhow::Result<App> {
    let why_it_waits = |error: &anyhow::Error| store::outage(error.as_ref()).map(|_| format!("{error:#}"));
    service::reach("the database", None, why_it_waits, || {
        within(BEGIN_WITHIN, assemble(config))
    })
    .await
}

/// Checks the configuration against the database and makes everything that use cases need.
///
/// # Errors
/// Another ledger than the configured one, a plan that must not run, or a database that does not respond.
pub async fn assemble(config: &Config) -> anyhow::Result<App> {
    let pool = pool(config, CONNECTIONS_MAX).await?;
    let mut connection = pool.acquire().await?;
    let deployed = deployment::open(&mut connection, Role::Api, service::is_local_chain).await?;
    drop(connection);
    check_identity(config, &deployed)?;
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, deployed.chain_id)?;
    // What is no URL at all is refused below.
    if config.signer_url.contains("://") {
        transport::check_url("TRELLIS_SIGNER_URL", &config.signer_url, deployed.chain_id)?;
    }
    let plan = deployed.served_plan()?;
    plan.gate(chain_class(deployed.chain_id))
        .context("the plan must not run on this chain")?;
    let chain = reader(config, deployed.contract)?;
    admit(config, &plan, deployed.chain_id, chain.as_ref()).await?;
    let key = match &config.signer_key {
        Some(key) => key.clone(),
        None => CallerKey::new(DEVELOPMENT_CALLER_KEY).map_err(anyhow::Error::msg)?,
    };
    let origin = match &config.origin {
        Some(origin) => origin.clone(),
        None => Origin::listening_on(config.listen),
    };
    Ok(App {
        reading: self::pool(config, READING_CONNECTIONS_MAX).await?,
        pool,
        signer: SignerClient::with_tls(&config.signer_url, key, config.signer_tls.as_ref())
            .context("TRELLIS_SIGNER_URL")?,
        ledger: Ledger {
            chain_id: deployed.chain_id,
            contract: deployed.contract,
            plan,
        },
        limiter: InProcess::default(),
        origin,
        root_wallet: config.root_wallet,
        chain,
        chain_age_max_seconds: config.chain_age_max(deployed.chain_id),
        signer_state: SignerState::default(),
        terms: OnceCell::new(),
        batch_ids: BatchIds::default(),
    })
}

/// Whether the plan may run on this chain, under the profile of the environment and for as long as the contract refunds payments.
async fn admit(
    config: &Config,
    plan: &CompiledPlan,
    chain_id: u64,
    chain: Option<&ChainReader>,
) -> anyhow::Result<()> {
    let place = config.place.clone();
    let place = match chain {
        Some(chain) => place.asking(chain_id, chain).await?,
        None => place,
    };
    Ok(place.admit(plan, chain_id)?)
}

/// Connections to the ledger's database.
async fn pool(config: &Config, connections_max: u32) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = config
        .database_url
        .parse()
        .ok()
        .context("TRELLIS_DATABASE_URL is not a PostgreSQL URL")?;
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_WITHIN)
        .connect_with(options.options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
        ]))
        .await
        .context("cannot connect to the ledger's database")
}

/// The chain's head, if there is a node to ask.
fn reader(config: &Config, contract: Address) -> anyhow::Result<Option<ChainReader>> {
    let connect = |url: &String| ChainReader::connect(url, contract).context("TRELLIS_RPC_URL");
    config.rpc_url.as_ref().map(connect).transpose()
}

/// A page loads a dozen resources at once; on a local chain everyone has the same address.
fn requests_per_second(config: &Config, chain_id: u64) -> u32 {
    config.requests_per_second.unwrap_or(match chain_class(chain_id) {
        ChainClass::Local => 1_000,
        ChainClass::Public => 50,
    })
}

/// The quota of an address: ten seconds of the lasting rate at once.
pub fn per_address(requests_per_second: u32) -> Quota {
    Quota::per_second("requests", requests_per_second, 10)
}

/// How often one address may request nonces, sign in and refresh. A nonce lives ten minutes and is kept for ten more, so an
/// address that does nothing else leaves some 1,300 rows.
pub fn sign_ins(chain_id: u64) -> Quota {
    match chain_class(chain_id) {
        ChainClass::Local => Quota::per_second("sign_ins", 1_000, 10),
        ChainClass::Public => Quota::per_second("sign_ins", 1, 60),
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
            (JURISDICTION, config.place.jurisdiction.is_some()),
        ] {
            if !is_set {
                bail!(
                    "{name} must be set on chain {}: development defaults are not allowed",
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
        bail!("the database belongs to chain {}", deployed.chain_id);
    }
    if config
        .contract
        .is_some_and(|contract| contract != deployed.contract)
    {
        bail!("the database belongs to the contract {}", deployed.contract);
    }
    if config.plan_hash.is_some_and(|hash| hash != deployed.plan_hash) {
        bail!("the database belongs to the plan {}", deployed.plan_hash);
    }
    Ok(())
}

/// Deletes what expired, again and again.
async fn tidy(pool: PgPool) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        match tidy_up(&pool).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "deleted expired nonces and sessions"),
            Err(error) => tracing::warn!(error = %ErrorChain(&error), "expired sessions were not deleted"),
        }
    }
}

/// Deletes everything that expired, a part at a time.
async fn tidy_up(pool: &PgPool) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let rows = session::delete_expired(&mut *pool.acquire().await?, TIDY_ROWS).await?;
        deleted += rows;
        if rows < TIDY_ROWS.cast_unsigned() {
            return Ok(deleted);
        }
    }
}
