//! The settlement worker: seals batches, sends them and the operator's other transactions, and releases the
//! money of batches that provably can no longer be executed.
//!
//! One process at a time is the worker. Everything that matters is in PostgreSQL before it is acted on, so a worker can
//! die anywhere and the next one goes on: a nonce is stored with what it is for, a signed transaction before it is
//! sent. Decisions are those of the crate `settlement`; what happened is told by finalized events alone.
//!
//! It requests authorizations only with the signatures of people and a fresh attestation, and verifies the signatures
//! itself. Not responsible for what payouts do to the books (`posting`), nor for collecting approvals (`app`).

mod advance;
mod allocate;
mod batches;
pub mod build;
mod calls;
mod claims;
pub mod config;
mod foresee;
mod life;
mod mark;
mod memory;
mod network;
mod pause;
mod release;
mod resume;
mod roots;
mod seal;
mod send;
mod sign;
mod view;
pub mod worker;

use std::time::Duration;

use admission::{CoolingOffError, NotAdmitted};
use chain::ChainError;
use plan::CompiledPlan;
use service::ErrorChain;
use service::health::Pulse;
use service::metrics::Metrics;
use sqlx::PgConnection;
use store::deadline::BEGIN_WITHIN;
use store::deployment::{self, Deployment, DeploymentError};
use store::lease::{self, LeaseError, LeaseName};
use store::rights::Role;
use store::{Deadlines, StoreError, within};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use batches::AUTHORIZATION_SECONDS;
pub use calls::CallsError;
pub use config::Config;
use life::Life;
pub use network::{Network, NetworkError};
pub use resume::{ResumeError, Resumed};
pub use worker::{Step, StepError, Worker};

use crate::lease_guard::{self, LeaseGuard};
use crate::relay::{Relayer, RelayerError};
use crate::succession::{self, SuccessionError};

