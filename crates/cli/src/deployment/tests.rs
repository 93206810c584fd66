//! Tests of `deployment`.

use super::*;

const LOCAL: &str = include_str!("../../../../contracts/deployments/local.toml");
const TEMPLATE: &str = include_str!("../../../../contracts/deployments/public.toml.example");

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
