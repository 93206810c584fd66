//! What the services of a system run on.

use std::path::PathBuf;

/// Where the services of a system find what they need.
#[derive(Debug, Clone)]
pub struct SystemSpec {
    /// The ledger's database, for its owner.
    pub database_url: String,
    /// The signer's own database, for its owner.
    pub signer_database_url: String,
    /// The local chain.
    pub rpc_url: String,
    /// What stands between the settlement worker and the chain, when a test puts something there.
    pub settler_rpc_url: Option<String>,
    /// The port of the API; a free one when there is none.
    pub api_port: Option<u16>,
    /// Variables for every service beside its usual ones, or instead of them.
    pub environment: Vec<(String, String)>,
    /// The directory of logs.
    pub logs: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
}

impl SystemSpec {
    pub(super) fn settler_rpc_url(&self) -> &str {
        self.settler_rpc_url.as_deref().unwrap_or(&self.rpc_url)
    }
}