/// A worker that begins no step for this long is stuck: the longest wait of a step is for signers.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Why the worker ends.
#[derive(Debug, Error)]
pub enum SettleError {
    /// The ledger, or its plan, is none that the worker can work on.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The environment does not fit the database.
    #[error(transparent)]
    WrongLedger(#[from] config::WrongLedger),
    /// A URL or a key is none.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The plan must not run on this chain.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// Nobody knows for how long the contract refunds payments, so nobody can judge the plan.
    #[error(transparent)]
    CoolingOff(#[from] CoolingOffError),
    /// The contract holds a token: batches, gas and the ledger's amounts are the coin's.
    #[error(
        "token_form_unsupported: the contract holds the token {token}; settlement in tokens is not supported yet"
    )]
    TokenForm {
        /// The token.
        token: alloy_primitives::Address,
    },
    /// The relayer's key cannot be used.
    #[error("relaying is disabled")]
    Relayer(#[from] RelayerError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The account stays paused.
    #[error("the account stays paused")]
    Resume(#[from] ResumeError),
    /// Another process is the worker.
    #[error("a settlement worker is running; stop it first")]
    Running,
    /// The lease was lost.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// Health and metrics cannot be served.
    #[error("cannot serve health and metrics")]
    Serve(#[source] std::io::Error),
    /// Nobody knows whether this process is the worker.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
}

impl SettleError {
    /// Whether only a node that does not respond keeps the worker from its start.
    const fn is_silence_of_a_node(&self) -> bool {
        matches!(
            self,
            Self::CoolingOff(CoolingOffError::Unread(ChainError::Transport { .. }))
        )
    }
}

/// What the database calls the worker's connections.
const CONNECTED_AS: &str = "trellis-settlement";

/// A connection for the worker.
///
/// # Errors
/// The URL is not valid, or the server rejects the connection.
pub async fn connect(url: &str) -> Result<PgConnection, StoreError> {
    lease_guard::connect(url, Deadlines::SERVICE, CONNECTED_AS).await
}

/// Works until `stop` is cancelled or something fails.
///
/// # Errors
/// See [`SettleError`]. The process must end then, and may be started again.
pub async fn run(config: &Config, metrics: Metrics, stop: &CancellationToken) -> Result<(), SettleError> {
    let pulse = Pulse::new(SILENCE_MAX);
    service::health::serve(config.listen, metrics, pulse.clone())
        .await
        .map_err(SettleError::Serve)?;
    let why_it_waits = |error: &SettleError| store::outage(error).map(|_| ErrorChain(error).to_string());
    let reaching = service::reach("the database", Some(&pulse), why_it_waits, || begin(config));
    let (connection, deployed, plan) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        reached = reaching => reached?,
    };
    let relayer = open_relayer(config, &deployed)?;
    let network = Network::connect(config, &deployed)?;
    match network.held_token().await {
        Ok(None) => {}
        Ok(Some(token)) => return Err(SettleError::TokenForm { token }),
        // A node that is down is no reason not to start: listener and signers refuse a token for themselves.
        Err(error) => {
            tracing::warn!(error = %ErrorChain(&error), "cannot read the contract's holdings from the node");
        }
    }
    let why_it_waits = |error: &SettleError| {
        error
            .is_silence_of_a_node()
            .then(|| ErrorChain(error).to_string())
    };
    let admitting = service::reach("the node", Some(&pulse), why_it_waits, || {
        admit(config, &deployed, &plan, &network)
    });
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        admitted = admitting => admitted?,
    }
    let mut life = Life::new(config, &deployed, network, relayer, pulse);
    succession::work(&mut life, connection, stop).await
}

/// The account that pays for relayed exits, when there is one.
fn open_relayer(config: &Config, deployed: &Deployment) -> Result<Option<Relayer>, RelayerError> {
    let open = |relayer| Relayer::open(relayer, deployed.chain_id, deployed.contract, config.sender());
    let relayer = config.relayer.as_ref().map(open).transpose()?;
    if let Some(relayer) = &relayer {
        tracing::info!(relayer.account = %relayer.address(), "relaying exits");
    }
    Ok(relayer)
}

/// A first connection, the ledger that it leads to, and its plan.
async fn begin(config: &Config) -> Result<(PgConnection, Deployment, CompiledPlan), SettleError> {
    let mut connection = connect(&config.database_url).await?;
    let (deployed, plan) = within(BEGIN_WITHIN, check(config, &mut connection)).await?;
    Ok((connection, deployed, plan))
}

/// Checks that this is the right ledger, and that its plan is served.
async fn check(
    config: &Config,
    connection: &mut PgConnection,
) -> Result<(Deployment, CompiledPlan), SettleError> {
    let deployed = deployment::open(connection, Role::Settler, service::is_local_chain).await?;
    config.check(&deployed)?;
    let plan = deployed.served_plan()?;
    Ok((deployed, plan))
}

/// Whether the plan may run on this chain, for as long as the contract refunds payments.
async fn admit(
    config: &Config,
    deployed: &Deployment,
    plan: &CompiledPlan,
    network: &Network,
) -> Result<(), SettleError> {
    let place = config.place.clone();
    let place = place.asking(deployed.chain_id, &network.reader).await?;
    Ok(place.admit(plan, deployed.chain_id)?)
}

/// Ends the pause of the account that sends. No worker may run meanwhile.
///
/// # Errors
/// See [`SettleError`]; nothing is changed then.
pub async fn resume(config: &Config, reason: &str) -> Result<Resumed, SettleError> {
    let mut connection = connect(&config.database_url).await?;
    let deployed = deployment::open(&mut connection, Role::Settler, service::is_local_chain).await?;
    config.check(&deployed)?;
    let network = Network::connect(config, &deployed)?;
    let lease = lease::claim(
        &mut connection,
        LeaseName::Settlement,
        &config.holder,
        config.lease_ttl,
    );
    let lease = lease.await?.ok_or(SettleError::Running)?;
    let hold = LeaseGuard::new(connection, lease, config.lease_ttl);
    let mut worker = Worker::new(config, &deployed, network, hold);
    let resumed = worker.resume(reason).await;
    worker.release().await?;
    Ok(resumed?)
}
