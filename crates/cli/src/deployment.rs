//! A deployment file: the contract's constructor arguments, and its current state.
//!
//! What comes out of [`Deployment::read`] keeps every rule of its chain. Not responsible for what is on the chain.

mod file;

use std::path::Path;

use abi::ICustody;
use abi::deploy::Asset;
use abi::deploy::deterministic::Creation;
use abi::deploy::rules::{self, Broken};
use abi::development;
use abi::governance::Permission;
use alloy::primitives::{Address, B256, U256};

use crate::input::{self, InputError};

/// Maximum size of a deployment file in bytes; it has a few dozen lines.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// A checked deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deployment {
    name: String,
    chain_id: u64,
    asset: Asset,
    config: ICustody::Config,
    present: Option<Present>,
}

/// The contract's current state where it differs from the construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Present {
    /// The current holders of these permissions; all others are still as constructed.
    holders: Vec<(Permission, Vec<Address>)>,
    outflow_cap: Option<U256>,
    is_paused: bool,
    pending: Vec<B256>,
}

/// Why a deployment file was rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It cannot be read.
    #[error("unreadable")]
    Unreadable(#[source] InputError),
    /// It is not TOML, lacks a field or has an unknown one.
    #[error("malformed: {}", .0.to_string().trim_end())]
    Malformed(Box<toml::de::Error>),
    /// A field's value is malformed.
    #[error("{code}: {field} {reason}")]
    Field {
        code: &'static str,
        field: String,
        reason: String,
    },
    /// It breaks rules of its chain.
    #[error("{}", lines(.0))]
    Broken(Vec<Broken>),
}

fn lines(broken: &[Broken]) -> String {
    let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl Deployment {
    /// Reads and checks a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Refused> {
        let text = input::read_text(path, TEXT_BYTES_MAX).map_err(Refused::Unreadable)?;
        Self::parse(&text)
    }

    /// As [`Deployment::read`], of the file's text.
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        let deployment = file::parse(text)?;
        let mut broken = rules::broken(deployment.chain_id, &deployment.asset, &deployment.config);
        let present = deployment.holders();
        let named: Vec<_> = Permission::NAMED
            .iter()
            .flat_map(|(permission, name)| {
                let holders = present.iter().filter(move |(held, _)| held == permission);
                holders.map(move |(_, account)| (*name, *account))
            })
            .collect();
        broken.extend(rules::of_asset(&deployment.asset, &named));
        broken.extend(rules::of_predecessor(deployment.config.predecessor, &named));
        if !development::is_local_chain(deployment.chain_id) {
            broken.extend(rules::people(&named));
        }
        broken.sort_by_key(|broken| broken.rule as u8);
        broken.dedup_by_key(|broken| broken.rule);
        if broken.is_empty() {
            Ok(deployment)
        } else {
            Err(Refused::Broken(broken))
        }
    }

    /// The chain to deploy to.
    pub(crate) const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The asset that the contract holds.
    pub(crate) const fn asset(&self) -> &Asset {
        &self.asset
    }

    /// The constructor's arguments.
    pub(crate) const fn config(&self) -> &ICustody::Config {
        &self.config
    }

    /// The contract-to-be.
    pub(crate) fn creation(&self) -> Creation {
        Creation::new(&self.name, self.asset.creation_code(&self.config))
    }

    /// Whether the file lists changes since construction.
    pub(crate) const fn is_changed(&self) -> bool {
        self.present.is_some()
    }

    /// The current holders of roles.
    pub(crate) fn holders(&self) -> Vec<(Permission, Address)> {
        let present = self.present.as_ref();
        let constructed = rules::roles(&self.config);
        let mut holders = Vec::new();
        for ((permission, _), (_, constructed)) in Permission::NAMED.iter().zip(constructed) {
            let changed = present.and_then(|present| {
                let mut named = present.holders.iter();
                named.find(|(named, _)| named == permission)
            });
            match changed {
                Some((_, accounts)) => {
                    holders.extend(accounts.iter().map(|account| (*permission, *account)));
                }
                None => holders.push((*permission, constructed)),
            }
        }
        holders
    }

    /// The outflow cap now.
    pub(crate) fn outflow_cap(&self) -> U256 {
        let changed = self.present.as_ref().and_then(|present| present.outflow_cap);
        changed.unwrap_or_else(|| U256::from(self.config.outflowCap))
    }

    /// Whether it is expected to be paused now.
    pub(crate) fn is_paused(&self) -> bool {
        self.present.as_ref().is_some_and(|present| present.is_paused)
    }

    /// Ids of the operations expected to be pending now.
    pub(crate) fn pending(&self) -> &[B256] {
        self.present.as_ref().map_or(&[], |present| &present.pending)
    }
}

#[cfg(test)]
mod tests;
