//! Which connections must be encrypted: on public chains, all except within one machine.
//!
//! Not responsible for how; see `tls`.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use url::Url;

use crate::is_local_chain;

/// A connection that others could read or change, on a chain where money is someone's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// A URL is none.
    #[error("{name} is not a URL")]
    NotAUrl {
        /// The variable.
        name: &'static str,
    },
    /// A URL of another machine without TLS.
    #[error(
        "{name} must be https on chain {chain_id}: plain http is allowed only for loopback addresses and local chains"
    )]
    PlainUrl {
        /// The variable.
        name: &'static str,
        /// The chain.
        chain_id: u64,
    },
    /// A server that other machines reach without TLS.
    #[error(
        "{name} must be a loopback address on chain {chain_id}, or TRELLIS_TLS_CERTIFICATE, TRELLIS_TLS_KEY and \
         TRELLIS_TLS_CLIENT_CA must be set"
    )]
    PlainServer {
        /// The variable.
        name: &'static str,
        /// The chain.
        chain_id: u64,
    },
    /// A database on another machine, without TLS that says whose it is.
    #[error("{name} must have sslmode=verify-full or sslmode=verify-ca on chain {chain_id}")]
    PlainDatabase {
        /// The variable.
        name: &'static str,
        /// The chain.
        chain_id: u64,
    },
}

/// Checks the URL of another service of ours.
pub fn check_url(name: &'static str, url: &str, chain_id: u64) -> Result<(), TransportError> {
    let url = Url::parse(url).map_err(|_| TransportError::NotAUrl { name })?;
    let is_safe = url.scheme() == "https" || is_this_machine(url.host_str().unwrap_or(""));
    if is_safe || is_local_chain(chain_id) {
        Ok(())
    } else {
        Err(TransportError::PlainUrl { name, chain_id })
    }
}

/// Checks where a server for other services of ours listens.
pub fn check_server(
    name: &'static str,
    listen: SocketAddr,
    has_tls: bool,
    chain_id: u64,
) -> Result<(), TransportError> {
    if has_tls || listen.ip().to_canonical().is_loopback() || is_local_chain(chain_id) {
        Ok(())
    } else {
        Err(TransportError::PlainServer { name, chain_id })
    }
}

/// Checks the URL of a database. `sslmode=require` is not enough: it encrypts, but does not verify the server.
pub fn check_database(name: &'static str, url: &str, chain_id: u64) -> Result<(), TransportError> {
    let url = Url::parse(url).map_err(|_| TransportError::NotAUrl { name })?;
    let parameter = |wanted: &[&str]| {
        let mut all = url.query_pairs();
        let found = all.find(|(name, _)| wanted.contains(&name.as_ref()));
        found.map(|(_, value)| value.into_owned())
    };
    let host = parameter(&["host", "hostaddr"]);
    let host = host.as_deref().or_else(|| url.host_str()).unwrap_or("");
    // A path is a socket of this machine; in the place of the host its slashes are escaped.
    let is_socket = host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    let is_verified = parameter(&["sslmode", "ssl-mode"])
        .is_some_and(|mode| matches!(mode.as_str(), "verify-full" | "verify-ca"));
    if is_verified || is_socket || is_this_machine(host) || is_local_chain(chain_id) {
        Ok(())
    } else {
        Err(TransportError::PlainDatabase { name, chain_id })
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    host.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests;
