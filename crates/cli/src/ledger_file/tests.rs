//! Tests of the file of a ledger.

use super::*;

const LOCAL: &str = include_str!("../../../../ledgers/local.toml");
const EXAMPLE: &str = include_str!("../../../../ledgers/public.toml.example");

/// Reads a file beside the shipped one, so that paths lead to the same files.
fn read(text: &str) -> anyhow::Result<LedgerFile> {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ledgers"));
    let text = text.replace("\"../", &format!("\"{}/../", directory.display()));
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("ledger.toml");
    std::fs::write(&file, text).unwrap();
    LedgerFile::read(&file)
}

/// Codes of everything that is wrong.
fn refused(text: &str) -> Vec<String> {
    let error = format!("{:#}", read(text).unwrap_err());
    let codes = error.lines().filter_map(|line| line.split_once(": "));
    codes.map(|(code, _)| code.to_owned()).collect()
}

#[test]
fn the_file_of_development_names_its_operators() {
    let file = read(LOCAL).unwrap();
    assert_eq!(file.plan.name(), "auto-pool");
    let found = file
        .operators
        .iter()
        .map(|operator| (operator.name.as_str(), operator.roles.clone()));
    let expected = devstack::agreement::OPERATOR_ROLES
        .iter()
        .map(|(name, roles)| (*name, roles.iter().map(ToString::to_string).collect()));
    assert!(found.eq(expected));
}

#[test]
fn every_broken_rule_has_its_code() {
    for (from, to, code) in [
        ("plan =", "plans =", "malformed"),
        ("\"../plans/auto-pool.toml\"", "\"\"", "file_unnamed"),
        (
            "\"builder\"\nwallet",
            "\"Builder\"\nwallet",
            "operator_name_malformed",
        ),
        ("0xC0543b0b", "0xc0543b0b", "address_malformed"),
        ("\"support\"", "\"owner\"", "operator_role_unknown"),
        ("[\"viewer\", \"auditor\"]", "[]", "operator_without_role"),
        (
            "0x73B3074ac649A8dc31c2C90a124469456301a30F",
            "0xC0543b0b980D8c834CBdF023b2d2A75b5f9D1909",
            "operator_repeats",
        ),
        ("auto-pool.toml", "binary-ev.toml", "plan_not_served"),
        ("auto-pool.toml", "rejected/free-progression.toml", "plan_refused"),
    ] {
        assert!(LOCAL.contains(from), "{from}");
        assert_eq!(refused(&LOCAL.replace(from, to)), [code], "{to}");
    }
    let twice = LOCAL
        .replace("\"support\"", "\"owner\"")
        .replace("[\"viewer\", \"auditor\"]", "[]");
    assert_eq!(
        refused(&twice),
        ["operator_role_unknown", "operator_without_role"]
    );
    let (head, _) = LOCAL.split_once("[[operators]]\nname = \"approver\"").unwrap();
    assert_eq!(refused(head), ["operators_too_few"]);
}

/// The template of a contract on a public chain, filled in.
fn public_contract() -> String {
    let contract = include_str!("../../../../contracts/deployments/public.toml.example");
    let mut number = 0x1000;
    let mut contract: String = contract
        .lines()
        .map(|line| {
            if !line.starts_with('#') && line.ends_with("= \"\"") && !line.starts_with("name") {
                number += 1;
                let account = Address::with_last_byte(u8::try_from(number & 0xff).unwrap());
                return format!(
                    "{}\n",
                    line.replace("\"\"", &format!("\"{}\"", account.to_checksum(None)))
                );
            }
            format!("{line}\n")
        })
        .collect();
    for (name, amount) in [("cap", "30000000000000000000"), ("floor", "1000000000000000000")] {
        let line = contract
            .lines()
            .find(|line| line.starts_with(&format!("{name} =")))
            .unwrap()
            .to_owned();
        contract = contract.replace(&line, &format!("{name} = \"{amount}\""));
    }
    contract.replace("name = \"\"", "name = \"public\"")
}

/// Of a contract on a public chain: everything at once.
#[test]
fn a_public_chain_asks_for_more() {
    let files = tempfile::tempdir().unwrap();
    let contract_file = files.path().join("contract.toml");
    std::fs::write(&contract_file, public_contract()).unwrap();
    let of_public = |text: &str| {
        text.replace(
            "\"../contracts/deployments/local.toml\"",
            &format!("{:?}", contract_file.display().to_string()),
        )
    };
    assert_eq!(
        refused(&of_public(LOCAL)),
        ["plan_not_admitted", "config_admins_too_few", "key_is_public"]
    );

    let filled = EXAMPLE
        .replace(
            "contract = \"\"",
            "contract = \"../contracts/deployments/local.toml\"",
        )
        .replace("plan = \"\"", "plan = \"../plans/auto-pool.toml\"")
        .replace("jurisdiction = \"\"", "jurisdiction = \"EU\"")
        .replacen(
            "name = \"\"\nwallet = \"\"",
            "name = \"one\"\nwallet = \"0x0000000000000000000000000000000000001001\"",
            1,
        )
        .replacen(
            "name = \"\"\nwallet = \"\"",
            "name = \"two\"\nwallet = \"0x0000000000000000000000000000000000001002\"",
            1,
        );
    // The plan of the example lives mainly on recruitment, which the profile forbids; the people are enough.
    assert_eq!(refused(&of_public(&filled)), ["plan_not_admitted"]);
    let unknown = filled.replace("\"EU\"", "\"XX\"");
    assert_eq!(refused(&of_public(&unknown)), ["profile_refused"]);
    let days = std::fs::read_to_string(&contract_file).unwrap();
    std::fs::write(&contract_file, days.replace("= 1209600", "= 1209601")).unwrap();
    assert_eq!(refused(&of_public(&filled)), ["cooling_off_not_whole_days"]);
    std::fs::write(&contract_file, days).unwrap();
    let alone = filled.replace(
        "\"viewer\", \"approver\", \"config_admin\"",
        "\"viewer\", \"config_admin\"",
    );
    assert_eq!(
        refused(&of_public(&alone)),
        ["plan_not_admitted", "nobody_approves"]
    );
    let other_asset = filled.replace("auto-pool.toml", "unilevel-orders.toml");
    let refusals = refused(&of_public(&other_asset));
    assert!(
        refusals.starts_with(&["asset_differs".to_owned(), "plan_not_served".to_owned()]),
        "{refusals:?}"
    );
}
