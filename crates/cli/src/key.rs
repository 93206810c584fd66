//! The key that pays for a transaction: from an encrypted keystore, or in the clear from a file.
//!
//! No message shows a key. Not responsible for keys of services; those are the signers'.

use std::path::{Path, PathBuf};

use alloy_signer_local::PrivateKeySigner;
use anyhow::Context;

use crate::input;

/// Maximum size of a private key file in bytes: sixteen times its 64 digits, to allow white space.
const KEY_BYTES_MAX: usize = 1_024;

#[derive(Debug, clap::Args)]
#[group(id = "sending_key")]
pub(crate) struct Arguments {
    /// Encrypted key that pays for the transaction; without a key the call is only printed
    #[arg(long, env = "TRELLIS_KEYSTORE", requires = "keystore_password_file")]
    keystore: Option<PathBuf>,
    /// The file with the keystore's password
    #[arg(long, env = "TRELLIS_KEYSTORE_PASSWORD_FILE")]
    keystore_password_file: Option<PathBuf>,
    /// Instead of a keystore, a file with the private key in the clear
    #[arg(long, conflicts_with = "keystore")]
    key_file: Option<PathBuf>,
}

impl Arguments {
    /// The key, if one was given.
    pub(crate) fn read(&self) -> anyhow::Result<Option<PrivateKeySigner>> {
        if let Some(file) = &self.key_file {
            return read_clear(file).map(Some);
        }
        match (&self.keystore, &self.keystore_password_file) {
            (Some(keystore), Some(password_file)) => open(keystore, password_file).map(Some),
            (None, _) | (_, None) => Ok(None),
        }
    }
}

fn read_clear(file: &Path) -> anyhow::Result<PrivateKeySigner> {
    let text = input::read_text(file, KEY_BYTES_MAX)?;
    // The error of a bad key must not show the key.
    text.trim()
        .parse()
        .map_err(|_| anyhow::anyhow!("{} holds no private key", file.display()))
}

fn open(keystore: &Path, password_file: &Path) -> anyhow::Result<PrivateKeySigner> {
    let password = signer::keyring::read_password(password_file)?;
    PrivateKeySigner::decrypt_keystore(keystore, password.as_slice())
        .with_context(|| format!("cannot open the keystore {}", keystore.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn arguments(keystore: &Path, password: &Path) -> Arguments {
        Arguments {
            keystore: Some(keystore.to_owned()),
            keystore_password_file: Some(password.to_owned()),
            key_file: None,
        }
    }

    #[test]
    fn a_keystore_of_the_signer_opens_with_its_password_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let password = directory.path().join("password");
        fs::write(&password, "correct horse battery\n").expect("written");
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).expect("closed");
        let (keystore, account) = signer::keyring::create(directory.path(), &password).expect("a keystore");
        let key = arguments(&keystore, &password).read().expect("it opens");
        assert_eq!(key.map(|key| key.address()), Some(account));
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).expect("opened");
        let refused = arguments(&keystore, &password)
            .read()
            .expect_err("others can read it");
        assert!(refused.to_string().contains("readable by others"), "{refused}");
    }

    #[test]
    fn a_bad_key_is_not_shown() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("key");
        fs::write(&file, "0xsecret").expect("written");
        let arguments = Arguments {
            keystore: None,
            keystore_password_file: None,
            key_file: Some(file),
        };
        let refused = format!("{:?}", arguments.read().expect_err("no key"));
        assert!(!refused.contains("secret"), "{refused}");
    }
}
