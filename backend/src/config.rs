//! The configuration of `backend serve`, read from the environment once, at start.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_LISTEN` | address and port, `127.0.0.1:4000` by default |
//! | `TRELLIS_DATABASE_URL` | the ledger's database as role `trellis_api` |
//! | `TRELLIS_SIGNER_URL` | base URL of the signer for authorizations |
//! | `TRELLIS_SIGNER_KEY` | this caller's key at the signer, 64 hexadecimal digits; on a local chain a development key by default |
//! | `TRELLIS_SIGNER_TLS_CA`, `TRELLIS_SIGNER_TLS_CERTIFICATE`, `TRELLIS_SIGNER_TLS_KEY` | PEM of the signer's authority, and of this caller's certificate and key; see `service::tls` |
//! | `TRELLIS_ORIGIN` | what wallets see when they sign in, such as `https://app.example.org`; on a local chain the listening address by default |
//! | `TRELLIS_CHAIN_ID`, `TRELLIS_CONTRACT`, `TRELLIS_PLAN_HASH` | which ledger this must be; on a local chain what the database says by default |
//! | `TRELLIS_JURISDICTION` | the profile under which the plan runs: `EU`, `IN`, `US` or a file; required on a public chain |
//! | `TRELLIS_ROOT_WALLET` | the only wallet that may register without a sponsor; on a local chain any, by default, as long as there is nobody |
//! | `TRELLIS_RPC_URL` | JSON-RPC endpoint of a node, for limits and times of the chain's head; without it nothing that needs them is served |
//! | `TRELLIS_TRUSTED_PROXIES`, `TRELLIS_PROXY_HEADER` | proxies that may name the client, and the header in which they do; see `service::client` |
//! | `TRELLIS_CONNECTIONS_MAX`, `TRELLIS_CONNECTIONS_PER_ADDRESS` | open connections in all, 4096 by default, and of one address, 128 by default and all on a local chain |
//! | `TRELLIS_CHAIN_AGE_MAX_SECONDS` | how old the newest final block may be while the API says that it is ready; 60 by default, without limit on a local chain |
//! | `TRELLIS_CORS_ORIGINS` | sites whose pages may call the API, separated by commas; none by default |
//! | `TRELLIS_REQUESTS_PER_SECOND` | lasting rate of requests per address, 50 by default and 1000 on a local chain; ten seconds of it may come at once |
//!
//! Secrets can be in files; see `service::env`. Not responsible for comparing it with the database; see `serve`.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;

use admission::Place;
use alloy_primitives::{Address, B256};
use service::client::TrustedProxies;
use service::server::Limits;
use service::tls::ClientTls;
use service::{Env, EnvError, gather};
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY};

/// A chain that stands still is to be noticed within a minute.
const CHAIN_AGE_MAX_SECONDS: i64 = 60;

/// Configuration of a process that serves the API.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The ledger's database, with a password.
    pub database_url: String,
    /// Base URL of the signer.
    pub signer_url: String,
    /// Key at the signer; secret.
    pub signer_key: Option<CallerKey>,
    /// What is shown to the signer.
    pub signer_tls: Option<ClientTls>,
    /// Whether that is the development key, which everyone knows.
    pub signer_key_is_public_knowledge: bool,
    /// What wallets see when they sign in.
    pub origin: Option<Origin>,
    /// Chain id that the database must name.
    pub chain_id: Option<u64>,
    /// Contract that the database must name.
    pub contract: Option<Address>,
    /// Plan that the database must name.
    pub plan_hash: Option<B256>,
    /// The only wallet that may register without a sponsor.
    pub root_wallet: Option<Address>,
    /// The node that is asked about the chain's head; may hold a secret.
    pub rpc_url: Option<String>,
    /// Lasting rate of requests of one address.
    pub requests_per_second: Option<u32>,
    /// How old the newest final block may be, in seconds.
    pub chain_age_max_seconds: Option<i64>,
    /// Sites whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// Under whose rules the plan runs.
    pub place: Place,
    /// Proxies that are believed.
    pub proxies: TrustedProxies,
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one address.
    pub connections_per_address: Option<usize>,
}

