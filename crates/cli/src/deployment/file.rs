//! The file format of a deployment, and its values in their types.
//!
//! Not responsible for the rules that they have to keep together.

use abi::ICustody;
use abi::deploy::Asset;
use abi::governance::Permission;
use abi::roles::{ADMIN, FREEZER, GUARDIAN, SUBMITTER, TREASURER};
use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, U256};
use serde::Deserialize;

use super::{Deployment, Present, Refused};

/// What a name may be long: it is hashed, and shown.
const NAME_LENGTH_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    chain_id: u64,
    asset: String,
    decimals: Option<u8>,
    predecessor: Option<String>,
    roles: Roles,
    signers: Signers,
    delays: Delays,
    outflow: Outflow,
    present: Option<PresentPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    admin: String,
    guardian: String,
    freezer: String,
    treasurer: String,
    submitter: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signers {
    authorizations: String,
    roots: String,
}

/// Seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delays {
    cooling_off: u32,
    veto: u32,
    operation: u32,
    freeze_max: u32,
}

/// Base units in decimal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outflow {
    cap: String,
    floor: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PresentPart {
    admin: Option<Vec<String>>,
    guardian: Option<Vec<String>>,
    freezer: Option<Vec<String>>,
    treasurer: Option<Vec<String>>,
    submitter: Option<Vec<String>>,
    signer: Option<Vec<String>>,
    root_signer: Option<Vec<String>>,
    outflow_cap: Option<String>,
    #[serde(default)]
    paused: bool,
    #[serde(default)]
    pending: Vec<String>,
}

pub(super) fn parse(text: &str) -> Result<Deployment, Refused> {
    let file: File = toml::from_str(text).map_err(|error| Refused::Malformed(Box::new(error)))?;
    let in_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if file.name.is_empty() || file.name.len() > NAME_LENGTH_MAX || !file.name.chars().all(in_name) {
        let reason = "must be 1 to 64 lower-case letters, digits and hyphens";
        return Err(field("name_malformed", "name", reason));
    }
    let asset = asset(&file.asset, file.decimals)?;
    let (roles, delays) = (&file.roles, &file.delays);
    let config = ICustody::Config {
        admin: account("roles.admin", &roles.admin)?,
        guardian: account("roles.guardian", &roles.guardian)?,
        freezer: account("roles.freezer", &roles.freezer)?,
        treasurer: account("roles.treasurer", &roles.treasurer)?,
        submitter: account("roles.submitter", &roles.submitter)?,
        signer: account("signers.authorizations", &file.signers.authorizations)?,
        rootSigner: account("signers.roots", &file.signers.roots)?,
        coolingOff: delays.cooling_off,
        vetoDelay: delays.veto,
        operationDelay: delays.operation,
        maxFreeze: delays.freeze_max,
        outflowCap: amount("outflow.cap", &file.outflow.cap)?,
        outflowFloor: amount("outflow.floor", &file.outflow.floor)?,
        predecessor: file
            .predecessor
            .as_deref()
            .map_or(Ok(Address::ZERO), predecessor)?,
    };
    Ok(Deployment {
        name: file.name,
        chain_id: file.chain_id,
        asset,
        config,
        present: file.present.as_ref().map(present).transpose()?,
    })
}

/// Nobody is named by leaving the field out.
fn predecessor(text: &str) -> Result<Address, Refused> {
    let named = account("predecessor", text)?;
    if named.is_zero() {
        let reason = "must be a contract; remove the line if there is none";
        return Err(field("zero_address", "predecessor", reason));
    }
    Ok(named)
}

/// `native`, or a token's address with its decimals in a field of their own: limits are counted by them, and the deployer
/// compares them with what the token says.
fn asset(text: &str, decimals: Option<u8>) -> Result<Asset, Refused> {
    if text == "native" {
        return match decimals {
            None => Ok(Asset::Native),
            Some(_) => Err(field(
                "decimals_unexpected",
                "decimals",
                "are a token's; the coin has 18",
            )),
        };
    }
    if !text.starts_with("0x") {
        let reason = format!("is `{text}`, and must be `native` or a token's address");
        return Err(field("asset_unsupported", "asset", reason));
    }
    let address = account("asset", text)?;
    let missing = || field("decimals_missing", "decimals", "must state the token's decimals");
    let decimals = decimals.ok_or_else(missing)?;
    Ok(Asset::Token { address, decimals })
}

fn present(part: &PresentPart) -> Result<Present, Refused> {
    let lists = [
        (Permission::Role(ADMIN), "present.admin", &part.admin),
        (Permission::Role(GUARDIAN), "present.guardian", &part.guardian),
        (Permission::Role(FREEZER), "present.freezer", &part.freezer),
        (Permission::Role(TREASURER), "present.treasurer", &part.treasurer),
        (Permission::Role(SUBMITTER), "present.submitter", &part.submitter),
        (Permission::Sign, "present.signer", &part.signer),
        (Permission::SignRoots, "present.root_signer", &part.root_signer),
    ];
    let mut holders = Vec::new();
    for (permission, name, list) in lists {
        if let Some(list) = list {
            let accounts: Result<_, _> = list.iter().map(|text| account(name, text)).collect();
            holders.push((permission, accounts?));
        }
    }
    let cap = part.outflow_cap.as_deref();
    let cap = cap.map(|text| amount("present.outflow_cap", text)).transpose()?;
    let pending = part.pending.iter().map(|text| {
        let malformed = |_| {
            field(
                "pending_malformed",
                "present.pending",
                "must be 32 bytes in hexadecimal",
            )
        };
        text.parse::<B256>().map_err(malformed)
    });
    Ok(Present {
        holders,
        outflow_cap: cap.map(U256::from),
        is_paused: part.paused,
        pending: pending.collect::<Result<_, _>>()?,
    })
}

/// An address with its checksum, so that typing errors are detected.
fn account(name: &str, text: &str) -> Result<Address, Refused> {
    Address::parse_checksummed(text, None).map_err(|_| {
        let reason = format!("is `{text}`, and must be an address with its checksum (EIP-55)");
        field("address_malformed", name, reason)
    })
}

/// Decimal digits, and nothing that another reader could take for something else.
fn amount(name: &str, text: &str) -> Result<U96, Refused> {
    let number = U256::from_str_radix(text, 10).ok();
    let number = number.filter(|number| number.to_string() == text && *number <= U256::from(U96::MAX));
    number.map(|number| number.to()).ok_or_else(|| {
        let reason = format!("is `{text}`, and must be base units in decimal, below 2^96");
        field("amount_malformed", name, reason)
    })
}

fn field(code: &'static str, field: &str, reason: impl Into<String>) -> Refused {
    Refused::Field {
        code,
        field: field.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
