//! Configuration of the settlement worker, from the environment only:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, as role `trellis_settler` |
//! | `TRELLIS_RPC_URL` | nodes that transactions are sent to, separated by commas; state is read from the first |
//! | `TRELLIS_ROOT_SIGNER_URL`, `TRELLIS_TRANSACTION_SIGNER_URL` | base URLs of the signers of roots and of transactions |
//! | `TRELLIS_ROOT_SIGNER_KEY`, `TRELLIS_TRANSACTION_SIGNER_KEY` | this caller's keys there, 64 hexadecimal digits; on a local chain the development key by default |
//! | `TRELLIS_SUBMITTER` | the account of the signer of transactions; on a local chain its usual one by default |
//! | `TRELLIS_CHAIN_ID`, `TRELLIS_CONTRACT`, `TRELLIS_PLAN_HASH` | which ledger this must be; on a local chain what the database says by default |
//! | `TRELLIS_FEE_PER_GAS_MAX` | wei that a unit of gas may cost at most; default 20000000000 |
//! | `TRELLIS_FEE_BUDGET` | wei that one submission may cost at most; default 250000000000000000 |
//! | `TRELLIS_ROOT_LIFE_SECONDS` | how long the authorization of a root lives; default 1800, 60 to 3600 |
//! | `TRELLIS_LEASE_TTL_MS` | how long a silent worker keeps its lease; default 5000, 500 to 60000 |
//! | `TRELLIS_POLL_MS` | how long an idle worker waits at most; default 100, 10 to 250 |
//! | `TRELLIS_LISTEN` | where `/health`, `/health/ready` and `/metrics` are served; nowhere by default |

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use money::Amount;
use settlement::fees::FeeLimits;
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY};
use store::deployment::Deployment;
use telemetry::{Env, EnvError};
use thiserror::Error;

use crate::config::LOCAL_CHAIN_ID;

/// Twenty times what BNB Smart Chain usually asks for: above it a person is to decide.
const FEE_PER_GAS_MAX_DEFAULT: u128 = 20_000_000_000;
/// A full batch of 300 new accounts at nearly that price.
const FEE_BUDGET_DEFAULT: u128 = 250_000_000_000_000_000;
/// Half of what the contract allows: a root is sent within seconds, or something is wrong.
const ROOT_LIFE_SECONDS_DEFAULT: u64 = 1_800;
/// Below a minute a root may expire before a congested chain takes it; above an hour the contract refuses it.
const ROOT_LIFE_SECONDS: RangeInclusive<u64> = 60..=3_600;
/// Long enough for a slow commit or a busy machine, short enough that a killed worker is followed soon.
const LEASE_TTL_MS_DEFAULT: u64 = 5_000;
/// Below this an idle worker could not renew in time, above it a killed one would be missed for too long.
const LEASE_TTL_MS: RangeInclusive<u64> = 500..=60_000;
/// A fifth of a block of BNB Smart Chain.
const POLL_MS_DEFAULT: u64 = 100;
/// Below this a node is asked for nothing new, above it blocks are seen late.
const POLL_MS: RangeInclusive<u64> = 10..=250;

/// What the worker is told.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database, with a password.
    pub database_url: String,
    /// Nodes; the first one is read from. URLs may hold keys.
    pub rpc_urls: Vec<String>,
    /// Base URL of the signer of roots.
    pub root_signer_url: String,
    /// Key there; secret.
    pub root_signer_key: Option<CallerKey>,
    /// Base URL of the signer of transactions.
    pub transaction_signer_url: String,
    /// Key there; secret.
    pub transaction_signer_key: Option<CallerKey>,
    /// Whether one of the keys is the development key, which everybody knows.
    pub key_is_public_knowledge: bool,
    /// The account that sends.
    pub submitter: Option<Address>,
    /// Chain id that the database must name.
    pub chain_id: Option<u64>,
    /// Contract that the database must name.
    pub contract: Option<Address>,
    /// Plan that the database must name.
    pub plan_hash: Option<B256>,
    /// What a submission may cost.
    pub fee_limits: FeeLimits,
    /// How long the authorization of a root lives.
    pub root_life_seconds: u64,
    /// How long a silent worker keeps its lease.
    pub lease_ttl: Duration,
    /// How long an idle worker waits at most.
    pub poll: Duration,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
    /// Who holds the lease, for people who look.
    pub holder: String,
}

