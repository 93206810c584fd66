//! Configuration of the settlement worker, from the environment only:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, as role `trellis_settler` |
//! | `TRELLIS_RPC_URL` | nodes that transactions are sent to, separated by commas, on a public chain at least two; state is read from the first |
//! | `TRELLIS_BATCH_SIGNER_URL`, `TRELLIS_ROOT_SIGNER_URL`, `TRELLIS_TRANSACTION_SIGNER_URL` | base URLs of the signers of batches (the one of authorizations), of roots and of transactions |
//! | `TRELLIS_BATCH_SIGNER_KEY`, `TRELLIS_ROOT_SIGNER_KEY`, `TRELLIS_TRANSACTION_SIGNER_KEY` | this caller's keys there, 64 hexadecimal digits; on a local chain the development key by default |
//! | `TRELLIS_SIGNER_TLS_CA`, `TRELLIS_SIGNER_TLS_CERTIFICATE`, `TRELLIS_SIGNER_TLS_KEY` | PEM of the signers' authority, and of this caller's certificate and key; see `service::tls` |
//! | `TRELLIS_SUBMITTER` | the account of the signer of transactions; on a local chain its usual one by default |
//! | `TRELLIS_CHAIN_ID`, `TRELLIS_CONTRACT`, `TRELLIS_PLAN_HASH` | which ledger this must be; on a local chain what the database says by default |
//! | `TRELLIS_FEE_PER_GAS_MAX` | wei that a unit of gas may cost at most; default 20000000000 |
//! | `TRELLIS_FEE_BUDGET` | wei that one submission may cost at most; default 250000000000000000 |
//! | `TRELLIS_ROOT_LIFE_SECONDS` | how long the authorization of a root lives; default 1800, 60 to 3600 |
//! | `TRELLIS_LEASE_TTL_MS` | how long a silent worker keeps its lease; default 5000, 500 to 60000 |
//! | `TRELLIS_DATABASE_DEADLINE_MS` | how long one step may take, nodes and signers included; default 120000, 500 to 600000 |
//! | `TRELLIS_POLL_MS` | how long an idle worker waits at most; default 100, 10 to 250 |
//! | `TRELLIS_JURISDICTION` | the profile under which the plan runs: `EU`, `IN`, `US` or a file; required on a public chain |
//! | `TRELLIS_RELAYER*` | the account that pays for relayed exits; see `relay::RelayerConfig` |
//! | `TRELLIS_LISTEN` | where `/health`, `/health/ready` and `/metrics` are served; nowhere by default |

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use admission::Place;
use alloy_primitives::{Address, B256};
use money::Amount;
use service::tls::ClientTls;
use service::transport::{self, TransportError};
use service::{Env, EnvError, gather};
use settlement::fees::FeeLimits;
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY};
use store::deployment::Deployment;
use thiserror::Error;

use crate::relay::RelayerConfig;

/// Twenty times the usual price on BNB Smart Chain: above it a person must decide.
const FEE_PER_GAS_MAX_DEFAULT: u128 = 20_000_000_000;
/// A full batch of 300 new accounts at nearly that price.
const FEE_BUDGET_DEFAULT: u128 = 250_000_000_000_000_000;
/// Half of what the contract allows. A root is normally sent within seconds.
const ROOT_LIFE_SECONDS_DEFAULT: u64 = 1_800;
/// Below a minute a root may expire before a congested chain includes it; above an hour the contract refuses it.
const ROOT_LIFE_SECONDS: RangeInclusive<u64> = 60..=3_600;
/// Long enough for a slow commit or a busy machine, short enough that another worker soon replaces one that was killed.
const LEASE_TTL_MS_DEFAULT: u64 = 5_000;
/// Below, an idle worker could not renew in time; above, a killed one would be missing for too long.
const LEASE_TTL_MS: RangeInclusive<u64> = 500..=60_000;
/// A step calls nodes and signers many times, each with its own deadline.
const DEADLINE_MS_DEFAULT: u64 = 120_000;
/// Below, nothing would be signed on a busy machine; above, it would not be a deadline.
const DEADLINE_MS: RangeInclusive<u64> = 500..=600_000;
/// A fifth of a block of BNB Smart Chain.
const POLL_MS_DEFAULT: u64 = 100;
/// Below, polls would find no new block; above, blocks are seen late.
const POLL_MS: RangeInclusive<u64> = 10..=250;

