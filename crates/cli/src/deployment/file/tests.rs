//! Tests of `file`.

use super::*;

const LOCAL: &str = include_str!("../../../../../contracts/deployments/local.toml");

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
