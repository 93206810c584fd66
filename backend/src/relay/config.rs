//! The relayer's configuration; it relays if it has a key:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_RELAYER_KEYSTORE`, `TRELLIS_RELAYER_PASSWORD_FILE` | the encrypted key of the account that pays for relayed exits, and the file with its password; without it nothing is relayed |
//! | `TRELLIS_DEVELOPMENT_RELAYER_KEY` | a key in the clear, on local chains only |
//! | `TRELLIS_RELAYER_FEE_PER_GAS_MAX` | wei that a unit of gas may cost at most; above it messages wait; default 5000000000 |
//! | `TRELLIS_RELAYER_BUDGET_PER_DAY` | wei that all relaying of 24 hours may cost; beyond it messages wait; default 250000000000000000 |

use money::Amount;
use service::{Env, EnvError, gather};
use signer::keyring::{KeySource, KeyVariables};

const KEY: KeyVariables = KeyVariables {
    keystore: "TRELLIS_RELAYER_KEYSTORE",
    password_file: "TRELLIS_RELAYER_PASSWORD_FILE",
    development: "TRELLIS_DEVELOPMENT_RELAYER_KEY",
};

/// Five times what BNB Smart Chain usually requests.
const FEE_PER_GAS_MAX_DEFAULT: u128 = 5_000_000_000;
/// Some two thousand exits at a tenth of that price.
const BUDGET_PER_DAY_DEFAULT: u128 = 250_000_000_000_000_000;

/// Where the key is, and what may be spent.
#[derive(Clone)]
pub struct RelayerConfig {
    pub(super) key: KeySource,
    pub(super) price_max: u128,
    pub(super) budget_per_day: Amount,
}

service::redact!(RelayerConfig {
    price_max,
    budget_per_day
});

impl RelayerConfig {
    /// Reads the environment; `None` when there is no key.
    pub fn find(env: &Env) -> Result<Option<Self>, EnvError> {
        let Some(key) = KeySource::find(env, &KEY)? else {
            return Ok(None);
        };
        let budget = env.parse_or("TRELLIS_RELAYER_BUDGET_PER_DAY", BUDGET_PER_DAY_DEFAULT);
        gather!(Self {
            key: Ok(key),
            price_max: env.parse_or("TRELLIS_RELAYER_FEE_PER_GAS_MAX", FEE_PER_GAS_MAX_DEFAULT),
            budget_per_day: budget.map(Amount::new),
        })
        .map(Some)
    }
}