service::redact!(Config {
    listen,
    signer_url,
    origin,
    chain_id
});

/// Scheme and authority of the site whose users sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `https://app.example.org`
    pub uri: String,
    /// `app.example.org`
    pub domain: String,
}

/// Why a text is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be http(s)://host[:port] without a path")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let domain = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or(NotAnOrigin)?;
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if domain.is_empty() || !domain.bytes().all(plain) {
            return Err(NotAnOrigin);
        }
        Ok(Self {
            uri: text.to_owned(),
            domain: domain.to_owned(),
        })
    }
}

impl Origin {
    /// `https` or `http`.
    pub fn scheme(&self) -> &str {
        self.uri.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The site of a server on this address, for development.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            uri: format!("http://{address}"),
            domain: address.to_string(),
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or malformed.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        gather!(Self {
            listen: env.parse_or("TRELLIS_LISTEN", SocketAddr::from(([127, 0, 0, 1], 4000))),
            database_url: env.text("TRELLIS_DATABASE_URL"),
            signer_url: env.text("TRELLIS_SIGNER_URL"),
            signer_key_is_public_knowledge: (env.find_text("TRELLIS_SIGNER_KEY"))
                .map(|key| key.as_deref() == Some(DEVELOPMENT_CALLER_KEY)),
            signer_key: env.find_parse("TRELLIS_SIGNER_KEY"),
            signer_tls: ClientTls::from_env(env),
            origin: env.find_parse("TRELLIS_ORIGIN"),
            chain_id: env.find_parse("TRELLIS_CHAIN_ID"),
            contract: env.find_parse("TRELLIS_CONTRACT"),
            plan_hash: env.find_parse("TRELLIS_PLAN_HASH"),
            root_wallet: env.find_parse("TRELLIS_ROOT_WALLET"),
            rpc_url: env.find_text("TRELLIS_RPC_URL"),
            requests_per_second: find_positive(env, "TRELLIS_REQUESTS_PER_SECOND"),
            chain_age_max_seconds: env.find_parse("TRELLIS_CHAIN_AGE_MAX_SECONDS"),
            cors_origins: env.parse_list("TRELLIS_CORS_ORIGINS"),
            place: Place::from_env(env),
            proxies: TrustedProxies::from_env(env),
            connections_max: find_positive(env, "TRELLIS_CONNECTIONS_MAX")
                .map(|connections| connections.unwrap_or(Limits::PUBLIC.connections_max)),
            connections_per_address: find_positive(env, "TRELLIS_CONNECTIONS_PER_ADDRESS"),
        })
    }
}

fn find_positive<T: FromStr<Err: Display> + Default + PartialEq>(
    env: &Env,
    name: &str,
) -> Result<Option<T>, EnvError> {
    match env.find_parse(name)? {
        Some(zero) if zero == T::default() => Err(EnvError::invalid(name, "must not be zero")),
        number => Ok(number),
    }
}

impl Config {
    /// How old the newest final block may be: a public chain makes several in a second or a few.
    pub fn chain_age_max(&self, chain_id: u64) -> Option<i64> {
        let usual = (!service::is_local_chain(chain_id)).then_some(CHAIN_AGE_MAX_SECONDS);
        self.chain_age_max_seconds.or(usual)
    }

    /// What the server takes at most: on a local chain everyone has the same address.
    pub fn limits(&self, chain_id: u64) -> Limits {
        let per_address_max = self
            .connections_per_address
            .unwrap_or(if service::is_local_chain(chain_id) {
                self.connections_max
            } else {
                Limits::PUBLIC.per_address_max
            });
        Limits {
            connections_max: self.connections_max,
            per_address_max,
            ..Limits::PUBLIC
        }
    }
}

#[cfg(test)]
mod tests;
