//! The configuration of a signer, read from the environment once, at start.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_PURPOSE` | what this signer signs: `authorizations` (the default), `roots` or `transactions` |
//! | `TRELLIS_LISTEN` | address and port, `127.0.0.1:0` by default; port 0 picks a free one and the log says which |
//! | `TRELLIS_TLS_CERTIFICATE`, `TRELLIS_TLS_KEY`, `TRELLIS_TLS_CLIENT_CA` | PEM of the certificate chain, its key, and the authorities of callers; required on public chains unless it listens on a loopback address |
//! | `TRELLIS_DATABASE_URL` | the signers' own database as role `trellis_signer` |
//! | `TRELLIS_RPC_URL` | the node whose head is the clock of deadlines, and whose state justifies batches, roots and nonces |
//! | `TRELLIS_CHAIN_ID`, `TRELLIS_CONTRACT` | the only chain and contract it signs for |
//! | `TRELLIS_KEYSTORE`, `TRELLIS_KEYSTORE_PASSWORD_FILE` | the encrypted key and the file with its password |
//! | `TRELLIS_DEVELOPMENT_KEY` | a private key in the clear instead; refused unless the chain is a local one |
//! | `TRELLIS_CALLERS` | `name=KINDS:SHA256-OF-KEY`, separated by commas; kinds of the purpose, separated by `+`: `registration`, `retopup`, `payout-batch`; `root`; `transaction`. On a local chain the development caller by default |
//! | `TRELLIS_REQUESTS_PER_SECOND` | lasting rate of requests per caller, 50 by default; ten seconds of it may come at once |
//! | `TRELLIS_PLANS` | authorizations and roots: the files of the plans, separated by commas; what is in them is compiled and judged once, at start |
//! | `TRELLIS_JURISDICTION` | authorizations and roots: the profile under which the plans run: `EU`, `IN`, `US` or a file; required on a public chain |
//! | `TRELLIS_AMOUNT_MAX` | authorizations: the largest amount of one intake in base units; on a local chain 1,000 BNB by default |
//! | `TRELLIS_BATCH_MAX` | authorizations: the largest total of one batch in base units; on a local chain 1,000,000 BNB by default |
//! | `TRELLIS_DAY_MAX` | authorizations: the most that batches may newly promise in any 24 hours; not below the limit of a batch; on a local chain 10,000,000 BNB by default |
//! | `TRELLIS_WALLET_DAY_MAX` | authorizations: the most that batches may newly promise to one wallet in any 24 hours; on a local chain the limit of a day by default |
//! | `TRELLIS_FIRST_PAYOUT_MAX` | authorizations: the most for a wallet that was never paid; on a local chain the limit of a day by default |
//! | `TRELLIS_ROOT_DAY_MAX` | roots: the most that roots may newly promise in any 24 hours; on a local chain 10,000,000 BNB by default |
//! | `TRELLIS_ROOT_UNSEEN_MAX` | roots: what a root may promise beyond all intakes that signers with the same database authorized; on a local chain 10,000,000 BNB by default |
//! | `TRELLIS_LARGE_TOTAL`, `TRELLIS_LARGE_AGE_SECONDS` | authorizations and roots: from which total (of a root: increase) on something waits, and how long after this signer, and the attestor, first saw it; on a local chain nothing waits by default |
//! | `TRELLIS_CLAIMS_PER_DAY_MAX` | transactions: claims for users in any 24 hours; on a local chain 1,000,000 by default |
//! | `TRELLIS_ATTESTORS` | accounts of the reconcilers that attest, separated by commas; on a local chain the development attestor by default |
//! | `TRELLIS_ATTESTATION_AGE_MAX_SECONDS` | for how long of the chain's time an attestation counts; 120 by default, 10 to 3600 |
//! | `TRELLIS_GAS_LIMIT_MAX` | transactions: the largest gas limit; by default 16,777,216, the chain's own limit |
//! | `TRELLIS_FEE_PER_GAS_MAX` | transactions: the highest price of gas in wei, tip included; on a local chain 1,000 gwei by default |
//! | `TRELLIS_TIP_PER_GAS_MAX` | transactions: the highest tip per gas in wei; by default as high as the price |
//!
//! Not responsible for comparing it with the chain and the database; see `serve`.

