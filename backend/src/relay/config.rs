//! The relayer's configuration; it relays if it has a key:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_RELAYER_KEYSTORE`, `TRELLIS_RELAYER_PASSWORD_FILE` | the encrypted key of the account that pays for relayed exits, and the file with its password; without it nothing is relayed |
//! | `TRELLIS_DEVELOPMENT_RELAYER_KEY` | a key in the clear, on local chains only |
//! | `TRELLIS_RELAYER_FEE_PER_GAS_MAX` | wei that a unit of gas may cost at most; above it messages wait; default 5000000000 |
//! | `TRELLIS_RELAYER_BUDGET_PER_DAY` | wei that all relaying of 24 hours may cost; beyond it messages wait; default 250000000000000000 |

use std::path::PathBuf;

use alloy::primitives::B256;
use money::Amount;
use service::{Env, EnvError};

/// Five times what BNB Smart Chain usually requests.
const FEE_PER_GAS_MAX_DEFAULT: u128 = 5_000_000_000;
/// Some two thousand exits at a tenth of that price.
const BUDGET_PER_DAY_DEFAULT: u128 = 250_000_000_000_000_000;

/// Where the key is, and what may be spent.
#[derive(Clone)]
pub struct RelayerConfig {
    pub(super) key: RelayerKey,
    pub(super) price_max: u128,
    pub(super) budget_per_day: Amount,
}

/// Where the key comes from.
#[derive(Clone)]
pub(super) enum RelayerKey {
    /// An encrypted file, and the file of its password.
    Keystore(PathBuf, PathBuf),
    /// A key that is worth nothing.
    Development(B256),
}

impl std::fmt::Debug for RelayerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayerConfig")
            .field("price_max", &self.price_max)
            .field("budget_per_day", &self.budget_per_day)
            .finish_non_exhaustive()
    }
}

impl RelayerConfig {
    /// Reads the environment; `None` when there is no key.
    ///
    /// # Errors
    /// A variable that is missing or not valid, by name.
    pub fn find(env: &Env) -> Result<Option<Self>, EnvError> {
        let development = "TRELLIS_DEVELOPMENT_RELAYER_KEY";
        let plain: Option<B256> = env.find_parse(development)?;
        let key = match (env.find_text("TRELLIS_RELAYER_KEYSTORE")?, plain) {
            (Some(_), Some(_)) => {
                let reason = "must not be set beside TRELLIS_RELAYER_KEYSTORE";
                return Err(EnvError::invalid(development, reason));
            }
            (Some(file), None) => {
                let password = env.text("TRELLIS_RELAYER_PASSWORD_FILE")?;
                RelayerKey::Keystore(file.into(), password.into())
            }
            (None, Some(plain)) => RelayerKey::Development(plain),
            (None, None) => return Ok(None),
        };
        Ok(Some(Self {
            key,
            price_max: env.parse_or("TRELLIS_RELAYER_FEE_PER_GAS_MAX", FEE_PER_GAS_MAX_DEFAULT)?,
            budget_per_day: Amount::new(
                env.parse_or("TRELLIS_RELAYER_BUDGET_PER_DAY", BUDGET_PER_DAY_DEFAULT)?,
            ),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_nothing_is_relayed_and_two_keys_are_an_error() {
        assert!(RelayerConfig::find(&Env::of(&[])).unwrap().is_none());
        let secret = format!("0x{}", "5ec7e7".repeat(11).get(..64).unwrap());
        let plain = ("TRELLIS_DEVELOPMENT_RELAYER_KEY", secret.as_str());
        let found = RelayerConfig::find(&Env::of(&[plain])).unwrap().unwrap();
        assert!(!format!("{found:?}").contains("5ec7e7"));
        let keystore = ("TRELLIS_RELAYER_KEYSTORE", "key");
        assert!(RelayerConfig::find(&Env::of(&[plain, keystore])).is_err());
        assert!(RelayerConfig::find(&Env::of(&[keystore])).is_err());
        let password = ("TRELLIS_RELAYER_PASSWORD_FILE", "password");
        assert!(
            RelayerConfig::find(&Env::of(&[keystore, password]))
                .unwrap()
                .is_some()
        );
    }
}
