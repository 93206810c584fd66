//! The listener's configuration, read from the environment once at start.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, for the role `trellis_listener` |
//! | `TRELLIS_RPC_URL` | JSON-RPC endpoints, separated by commas, on a public chain at least two; they must serve `finalized` and state by block hash |
//! | `TRELLIS_FINAL_ENDPOINTS` | how many of them must have the same final block and journal before it counts; on a public chain 2 by default and at least, on a local one 1 |
//! | `TRELLIS_LISTEN` | where `/health`, `/ready` and `/metrics` are served; nowhere by default |
//! | `TRELLIS_LOG`, `TRELLIS_LOG_FORMAT` | see `service::logs` |
//! | `TRELLIS_READY_FILE` | file to create when ready |
//!
//! Chain, contract and first block are not configured: the database says which ledger it is.

use std::net::SocketAddr;

use service::{Env, EnvError, gather};
use thiserror::Error;

/// Where the listener reads and writes.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database.
    pub database_url: String,
    /// The nodes; a step reads from one of them.
    pub rpc_urls: Vec<String>,
    /// How many must agree, when it was said.
    pub final_endpoints: Option<usize>,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Both URLs may hold secrets.
        f.write_str("Config(..)")
    }
}

/// Why the configuration is not usable.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A variable.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// One endpoint alone could show a chain of its own.
    #[error(
        "TRELLIS_FINAL_ENDPOINTS must be {least} to {endpoints} on chain {chain_id} with {endpoints} endpoints in TRELLIS_RPC_URL"
    )]
    TooFewEndpoints {
        /// The chain.
        chain_id: u64,
        /// How many must agree there at least.
        least: usize,
        /// How many there are.
        endpoints: usize,
    },
}

/// On a public chain nobody is believed alone.
const PUBLIC_LEAST: usize = 2;

impl Config {
    /// Reads all variables.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(gather!(Self {
            database_url: env.text("TRELLIS_DATABASE_URL"),
            rpc_urls: env.list("TRELLIS_RPC_URL"),
            final_endpoints: env.find_parse("TRELLIS_FINAL_ENDPOINTS"),
            listen: env.find_parse("TRELLIS_LISTEN"),
        })?)
    }

    /// How many endpoints must agree on this chain.
    ///
    /// # Errors
    /// [`ConfigError::TooFewEndpoints`].
    pub fn final_endpoints(&self, chain_id: u64) -> Result<usize, ConfigError> {
        let least = if service::is_local_chain(chain_id) {
            1
        } else {
            PUBLIC_LEAST
        };
        let wanted = self.final_endpoints.unwrap_or(least);
        let endpoints = self.rpc_urls.len();
        if (least..=endpoints).contains(&wanted) {
            return Ok(wanted);
        }
        Err(ConfigError::TooFewEndpoints {
            chain_id,
            least,
            endpoints,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL_CHAIN_ID: u64 = 31_337;

    fn needed(urls: &str, wanted: &str, chain_id: u64) -> Option<usize> {
        let env = Env::of(&[
            ("TRELLIS_DATABASE_URL", "postgres://a"),
            ("TRELLIS_RPC_URL", urls),
            ("TRELLIS_FINAL_ENDPOINTS", wanted),
        ]);
        Config::from_env(&env).unwrap().final_endpoints(chain_id).ok()
    }

    #[test]
    fn one_endpoint_suffices_on_the_local_chain_only() {
        assert_eq!(needed("http://a", "", LOCAL_CHAIN_ID), Some(1));
        assert_eq!(needed("http://a", "", 56), None);
        assert_eq!(needed("http://a,http://b", "", 56), Some(2));
        assert_eq!(needed("http://a,http://b", "1", 56), None);
        assert_eq!(needed("http://a,http://b,http://c", "3", 56), Some(3));
        assert_eq!(needed("http://a,http://b", "3", 56), None);
        assert_eq!(needed("http://a", "0", LOCAL_CHAIN_ID), None);
    }
}
