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
mod tests {
    use super::*;

    const LOCAL: &str = include_str!("../../../../contracts/deployments/local.toml");

    fn refused(from: &str, to: &str) -> String {
        assert!(LOCAL.contains(from), "{from}");
        let refused = parse(&LOCAL.replacen(from, to, 1))
            .expect_err("refused")
            .to_string();
        refused.split(':').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_field_that_is_missing_or_unknown_is_refused() {
        for (from, to) in [
            ("chain_id = 31337\n", ""),
            ("asset", "assset"),
            ("[roles]\n", "[roles]\nowner = \"\"\n"),
            ("veto = 86400", "veto = -1"),
            ("veto = 86400", "veto = 4294967296"),
            ("veto = 86400", "veto = \"1 day\""),
            ("cap = \"10000000000000000000000000\"", "cap = 1"),
        ] {
            assert_eq!(refused(from, to), "malformed", "{to}");
        }
    }

    #[test]
    fn addresses_need_their_checksum() {
        let admin = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        for wrong in [
            admin.to_lowercase().as_str(),
            "70997970C51812dc3A010C7d01b50e0d17dc79C8",
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C9",
            "",
        ] {
            assert_eq!(refused(admin, wrong), "address_malformed", "{wrong}");
        }
    }

    #[test]
    fn amounts_are_decimal_digits_below_the_width_of_the_contract() {
        for wrong in [
            "",
            "0x10",
            "1e18",
            "+1",
            "01",
            " 1",
            "1_000",
            "79228162514264337593543950336",
        ] {
            let to = format!("floor = \"{wrong}\"");
            assert_eq!(
                refused("floor = \"1000000000000000000000\"", &to),
                "amount_malformed",
                "{wrong}"
            );
        }
    }

    #[test]
    fn names_are_plain() {
        for wrong in ["", "Main", "a b", "ä", &"a".repeat(65)] {
            assert_eq!(
                refused("name = \"local\"", &format!("name = \"{wrong}\"")),
                "name_malformed"
            );
        }
    }

    #[test]
    fn an_asset_is_native_or_a_token_with_its_checksum_and_its_decimals() {
        let token = "0x55d398326f99059fF775485246999027B3197955";
        let with = |asset: &str, decimals: &str| {
            LOCAL.replacen("asset = \"native\"", &format!("asset = \"{asset}\"{decimals}"), 1)
        };
        let code = |text: &str| {
            let refused = parse(text).expect_err(text).to_string();
            refused.split(':').next().unwrap_or_default().to_owned()
        };
        let address = token.parse().expect("an address");
        for decimals in [0, 6, 255] {
            let read = parse(&with(token, &format!("\ndecimals = {decimals}"))).expect("well formed");
            assert_eq!(read.asset, Asset::Token { address, decimals });
        }
        assert_eq!(parse(LOCAL).expect("well formed").asset, Asset::Native);
        let six = "\ndecimals = 6";
        for wrong in [
            &token.to_lowercase(),
            &token.replace('3', "4"),
            &token[..41],
            &format!("{token}0"),
            "0x",
        ] {
            assert_eq!(code(&with(wrong, six)), "address_malformed", "{wrong}");
        }
        for wrong in [
            "",
            "Native",
            "USDT",
            &token[2..],
            &format!(" {token}"),
            &token.replace("0x", "0X"),
        ] {
            assert_eq!(code(&with(wrong, six)), "asset_unsupported", "{wrong}");
        }
        assert_eq!(code(&with(token, "")), "decimals_missing");
        assert_eq!(code(&with("native", "\ndecimals = 18")), "decimals_unexpected");
        for wrong in ["-1", "256", "6.0", "\"6\""] {
            assert_eq!(
                code(&with(token, &format!("\ndecimals = {wrong}"))),
                "malformed",
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_pending_is_named_by_its_identity() {
        let with = |pending: &str| format!("{LOCAL}\n[present]\npending = [\"{pending}\"]\npaused = true\n");
        let id = B256::repeat_byte(3);
        let deployment = parse(&with(&id.to_string())).expect("well formed");
        assert_eq!(deployment.pending(), [id]);
        assert!(deployment.is_paused());
        let refused = parse(&with("0x12")).expect_err("refused").to_string();
        assert!(refused.starts_with("pending_malformed"), "{refused}");
    }
}
