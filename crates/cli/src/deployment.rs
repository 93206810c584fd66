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
mod tests {
    use super::*;

    const LOCAL: &str = include_str!("../../../contracts/deployments/local.toml");
    const TEMPLATE: &str = include_str!("../../../contracts/deployments/public.toml.example");

    fn code(text: &str) -> String {
        let refused = Deployment::parse(text).expect_err("refused").to_string();
        refused.split(':').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_file_of_the_local_chain_is_the_development_configuration() {
        let local = Deployment::parse(LOCAL).expect("it may be deployed");
        assert_eq!(local.config(), &development::config());
        assert_eq!(local.chain_id(), 31_337);
        assert!(!local.is_changed() && !local.is_paused());
        assert_eq!(local.holders().len(), 7);
        assert_eq!(local.outflow_cap(), U256::from(development::config().outflowCap));
    }

    #[test]
    fn the_template_is_refused_until_it_is_filled_in_and_then_accepted() {
        assert_eq!(code(TEMPLATE), "name_malformed");
        let filled = filled();
        Deployment::parse(&filled).expect("it may be deployed");
        for (from, to, wanted) in [
            (
                "cooling_off = 1209600",
                "cooling_off = 1209599",
                "cooling_off_too_short",
            ),
            ("cap = \"30", "cap = \"31", "floor_too_far_below_cap"),
            ("asset = \"native\"", "asset = \"other\"", "asset_unsupported"),
        ] {
            assert!(filled.contains(from), "{from}");
            assert_eq!(code(&filled.replace(from, to)), wanted);
        }
    }

    #[test]
    fn who_holds_a_role_now_is_checked_as_who_was_given_it() {
        let account = |byte| Address::repeat_byte(byte).to_checksum(None);
        let with = |present: &str| format!("{}\n[present]\n{present}\n", filled());
        let two = with(&format!("submitter = [\"{}\", \"{}\"]", account(5), account(8)));
        let changed = Deployment::parse(&two).expect("two submitters");
        assert!(changed.is_changed());
        assert_eq!(changed.holders().len(), 8);
        let twice = with(&format!("submitter = [\"{}\"]", account(1)));
        assert_eq!(code(&twice), "roles_not_distinct");
        let known = development::SUBMITTER.address.to_checksum(None);
        assert_eq!(code(&with(&format!("freezer = [\"{known}\"]"))), "key_is_public");
    }

    #[test]
    fn a_token_is_checked_beside_whoever_holds_a_role_now() {
        let token = Address::repeat_byte(9).to_checksum(None);
        let filled = filled().replace(
            "asset = \"native\"",
            &format!("asset = \"{token}\"\ndecimals = 18"),
        );
        let deployment = Deployment::parse(&filled).expect("it may be deployed");
        assert_eq!(deployment.asset().token(), Some(Address::repeat_byte(9)));
        let now = format!("{filled}\n[present]\nsubmitter = [\"{token}\"]\n");
        assert_eq!(code(&now), "asset_has_a_role");
        let nobody = filled.replace(&token, &Address::ZERO.to_checksum(None));
        assert_eq!(code(&nobody), "zero_address");
        assert_eq!(
            code(&filled.replace("decimals = 18", "decimals = 19")),
            "decimals_too_many"
        );
        // The amounts of the file are thirty coins and one.
        assert_eq!(
            code(&filled.replace("decimals = 18", "decimals = 6")),
            "cap_too_high"
        );
    }

    #[test]
    fn a_predecessor_is_somebody_and_nobody_who_holds_a_role_now() {
        let filled = filled();
        assert_eq!(
            Deployment::parse(&filled).expect("none").config().predecessor,
            Address::ZERO
        );
        let with = |who: u8| {
            let line = format!(
                "\npredecessor = \"{}\"\n\n[roles]",
                Address::repeat_byte(who).to_checksum(None)
            );
            filled.replacen("\n[roles]", &line, 1)
        };
        let named = Deployment::parse(&with(9)).expect("it may be deployed");
        assert_eq!(named.config().predecessor, Address::repeat_byte(9));
        assert_eq!(code(&with(0)), "zero_address");
        assert_eq!(code(&with(3)), "predecessor_has_a_role");
        let holder = Address::repeat_byte(9).to_checksum(None);
        let now = format!("{}\n[present]\nsubmitter = [\"{holder}\"]\n", with(9));
        assert_eq!(code(&now), "predecessor_has_a_role");
        let lettered = Address::repeat_byte(0xab).to_checksum(None);
        let without_checksum = with(0xab).replace(&lettered, &lettered.to_lowercase());
        assert_eq!(code(&without_checksum), "address_malformed");
    }

    #[test]
    fn several_broken_rules_are_told_together() {
        let text = filled()
            .replace("veto = 86400", "veto = 1")
            .replace("freeze_max = 3600", "freeze_max = 1");
        let refused = Deployment::parse(&text).expect_err("refused").to_string();
        assert!(
            refused.contains("veto_too_short: ") && refused.contains("\nfreeze_too_short: "),
            "{refused}"
        );
    }

    /// The template with accounts that nobody has.
    fn filled() -> String {
        let mut text = TEMPLATE.replace("name = \"\"", "name = \"main\"");
        for (byte, field) in [
            "admin",
            "guardian",
            "freezer",
            "treasurer",
            "submitter",
            "authorizations",
            "roots",
        ]
        .iter()
        .enumerate()
        {
            let byte = u8::try_from(byte + 1).expect("seven");
            let account = Address::repeat_byte(byte).to_checksum(None);
            text = text.replace(
                &format!("\n{field} = \"\""),
                &format!("\n{field} = \"{account}\""),
            );
        }
        text.replace("\ncap = \"\"", "\ncap = \"30000000000000000000\"")
            .replace("\nfloor = \"\"", "\nfloor = \"1000000000000000000\"")
    }
}
