//! Ports that stay the same from start to start.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Ports that a system keeps from start to start, so that a wallet or a database tool is configured once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptPorts {
    /// Of the chain's JSON-RPC.
    pub(crate) rpc: u16,
    /// Of PostgreSQL.
    pub(crate) database: u16,
}

impl KeptPorts {
    /// The usual ports, for a first start.
    pub(crate) const USUAL: Self = Self {
        rpc: 8545,
        database: 54_329,
    };

    /// Those of the last start, or the usual ones.
    pub(crate) fn read(file: &Path) -> Self {
        let read = std::fs::read_to_string(file).ok();
        read.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Self::USUAL)
    }

    /// Keeps them for the next start.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        std::fs::write(file, serde_json::to_string(self)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_ports_are_the_usual_ones_until_others_were_used() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ports.json");
        assert_eq!(KeptPorts::read(&file), KeptPorts::USUAL);
        let used = KeptPorts { rpc: 1, database: 2 };
        used.write(&file).unwrap();
        assert_eq!(KeptPorts::read(&file), used);
        std::fs::write(&file, "nonsense").unwrap();
        assert_eq!(KeptPorts::read(&file), KeptPorts::USUAL);
    }
}
