//! The account that PostgreSQL runs under: their own one, or another when we are root, which it refuses.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

/// Accounts that root hands PostgreSQL to, the first that exists.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// A user and group that a child process runs under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    uid: u32,
    gid: u32,
    switch: bool,
}

impl Account {
    /// The account for processes that refuse to run as root.
    pub fn unprivileged() -> anyhow::Result<Self> {
        let uid = rustix::process::geteuid();
        if !uid.is_root() {
            return Ok(Self {
                uid: uid.as_raw(),
                gid: rustix::process::getegid().as_raw(),
                switch: false,
            });
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        CANDIDATES
            .iter()
            .find_map(|name| find_account(&passwd, name))
            .map(|(uid, gid)| Self {
                uid,
                gid,
                switch: true,
            })
            .with_context(|| {
                format!("PostgreSQL cannot run as root, and none of the users {CANDIDATES:?} exists")
            })
    }

    /// Makes the command run under this account.
    pub fn apply(&self, command: &mut Command) {
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives a file or directory to this account.
    pub fn own(&self, path: &Path) -> anyhow::Result<()> {
        if self.switch {
            std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
                .with_context(|| format!("cannot change the owner of {}", path.display()))?;
        }
        Ok(())
    }

    /// Whether this account may pass through the directory and all its parents.
    pub fn can_traverse(&self, directory: &Path) -> bool {
        if !self.switch {
            return true;
        }
        directory
            .ancestors()
            .filter(|path| !path.as_os_str().is_empty())
            .all(|path| {
                fs::metadata(path).is_ok_and(|found| {
                    let execute = if found.uid() == self.uid {
                        0o100
                    } else if found.gid() == self.gid {
                        0o010
                    } else {
                        0o001
                    };
                    found.mode() & execute != 0
                })
            })
    }
}

fn find_account(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then_some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:nobody:/none:/bin/false\n";

    #[test]
    fn an_account_is_found_by_its_whole_name_and_never_root() {
        assert_eq!(find_account(PASSWD, "nobody"), Some((65534, 65533)));
        assert_eq!(find_account(PASSWD, "no"), None);
        assert_eq!(find_account(PASSWD, "root"), None);
    }

    #[test]
    fn a_closed_directory_above_stops_another_account() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let other = Account {
            uid: 65534,
            gid: 65534,
            switch: true,
        };
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(other.can_traverse(&inner));
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!other.can_traverse(&inner));
    }
}
