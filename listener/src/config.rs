//! The listener's configuration, read from the environment once at start.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, for the role `trellis_listener` |
//! | `TRELLIS_RPC_URL` | JSON-RPC endpoint of the node; it must serve `finalized` and state by block hash |
//! | `TRELLIS_LOG`, `TRELLIS_LOG_FORMAT` | see `telemetry::logs` |
//! | `TRELLIS_READY_FILE` | file to create when ready |
//!
//! Chain, contract and first block are not configured: the database says which ledger it is.

use telemetry::{Env, EnvError};
use thiserror::Error;

/// Where the listener reads and writes.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database.
    pub database_url: String,
    /// The node.
    pub rpc_url: String,
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
}

impl Config {
    /// Reads all variables.
    ///
    /// # Errors
    /// The first variable that is missing or bad.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database_url: env.text("TRELLIS_DATABASE_URL")?,
            rpc_url: env.text("TRELLIS_RPC_URL")?,
        })
    }
}
