//! Where the running development system is reached, for people and tools: `.local/dev/endpoints.json`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// How long a service may take to say whether it is ready.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// The running system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The URL of the API.
    pub api: String,
    /// The URL of the chain's JSON-RPC.
    pub rpc: String,
    /// The URL of the ledger's database, for its owner.
    pub database_url: String,
    /// The id of the chain.
    pub chain_id: u64,
    /// The address of the custody contract.
    pub custody: String,
    /// The URL of each service's `/health`, `/ready` and `/metrics`, by its name.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// Accounts with money on the local chain.
    pub accounts: Vec<EndpointAccount>,
}

/// An account of the local chain, with the private key that everyone knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAccount {
    /// What it is used for.
    pub role: String,
    /// Its address.
    pub address: String,
    /// Its private key.
    pub private_key: String,
}

impl Endpoints {
    /// Those of the running system; `None` when none runs.
    pub fn read(file: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let read = serde_json::from_slice(&text);
        read.map(Some)
            .with_context(|| format!("{} was not written by `trellis dev`", file.display()))
    }

    /// What each service answers at `/ready`, by its name: nothing when it is ready, else why not.
    pub async fn unready(&self) -> BTreeMap<String, String> {
        service::install_tls();
        let client = reqwest::Client::new();
        let mut unready = BTreeMap::new();
        for (name, url) in &self.services {
            let asked = client
                .get(format!("{url}/ready"))
                .timeout(READY_WITHIN)
                .send()
                .await;
            let why = match asked {
                Ok(answer) if answer.status().is_success() => continue,
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(_) => "it does not answer".to_owned(),
            };
            unready.insert(name.clone(), why);
        }
        unready
    }

    /// Writes them, readable for the owner only; a reader never sees half of them.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let unfinished = file.with_extension("unfinished");
        let _ = fs::remove_file(&unfinished);
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&unfinished, file))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agreed_fields_are_written() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("endpoints.json");
        let account = EndpointAccount {
            role: "root".into(),
            address: "0x1".into(),
            private_key: "0x2".into(),
        };
        let endpoints = Endpoints {
            api: "http://127.0.0.1:1".into(),
            rpc: "http://127.0.0.1:2".into(),
            database_url: "postgres://127.0.0.1/a".into(),
            chain_id: 31337,
            custody: "0x3".into(),
            services: BTreeMap::from([("worker".into(), "http://127.0.0.1:3".into())]),
            accounts: vec![account],
        };
        endpoints.write(&file).unwrap();
        endpoints.write(&file).unwrap();
        let written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(written["chain_id"], 31337);
        assert_eq!(written["services"]["worker"], "http://127.0.0.1:3");
        assert_eq!(written["accounts"][0]["private_key"], "0x2");
        assert_eq!(serde_json::from_value::<Endpoints>(written).unwrap(), endpoints);
        assert_eq!(Endpoints::read(&file).unwrap(), Some(endpoints));
        assert_eq!(Endpoints::read(&directory.path().join("none")).unwrap(), None);
    }
}
