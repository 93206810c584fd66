//! Where a key comes from: an encrypted file in production, an environment variable in development.

use std::fmt;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use service::{Env, EnvError, is_local_chain};
use thiserror::Error;

use crate::keyring::{KeyError, KeystoreError, LocalKey, is_public_knowledge, open};

/// The variables that name a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyVariables {
    /// The encrypted file.
    pub keystore: &'static str,
    /// The file with its password.
    pub password_file: &'static str,
    /// The key in the clear.
    pub development: &'static str,
}

/// Where a key comes from.
#[derive(Clone)]
pub enum KeySource {
    /// An encrypted file and the file with its password.
    Keystore {
        /// The encrypted key.
        file: PathBuf,
        /// The file with the password.
        password_file: PathBuf,
    },
    /// A key in the clear, for local chains.
    Development(B256),
}

/// Why a key cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The keystore cannot be opened.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key in the clear where money is somebody's.
    #[error("a key in the clear is for local chains only")]
    Development,
    /// A well-known key where money is somebody's.
    #[error("everybody knows the private key of {0}")]
    PublicKnowledge(Address),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keystore { file, .. } => write!(f, "Keystore({})", file.display()),
            Self::Development(_) => f.write_str("Development"),
        }
    }
}

impl KeySource {
    /// Reads the environment; `None` when it names no key.
    pub fn find(env: &Env, names: &KeyVariables) -> Result<Option<Self>, EnvError> {
        let development = env.find_parse(names.development)?;
        match (env.find_text(names.keystore)?, development) {
            (Some(_), Some(_)) => {
                let reason = format_args!("must not be set beside {}", names.keystore);
                Err(EnvError::invalid(names.development, reason))
            }
            (Some(file), None) => Ok(Some(Self::Keystore {
                file: file.into(),
                password_file: env.text(names.password_file)?.into(),
            })),
            (None, development) => Ok(development.map(Self::Development)),
        }
    }

    /// The key. On a public chain it must be one that nobody else knows.
    pub fn open(&self, chain_id: u64) -> Result<LocalKey, OpenError> {
        let is_local = is_local_chain(chain_id);
        let key = match self {
            Self::Keystore { file, password_file } => open(file, password_file)?,
            Self::Development(_) if !is_local => return Err(OpenError::Development),
            Self::Development(secret) => LocalKey::from_bytes(secret)?,
        };
        if !is_local && is_public_knowledge(key.address()) {
            return Err(OpenError::PublicKnowledge(key.address()));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: KeyVariables = KeyVariables {
        keystore: "KEYSTORE",
        password_file: "PASSWORD_FILE",
        development: "DEVELOPMENT",
    };

    fn found(pairs: &[(&str, &str)]) -> Result<Option<KeySource>, EnvError> {
        KeySource::find(&Env::of(pairs), &NAMES)
    }

    #[test]
    fn there_is_one_key_or_none_and_a_keystore_needs_its_password() {
        let secret = format!("0x{}", "5ec7e7".repeat(11).get(..64).unwrap());
        let plain = ("DEVELOPMENT", secret.as_str());
        let (keystore, password) = (("KEYSTORE", "key"), ("PASSWORD_FILE", "password"));
        assert!(found(&[]).unwrap().is_none());
        assert!(!format!("{:?}", found(&[plain]).unwrap()).contains("5ec7e7"));
        assert!(found(&[keystore, password]).unwrap().is_some());
        assert_eq!(found(&[plain, keystore]).unwrap_err().names(), ["DEVELOPMENT"]);
        assert_eq!(found(&[keystore]).unwrap_err().names(), ["PASSWORD_FILE"]);
    }

    #[test]
    fn a_key_in_the_clear_is_for_local_chains() {
        let source = KeySource::Development(abi::development::FREEZER.private_key);
        assert_eq!(
            source.open(31_337).unwrap().address(),
            abi::development::FREEZER.address
        );
        assert!(matches!(source.open(56), Err(OpenError::Development)));
    }
}
