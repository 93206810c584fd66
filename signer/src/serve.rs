//! Start and end of a serving signer: everything it relies on is checked before the first request.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use chain::{At, ChainReader};
use service::server::{Limits, Options};
use service::transport;
use service::{ErrorChain, is_local_chain};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::callers::Callers;
use crate::config::{Config, Plans};
use crate::database::DatabaseError;
use crate::http::{Served, router};
use crate::keyring::LocalKey;
use crate::policy::Policy;
use crate::purpose::Purpose;
use crate::{Authorizer, database};

/// Serves until it is shutdown requested.
///
/// # Errors
/// The first check that fails, by name.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let chain_id = config.policy.chain_id();
    transport::check_server("TRELLIS_LISTEN", config.listen, config.tls.is_some(), chain_id)?;
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, chain_id)?;
    let key = config.key.open(chain_id)?;
    let why_it_waits = |error: &DatabaseError| {
        let told = ErrorChain(error).to_string();
        error.is_for_the_moment().then_some(told)
    };
    // Until then nothing is listened on.
    let pool = service::reach("the database", None, why_it_waits, || {
        database::connect(&config.database_url)
    })
    .await?;
    check_database(&pool, config.policy.chain_id()).await?;
    let reader = ChainReader::connect(&config.rpc_url, config.policy.contract())?;
    check_chain(&reader, &config.policy, &key).await?;
    check_plans(&config.plans, config.policy.chain_id(), &reader).await?;

    let callers = Callers::new(config.callers, config.requests_per_second);
    let authorizer = Authorizer::new(pool.clone(), reader, key, config.policy, callers);
    authorizer
        .record_start()
        .await
        .context("cannot record the start")?;
    let metrics = service::metrics::install().context("cannot record metrics")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener
        .local_addr()
        .context("the listening address is unknown")?;
    tracing::info!(
        signer.address = %authorizer.address(),
        signer.purpose = authorizer.purpose().name(),
        "listening on {address}"
    );
    let paused = authorizer.list_paused().await;
    for area in paused.context("cannot read the pauses of the key")? {
        tracing::error!(
            area,
            "the key is paused for this after an equivocation; `signer resume` ends it"
        );
    }
    service::announce_ready().context("cannot write the ready file")?;
    let served = Served {
        authorizer: Arc::new(authorizer),
        metrics,
    };
    let stop = service::shutdown::on_signals().context("cannot install signal handlers")?;
    let options = Options {
        tls: config.tls,
        ..Options::plain(Limits::INTERNAL)
    };
    service::server::serve(listener, router(served), options, stop).await;
    pool.close().await;
    tracing::info!("ended");
    Ok(())
}

async fn check_database(pool: &PgPool, chain_id: u64) -> anyhow::Result<()> {
    database::check_migrated(pool).await?;
    if database::may_rewrite(pool)
        .await
        .context("the signer's rights are unknown")?
    {
        ensure!(
            is_local_chain(chain_id),
            "the database role can rewrite the signer's memory; connect as trellis_signer"
        );
        tracing::warn!("the database role can rewrite the signer's memory; fine on a local chain only");
    }
    Ok(())
}

/// A signer that the contract does not know, or on another chain, would give signatures that no one can use. And no key
/// has two purposes: whoever takes one process has one of them.
async fn check_chain(reader: &ChainReader, policy: &Policy, key: &LocalKey) -> anyhow::Result<()> {
    let chain_id = reader
        .chain_id()
        .await
        .context("cannot read the node's chain id")?;
    ensure!(
        chain_id == policy.chain_id(),
        "the node is on chain {chain_id}, the signer on {}",
        policy.chain_id()
    );
    let contract = policy.contract();
    let missing = || format!("there is no custody contract at {contract}");
    let held = reader.held_token(At::Latest).await.with_context(missing)?;
    if let Some(token) = held {
        // Its policy bounds amounts of the coin.
        bail!(
            "token_form_unsupported: the contract {contract} holds the token {token}; signing for tokens is not supported yet"
        );
    }
    let account = key.address();
    let is_signer = reader.is_signer(account).await.with_context(missing)?;
    let is_root_signer = reader.is_root_signer(account).await.with_context(missing)?;
    let (known, free) = match policy.purpose() {
        Purpose::Authorizations => (is_signer, !is_root_signer),
        Purpose::Roots => (is_root_signer, !is_signer),
        // Anyone may send transactions; whether this account may submit batches is seen when it does.
        Purpose::Transactions => (true, !is_signer && !is_root_signer),
    };
    ensure!(
        known,
        "the contract {contract} does not list the signer {account}"
    );
    ensure!(
        free,
        "the contract {contract} lists {account} for a purpose other than {}",
        policy.purpose()
    );
    Ok(())
}

/// A plan that must not run here gets no signature, whatever the request.
async fn check_plans(plans: &Plans, chain_id: u64, reader: &ChainReader) -> anyhow::Result<()> {
    if plans.files.is_empty() {
        return Ok(());
    }
    let place = plans.place.clone().asking(chain_id, reader).await?;
    for (file, plan) in &plans.files {
        place
            .admit(plan, chain_id)
            .with_context(|| file.display().to_string())?;
        tracing::info!(plan.file = %file.display(), plan.hash = %plan.hash(), "signing for a plan");
    }
    Ok(())
}