/// Endpoints on a public chain.
const ENDPOINTS_MIN: usize = 2;

/// Configuration of the worker.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database, with a password.
    pub database_url: String,
    /// Nodes; the first one is read from. URLs may hold keys.
    pub rpc_urls: Vec<String>,
    /// Base URL of the signer of batches.
    pub batch_signer_url: String,
    /// Key there; secret.
    pub batch_signer_key: Option<CallerKey>,
    /// Base URL of the signer of roots.
    pub root_signer_url: String,
    /// Key there; secret.
    pub root_signer_key: Option<CallerKey>,
    /// Base URL of the signer of transactions.
    pub transaction_signer_url: String,
    /// Key there; secret.
    pub transaction_signer_key: Option<CallerKey>,
    /// Certificate that authenticates the worker to the signers.
    pub signer_tls: Option<ClientTls>,
    /// Whether one of the keys is the public development key.
    pub key_is_public_knowledge: bool,
    /// The account that sends.
    pub submitter: Option<Address>,
    /// Chain id that the database must name.
    pub chain_id: Option<u64>,
    /// Contract that the database must name.
    pub contract: Option<Address>,
    /// Plan that the database must name.
    pub plan_hash: Option<B256>,
    /// Limits of the cost of a submission.
    pub fee_limits: FeeLimits,
    /// Lifetime of the authorization of a root, in seconds.
    pub root_life_seconds: u64,
    /// Lifetime of the lease of a silent worker.
    pub lease_ttl: Duration,
    /// Deadline of one step.
    pub deadline: Duration,
    /// Maximum wait of an idle worker.
    pub poll: Duration,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
    /// Name of this process as the holder of the lease, for people.
    pub holder: String,
    /// The jurisdiction whose rules apply to the plan.
    pub place: Place,
    /// The account that pays for relayed exits.
    pub relayer: Option<RelayerConfig>,
}

