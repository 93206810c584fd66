//! The checkout that development works in, and the places in it that are not committed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::unprivileged::Account;

/// A file of the checkout that no other directory has; it marks the root.
const ROOT_MARK: &str = "crates/devstack/Cargo.toml";

/// The root directory of a checkout.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The checkout around the current directory, else around the running executable.
    pub fn find() -> anyhow::Result<Self> {
        let directory = std::env::current_dir().context("the current directory no longer exists")?;
        let executable = std::env::current_exe().context("the running executable is unknown")?;
        for start in [directory, executable] {
            if let Some(root) = start.ancestors().find(|path| path.join(ROOT_MARK).is_file()) {
                return Ok(Self {
                    root: root.to_owned(),
                });
            }
        }
        bail!("run this inside a checkout of Trellis: no parent directory contains {ROOT_MARK}")
    }

    /// The checkout with this root.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// A path below the root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A directory for local state below `.local`, created when missing.
    pub fn local(&self, relative: &str) -> anyhow::Result<PathBuf> {
        let path = self.root.join(".local").join(relative);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }

    /// A directory for local state that the account can reach.
    ///
    /// That is below `.local`, unless a directory above the checkout is closed to the account (a checkout in
    /// a home of mode 0700, run as root): then it is below `/var/tmp`, in a directory of this checkout's own.
    pub fn local_for(&self, account: &Account, relative: &str) -> anyhow::Result<PathBuf> {
        let inside = self.local("")?;
        if account.can_traverse(&inside) {
            return self.local(relative);
        }
        let outside = self.outside()?;
        let path = outside.join(relative);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }

    /// Waits for a lock that only one process of this checkout holds at a time.
    pub fn lock(&self, name: &str) -> anyhow::Result<FileLock> {
        FileLock::wait(&self.local("locks")?.join(name))
    }

    /// Takes the lock, or returns `None` when another process holds it.
    pub fn try_lock(&self, name: &str) -> anyhow::Result<Option<FileLock>> {
        FileLock::try_take(&self.local("locks")?.join(name))
    }

    fn outside(&self) -> anyhow::Result<PathBuf> {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        let digest = Sha256::digest(self.root.as_os_str().as_encoded_bytes());
        let path = Path::new("/var/tmp").join(format!("trellis-{}", hex::encode(&digest[..6])));
        match fs::DirBuilder::new().mode(0o755).create(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot create {}", path.display()));
            }
            Ok(()) | Err(_) => {}
        }
        // Anyone may create names in /var/tmp: use only a real directory that is our own.
        let found = fs::symlink_metadata(&path)?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            bail!("{} belongs to another user; remove it", path.display());
        }
        Ok(path)
    }
}

/// A lock on a file, released when dropped or when the process ends in any way.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock.
    pub fn wait(path: &Path) -> anyhow::Result<Self> {
        let file = open_lock_file(path)?;
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock, or returns `None` when another process holds it.
    pub fn try_take(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = open_lock_file(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

fn open_lock_file(path: &Path) -> anyhow::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open the lock {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_found_from_a_crate_directory() {
        let checkout = Checkout::find().expect("tests run inside the checkout");
        assert!(checkout.path("crates/devstack/src/checkout.rs").is_file());
    }

    #[test]
    fn a_lock_is_held_once_and_free_after_its_drop() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let held = FileLock::try_take(&path).unwrap();
        assert!(held.is_some());
        assert!(FileLock::try_take(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::try_take(&path).unwrap().is_some());
    }
}