mod plans;
mod policy;

use std::net::SocketAddr;
use std::sync::Arc;

use alloy::primitives::Address;
use service::{Env, EnvError, gather, is_local_chain};

pub use self::plans::Plans;
use crate::callers::CallerSpec;
use crate::keyring::{KeySource, KeyVariables};
use crate::policy::Policy;
use crate::purpose::Purpose;

/// Requests per second and caller when nothing else is said: a hundred times what a busy day of registrations needs.
const REQUESTS_PER_SECOND_DEFAULT: u32 = 50;

/// Configuration of a signer.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Mutual TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The signer's own database, with a password.
    pub database_url: String,
    /// The node.
    pub rpc_url: String,
    /// What it signs for.
    pub policy: Policy,
    /// The plans that it signs for, and where they run; none for transactions.
    pub plans: Plans,
    /// Where its key comes from.
    pub key: KeySource,
    /// Who may ask.
    pub callers: Vec<CallerSpec>,
    /// Lasting rate of requests of one caller.
    pub requests_per_second: u32,
}

service::redact!(Config {
    listen,
    policy,
    key,
    callers
});

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// The first variable that is missing, malformed, or allowed on local chains only.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        let purpose = env.parse_or("TRELLIS_PURPOSE", Purpose::Authorizations)?;
        let chain_id = env.parse("TRELLIS_CHAIN_ID")?;
        let local = is_local_chain(chain_id);
        let plans = match purpose {
            Purpose::Authorizations | Purpose::Roots => Plans::from_env(env),
            Purpose::Transactions => Ok(Plans::default()),
        };
        let plan_hashes = plans.as_ref().map(Plans::hashes).unwrap_or_default();
        gather!(Self {
            listen: env.parse_or("TRELLIS_LISTEN", SocketAddr::from(([127, 0, 0, 1], 0))),
            tls: service::tls::server_from_env(env),
            database_url: env.text("TRELLIS_DATABASE_URL"),
            rpc_url: env.text("TRELLIS_RPC_URL"),
            policy: policy::policy(env, purpose, chain_id, plan_hashes),
            plans,
            key: key(env, local),
            callers: callers(env, purpose, local),
            requests_per_second: env.number(
                "TRELLIS_REQUESTS_PER_SECOND",
                REQUESTS_PER_SECOND_DEFAULT,
                1..=u32::MAX,
            ),
        })
    }
}

fn contract(env: &Env) -> Result<Address, EnvError> {
    let contract: Address = env.parse("TRELLIS_CONTRACT")?;
    if contract.is_zero() {
        return Err(EnvError::invalid("TRELLIS_CONTRACT", "must not be zero"));
    }
    Ok(contract)
}

const KEY: KeyVariables = KeyVariables {
    keystore: "TRELLIS_KEYSTORE",
    password_file: "TRELLIS_KEYSTORE_PASSWORD_FILE",
    development: "TRELLIS_DEVELOPMENT_KEY",
};

fn key(env: &Env, local: bool) -> Result<KeySource, EnvError> {
    match KeySource::find(env, &KEY)? {
        Some(KeySource::Development(_)) if !local => {
            Err(EnvError::invalid(KEY.development, "is for local chains only"))
        }
        Some(key) => Ok(key),
        None => Err(EnvError::Missing {
            name: KEY.keystore.to_owned(),
        }),
    }
}

fn callers(env: &Env, purpose: Purpose, local: bool) -> Result<Vec<CallerSpec>, EnvError> {
    let name = "TRELLIS_CALLERS";
    let callers = match env.find_text(name)? {
        None if local => return Ok(CallerSpec::development(purpose)),
        None => env.text(name)?,
        Some(text) => text,
    };
    let callers = CallerSpec::list(&callers, purpose).map_err(|error| EnvError::invalid(name, error))?;
    if !local && callers.iter().any(CallerSpec::is_public_knowledge) {
        return Err(EnvError::invalid(
            name,
            "the development caller is for local chains only",
        ));
    }
    Ok(callers)
}

#[cfg(test)]
mod tests;
