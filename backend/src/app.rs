//! The use cases, one file each: load, decide, persist. They contain neither HTTP nor SQL.

pub mod access;
pub mod approve;
pub mod audit;
pub mod authorizations;
pub mod confirm;
pub mod contract;
pub mod disclose;
pub mod exits;
pub mod fund;
pub mod head;
pub mod intake;
pub mod liabilities;
pub mod monitoring;
pub mod payout;
pub mod pending;
pub mod placement;
pub mod profile;
pub mod proof;
pub mod proposal;
pub mod readiness;
pub mod relay;
pub mod replay;
pub mod report;
pub mod reserve;
pub mod search;
pub mod session;
pub mod side;
pub mod sign_in;
pub mod sponsor;
pub mod treasury;
pub mod tree;
pub mod withdraw;
pub mod withdrawals;

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::Address;
use chain::ChainReader;
use plan::CompiledPlan;
use service::limiter::InProcess;
use signer_client::SignerClient;
use sqlx::PgPool;
use sqlx::pool::PoolConnection;
use store::StoreError;
use tokio::sync::OnceCell;

use crate::config::Origin;
pub use readiness::SignerState;

/// Leaves of a root that are read from the database at once: some hundred kilobytes.
pub const LEAVES_AT_ONCE: i64 = 5_000;

/// Everything that use cases need, once per process.
#[derive(Debug)]
pub struct App {
    /// The ledger's database, for sign-in and signed-in users.
    pub pool: PgPool,
    /// The same for anonymous reading, apart: however much of it there is, it cannot keep anyone from signing in.
    pub reading: PgPool,
    /// The ledger that is served.
    pub ledger: Ledger,
    /// The signer for authorizations.
    pub signer: SignerClient,
    /// How often someone may ask.
    pub limiter: InProcess,
    /// What wallets see when they sign in.
    pub origin: Origin,
    /// The only wallet that may register without a sponsor; `None` for any.
    pub root_wallet: Option<Address>,
    /// The chain's head; `None` when no node is configured.
    pub chain: Option<ChainReader>,
    /// How old the newest final block may be, in seconds, while the API calls itself ready.
    pub chain_age_max_seconds: Option<i64>,
    /// What the signer said of itself last.
    pub signer_state: SignerState,
    /// What the contract said of itself.
    pub terms: OnceCell<contract::Terms>,
    /// Ids of batches that are requested here.
    pub batch_ids: payout::BatchIds,
}

/// Chain, contract and plan of a ledger.
#[derive(Debug)]
pub struct Ledger {
    /// The chain.
    pub chain_id: u64,
    /// The custody contract.
    pub contract: Address,
    /// The plan.
    pub plan: CompiledPlan,
}

impl App {
    /// A connection of the pool.
    pub async fn connection(&self) -> Result<PoolConnection<sqlx::Postgres>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection for what anyone may read without a session.
    pub async fn reading_connection(&self) -> Result<PoolConnection<sqlx::Postgres>, StoreError> {
        Ok(self.reading.acquire().await?)
    }
}

/// The present, in seconds since 1970-01-01 UTC. Only for logins and the time at which a command was accepted:
/// whatever the contract decides goes by the chain's time.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Random bytes of the operating system.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}
