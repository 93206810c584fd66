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
mod tests {
    use super::*;

    const NAME: &str = "TRELLIS_X_URL";

    #[test]
    fn plain_http_stays_on_this_machine_or_on_local_chains() {
        for (url, is_fine) in [
            ("https://signer.internal:4001", true),
            ("http://127.0.0.1:4001", true),
            ("http://[::1]:4001", true),
            ("http://localhost:4001", true),
            ("http://signer.internal:4001", false),
            ("http://10.0.0.1:4001", false),
            ("http://localhost.example.org", false),
            ("signer", false),
        ] {
            assert_eq!(check_url(NAME, url, 56).is_ok(), is_fine, "{url}");
        }
        assert!(check_url(NAME, "http://10.0.0.1:4001", 31_337).is_ok());
    }

    #[test]
    fn a_server_for_others_has_tls() {
        let (anywhere, loopback) = ("0.0.0.0:1".parse().unwrap(), "127.0.0.1:1".parse().unwrap());
        assert!(check_server(NAME, anywhere, false, 56).is_err());
        assert!(check_server(NAME, anywhere, true, 56).is_ok());
        assert!(check_server(NAME, loopback, false, 56).is_ok());
        assert!(check_server(NAME, anywhere, false, 31_337).is_ok());
    }

    #[test]
    fn a_database_elsewhere_is_verified() {
        for (url, is_fine) in [
            ("postgres://u:p@db.internal/ledger", false),
            ("postgres://u:p@db.internal/ledger?sslmode=prefer", false),
            ("postgres://u:p@db.internal/ledger?sslmode=require", false),
            ("postgres://u:p@db.internal/ledger?sslmode=verify-ca", true),
            ("postgres://u:p@db.internal:5433/ledger?sslmode=verify-full", true),
            ("postgres://u@127.0.0.1/ledger", true),
            ("postgres://u@localhost/ledger", true),
            ("postgres:///ledger?host=/run/postgresql", true),
            ("postgres://u@%2Frun%2Fpostgresql/ledger", true),
            ("postgres://u@localhost/ledger?host=db.internal", false),
            ("postgres:///ledger", false),
            ("no url", false),
        ] {
            assert_eq!(check_database(NAME, url, 56).is_ok(), is_fine, "{url}");
        }
        assert!(check_database(NAME, "postgres://u@db.internal/ledger", 1_337).is_ok());
    }
}