/// The environment does not fit the ledger in the database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WrongLedger {
    /// A development default on a chain where money is someone's.
    #[error("{name} must be set on chain {chain_id}: development defaults are not allowed")]
    MustBeSet {
        /// The variable.
        name: &'static str,
        /// The chain.
        chain_id: u64,
    },
    /// One endpoint on such a chain: what it does not pass on is lost, and what it says of receipts nobody contradicts.
    #[error("TRELLIS_RPC_URL needs at least {ENDPOINTS_MIN} endpoints on chain {chain_id}")]
    TooFewEndpoints {
        /// The chain.
        chain_id: u64,
    },
    /// A key that everyone knows on such a chain.
    #[error("a signer's key is the development key")]
    DevelopmentKey,
    /// The database belongs to a different chain, contract or plan.
    #[error("the database belongs to a different {0}")]
    Differs(&'static str),
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

service::redact!(Config {
    submitter,
    lease_ttl,
    poll,
    holder
});

impl Config {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, EnvError> {
        let keys = [
            "TRELLIS_BATCH_SIGNER_KEY",
            "TRELLIS_ROOT_SIGNER_KEY",
            "TRELLIS_TRANSACTION_SIGNER_KEY",
        ];
        let known = [DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY];
        let is_known = |name| matches!(env.find_text(name), Ok(Some(key)) if known.contains(&key.as_str()));
        let budget = env.parse_or("TRELLIS_FEE_BUDGET", FEE_BUDGET_DEFAULT);
        gather!(Self {
            database_url: env.text("TRELLIS_DATABASE_URL"),
            rpc_urls: env.list("TRELLIS_RPC_URL"),
            batch_signer_url: env.text("TRELLIS_BATCH_SIGNER_URL"),
            batch_signer_key: env.find_parse(keys[0]),
            root_signer_url: env.text("TRELLIS_ROOT_SIGNER_URL"),
            root_signer_key: env.find_parse(keys[1]),
            transaction_signer_url: env.text("TRELLIS_TRANSACTION_SIGNER_URL"),
            transaction_signer_key: env.find_parse(keys[2]),
            signer_tls: ClientTls::from_env(env),
            key_is_public_knowledge: Ok(keys.into_iter().any(is_known)),
            submitter: env.find_parse("TRELLIS_SUBMITTER"),
            chain_id: env.find_parse("TRELLIS_CHAIN_ID"),
            contract: env.find_parse("TRELLIS_CONTRACT"),
            plan_hash: env.find_parse("TRELLIS_PLAN_HASH"),
            fee_limits: gather!(FeeLimits {
                price_max: env.parse_or("TRELLIS_FEE_PER_GAS_MAX", FEE_PER_GAS_MAX_DEFAULT),
                budget: budget.map(Amount::new),
            }),
            root_life_seconds: env.number(
                "TRELLIS_ROOT_LIFE_SECONDS",
                ROOT_LIFE_SECONDS_DEFAULT,
                ROOT_LIFE_SECONDS,
            ),
            lease_ttl: env.milliseconds("TRELLIS_LEASE_TTL_MS", LEASE_TTL_MS_DEFAULT, LEASE_TTL_MS),
            deadline: env.milliseconds("TRELLIS_DATABASE_DEADLINE_MS", DEADLINE_MS_DEFAULT, DEADLINE_MS),
            poll: env.milliseconds("TRELLIS_POLL_MS", POLL_MS_DEFAULT, POLL_MS),
            listen: env.find_parse("TRELLIS_LISTEN"),
            holder: Ok(format!("process {}", std::process::id())),
            place: Place::from_env(env),
            relayer: RelayerConfig::find(env),
        })
    }

    /// Compares with what the database is bound to. On a public chain nothing is defaulted, and nothing goes over the
    /// network unencrypted.
    pub fn check(&self, deployed: &Deployment) -> Result<(), WrongLedger> {
        let chain_id = deployed.chain_id;
        transport::check_database("TRELLIS_DATABASE_URL", &self.database_url, chain_id)?;
        for (name, url) in [
            ("TRELLIS_BATCH_SIGNER_URL", &self.batch_signer_url),
            ("TRELLIS_ROOT_SIGNER_URL", &self.root_signer_url),
            ("TRELLIS_TRANSACTION_SIGNER_URL", &self.transaction_signer_url),
        ] {
            transport::check_url(name, url, chain_id)?;
        }
        if !service::is_local_chain(chain_id) {
            for (name, is_set) in [
                ("TRELLIS_CHAIN_ID", self.chain_id.is_some()),
                ("TRELLIS_CONTRACT", self.contract.is_some()),
                ("TRELLIS_PLAN_HASH", self.plan_hash.is_some()),
                ("TRELLIS_SUBMITTER", self.submitter.is_some()),
                ("TRELLIS_BATCH_SIGNER_KEY", self.batch_signer_key.is_some()),
                ("TRELLIS_ROOT_SIGNER_KEY", self.root_signer_key.is_some()),
                (
                    "TRELLIS_TRANSACTION_SIGNER_KEY",
                    self.transaction_signer_key.is_some(),
                ),
            ] {
                if !is_set {
                    return Err(WrongLedger::MustBeSet { name, chain_id });
                }
            }
            if self.rpc_urls.len() < ENDPOINTS_MIN {
                return Err(WrongLedger::TooFewEndpoints { chain_id });
            }
            if self.key_is_public_knowledge {
                return Err(WrongLedger::DevelopmentKey);
            }
        }
        for (what, differs) in [
            ("chain", self.chain_id.is_some_and(|id| id != chain_id)),
            (
                "contract",
                self.contract
                    .is_some_and(|contract| contract != deployed.contract),
            ),
            (
                "plan",
                self.plan_hash.is_some_and(|hash| hash != deployed.plan_hash),
            ),
        ] {
            if differs {
                return Err(WrongLedger::Differs(what));
            }
        }
        Ok(())
    }

    /// The account that sends; on a local chain that of the usual signer of transactions.
    pub fn sender(&self) -> Address {
        self.submitter.unwrap_or(abi::development::SUBMITTER.address)
    }
}

#[cfg(test)]
mod tests;
