//! Keys at rest: web3 secret storage, version 3, opened with a password from a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use alloy::primitives::Address;
use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy_signer_local::{LocalSignerError, Secp256k1Signer};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::keyring::{KeyError, LocalKey};

/// The shortest password: the file may be copied and then be guessed at without limit.
const PASSWORD_LENGTH_MIN: usize = 12;

/// Permissions of the owner alone.
const OWNER_ONLY: u32 = 0o600;

/// Why a keystore was not created or opened.
#[derive(Debug, Error)]
pub enum KeystoreError {
    /// The password's file cannot be read.
    #[error("cannot read the password file {path}")]
    Password {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// Others than the owner can read the password.
    #[error("the password file {0} is readable by others; run `chmod 600`")]
    PasswordOpen(PathBuf),
    /// The password can be guessed.
    #[error("the password is shorter than {PASSWORD_LENGTH_MIN} bytes")]
    PasswordShort,
    /// The keystore cannot be decrypted, or is none.
    #[error("cannot open the keystore {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: LocalSignerError,
    },
    /// The keystore cannot be written.
    #[error("cannot create a keystore in {path}")]
    Create {
        /// The directory.
        path: PathBuf,
        /// What happened.
        source: LocalSignerError,
    },
    /// The keystore was written, but its permissions could not be set.
    #[error("cannot restrict {path} to its owner")]
    Restrict {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// The decrypted bytes are no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Creates an encrypted key in a directory and returns its file and its account.
pub fn create(directory: &Path, password_file: &Path) -> Result<(PathBuf, Address), KeystoreError> {
    let password = read_password(password_file)?;
    let (key, name) = Secp256k1Signer::new_keystore(directory, &mut OsRng, password.as_slice(), None)
        .map_err(|source| KeystoreError::Create {
            path: directory.to_owned(),
            source,
        })?;
    let path = directory.join(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(OWNER_ONLY)).map_err(|source| {
        KeystoreError::Restrict {
            path: path.clone(),
            source,
        }
    })?;
    Ok((path, key.address()))
}

/// Opens an encrypted key.
pub fn open(file: &Path, password_file: &Path) -> Result<LocalKey, KeystoreError> {
    let password = read_password(password_file)?;
    let signer = Secp256k1Signer::decrypt_keystore(file, password.as_slice()).map_err(|source| {
        KeystoreError::Open {
            path: file.to_owned(),
            source,
        }
    })?;
    Ok(LocalKey::from_bytes(&signer.to_bytes())?)
}

/// The password: the file's content without line ends at its end.
///
/// # Errors
/// [`KeystoreError::Password`], [`KeystoreError::PasswordOpen`], [`KeystoreError::PasswordShort`].
pub fn read_password(file: &Path) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let unreadable = |source| KeystoreError::Password {
        path: file.to_owned(),
        source,
    };
    let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeystoreError::PasswordOpen(file.to_owned()));
    }
    let mut password = Zeroizing::new(fs::read(file).map_err(unreadable)?);
    while password.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        password.pop();
    }
    if password.len() < PASSWORD_LENGTH_MIN {
        return Err(KeystoreError::PasswordShort);
    }
    Ok(password)
}

#[cfg(test)]
mod tests;