/// The environment does not fit the ledger in the database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WrongLedger {
    /// A development default on a chain where money is somebody's.
    #[error("{name} must be set on chain {chain_id}: development defaults are refused")]
    MustBeSet {
        /// The variable.
        name: &'static str,
        /// The chain.
        chain_id: u64,
    },
    /// A key that everybody knows on such a chain.
    #[error("a signer's key is the development key")]
    DevelopmentKey,
    /// The database is of another chain, contract or plan.
    #[error("the database is of another {0}")]
    Differs(&'static str),
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("submitter", &self.submitter)
            .field("lease_ttl", &self.lease_ttl)
            .field("poll", &self.poll)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable that is missing or not valid, by name.
    pub fn read(env: &Env) -> Result<Self, EnvError> {
        let rpc_urls: Vec<String> = (env.text("TRELLIS_RPC_URL")?.split(','))
            .map(|url| url.trim().to_owned())
            .collect();
        if rpc_urls.iter().any(String::is_empty) {
            return Err(EnvError::invalid("TRELLIS_RPC_URL", "one of the URLs is empty"));
        }
        let keys = ["TRELLIS_ROOT_SIGNER_KEY", "TRELLIS_TRANSACTION_SIGNER_KEY"];
        let mut key_is_public_knowledge = false;
        for name in keys {
            key_is_public_knowledge |= env.find_text(name)?.as_deref() == Some(DEVELOPMENT_CALLER_KEY);
        }
        Ok(Self {
            database_url: env.text("TRELLIS_DATABASE_URL")?,
            rpc_urls,
            root_signer_url: env.text("TRELLIS_ROOT_SIGNER_URL")?,
            root_signer_key: env.find_parse(keys[0])?,
            transaction_signer_url: env.text("TRELLIS_TRANSACTION_SIGNER_URL")?,
            transaction_signer_key: env.find_parse(keys[1])?,
            key_is_public_knowledge,
            submitter: env.find_parse("TRELLIS_SUBMITTER")?,
            chain_id: env.find_parse("TRELLIS_CHAIN_ID")?,
            contract: env.find_parse("TRELLIS_CONTRACT")?,
            plan_hash: env.find_parse("TRELLIS_PLAN_HASH")?,
            fee_limits: FeeLimits {
                price_max: env.parse_or("TRELLIS_FEE_PER_GAS_MAX", FEE_PER_GAS_MAX_DEFAULT)?,
                budget: Amount::new(env.parse_or("TRELLIS_FEE_BUDGET", FEE_BUDGET_DEFAULT)?),
            },
            root_life_seconds: within(
                env,
                "TRELLIS_ROOT_LIFE_SECONDS",
                ROOT_LIFE_SECONDS_DEFAULT,
                ROOT_LIFE_SECONDS,
            )?,
            lease_ttl: Duration::from_millis(within(
                env,
                "TRELLIS_LEASE_TTL_MS",
                LEASE_TTL_MS_DEFAULT,
                LEASE_TTL_MS,
            )?),
            poll: Duration::from_millis(within(env, "TRELLIS_POLL_MS", POLL_MS_DEFAULT, POLL_MS)?),
            listen: env.find_parse("TRELLIS_LISTEN")?,
            holder: format!("process {}", std::process::id()),
        })
    }

    /// Compares with what the database is bound to. On a public chain nothing is defaulted.
    ///
    /// # Errors
    /// [`WrongLedger`].
    pub fn check(&self, deployed: &Deployment) -> Result<(), WrongLedger> {
        let chain_id = deployed.chain_id;
        if chain_id != LOCAL_CHAIN_ID {
            for (name, is_set) in [
                ("TRELLIS_CHAIN_ID", self.chain_id.is_some()),
                ("TRELLIS_CONTRACT", self.contract.is_some()),
                ("TRELLIS_PLAN_HASH", self.plan_hash.is_some()),
                ("TRELLIS_SUBMITTER", self.submitter.is_some()),
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
    #[must_use]
    pub fn sender(&self) -> Address {
        self.submitter.unwrap_or(abi::development::SUBMITTER.address)
    }
}

fn within(env: &Env, name: &str, default: u64, range: RangeInclusive<u64>) -> Result<u64, EnvError> {
    let value = env.parse_or(name, default)?;
    if range.contains(&value) {
        Ok(value)
    } else {
        let rule = format!("must be from {} to {}", range.start(), range.end());
        Err(EnvError::invalid(name, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 4] = [
        ("TRELLIS_DATABASE_URL", "postgres://u:hush@h/d"),
        ("TRELLIS_RPC_URL", "http://a, http://b"),
        ("TRELLIS_ROOT_SIGNER_URL", "http://c"),
        ("TRELLIS_TRANSACTION_SIGNER_URL", "http://d"),
    ];

    fn deployed(chain_id: u64) -> Deployment {
        Deployment {
            chain_id,
            contract: Address::repeat_byte(1),
            contract_block: 1,
            contract_block_hash: B256::ZERO,
            asset: "BNB".to_owned(),
            plan_hash: B256::repeat_byte(2),
            plan_text: String::new(),
        }
    }

    #[test]
    fn the_four_addresses_are_required_and_several_nodes_may_be_named() {
        let config = Config::read(&Env::of(&COMPLETE)).unwrap();
        assert_eq!(config.rpc_urls, ["http://a", "http://b"]);
        for missing in 0..COMPLETE.len() {
            let mut pairs = COMPLETE.to_vec();
            pairs.remove(missing);
            assert!(Config::read(&Env::of(&pairs)).is_err());
        }
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn times_out_of_their_range_are_refused() {
        for (name, bad) in [
            ("TRELLIS_POLL_MS", "251"),
            ("TRELLIS_POLL_MS", "0"),
            ("TRELLIS_LEASE_TTL_MS", "100"),
            ("TRELLIS_ROOT_LIFE_SECONDS", "3601"),
            ("TRELLIS_RPC_URL", "http://a,"),
        ] {
            let pairs: Vec<_> = COMPLETE
                .into_iter()
                .filter(|pair| pair.0 != name)
                .chain([(name, bad)])
                .collect();
            assert!(Config::read(&Env::of(&pairs)).is_err(), "{name} {bad}");
        }
    }

    #[test]
    fn on_a_public_chain_nothing_is_defaulted_and_no_key_is_public_knowledge() {
        let config = Config::read(&Env::of(&COMPLETE)).unwrap();
        assert_eq!(config.check(&deployed(LOCAL_CHAIN_ID)), Ok(()));
        assert!(config.check(&deployed(56)).is_err());
        let contract = Address::repeat_byte(1).to_string();
        let plan = B256::repeat_byte(2).to_string();
        let secret = "0f".repeat(32);
        let mut pairs = COMPLETE.to_vec();
        pairs.extend([
            ("TRELLIS_CHAIN_ID", "56"),
            ("TRELLIS_CONTRACT", &contract),
            ("TRELLIS_PLAN_HASH", &plan),
            ("TRELLIS_SUBMITTER", &contract),
            ("TRELLIS_ROOT_SIGNER_KEY", &secret),
            ("TRELLIS_TRANSACTION_SIGNER_KEY", &secret),
        ]);
        let config = Config::read(&Env::of(&pairs)).unwrap();
        assert_eq!(config.check(&deployed(56)), Ok(()));
        assert_eq!(config.check(&deployed(97)), Err(WrongLedger::Differs("chain")));
        pairs.pop();
        pairs.push(("TRELLIS_TRANSACTION_SIGNER_KEY", DEVELOPMENT_CALLER_KEY));
        let config = Config::read(&Env::of(&pairs)).unwrap();
        assert_eq!(config.check(&deployed(56)), Err(WrongLedger::DevelopmentKey));
    }
}
