//! Differences of a contract for one token are planted, and each is told.

use abi::ICustody;
use abi::development::{FREEZER, GUARDIAN};
use alloy::primitives::{Address, Bytes, U256};

use crate::token::file_for;
use crate::world::{LOCAL, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_contract_for_a_token_is_told_with_its_token_and_what_it_has_of_it() {
    let world = World::start().await;
    let token = world.token(6).await;
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    world.mint(token, contract, 5_000_007).await;
    let examined = world.examine(contract, &text, &["--json"]);
    assert!(examined.succeeded, "{examined:?}");
    let json: serde_json::Value = serde_json::from_str(&examined.output).expect("JSON");
    let lines = json["lines"].as_array().expect("lines");
    let actual = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name);
        line.expect(name)["actual"].as_str().expect("text").to_owned()
    };
    assert_eq!(actual("asset"), token.to_string());
    assert_eq!(actual("decimals"), "6");
    assert_eq!(actual("balance"), "5000007");
    assert_eq!(actual("outflow_cap"), "10000000000000");
    assert_eq!(actual("address"), "as in the file");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_another_form_and_other_values_are_told() {
    let world = World::start().await;
    let (token, other) = (world.token(6).await, world.token(6).await);
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    let examined = world.examine(contract, &file_for(other, 6), &[]);
    assert_eq!(examined.differences(), ["asset", "code"], "{examined:?}");
    let told = format!("DIFFERS  asset: {token}, expected {other}\n");
    assert!(
        examined.output.contains(&told) && examined.output.contains("the same program constructed otherwise"),
        "{examined:?}"
    );

    // Nine decimals are counted in tens, so two fixed values are others.
    let nine = world.token(9).await;
    let examined = world.examine(contract, &file_for(nine, 9), &[]);
    assert_eq!(
        examined.differences(),
        ["asset", "code", "outflow_floor", "outflow_cap"],
        "{examined:?}"
    );

    let native = world.contract().await;
    let examined = world.examine(native, &text, &[]);
    let differences = examined.differences();
    assert_eq!(differences[..2], ["asset", "code"], "{examined:?}");
    assert!(examined.output.contains("another program"), "{examined:?}");
    let examined = world.examine(contract, LOCAL, &[]);
    assert_eq!(examined.differences()[..2], ["asset", "code"], "{examined:?}");
    assert!(examined.output.contains("another program"), "{examined:?}");

    let freezer = FREEZER.address.to_checksum(None);
    let newcomer = Address::repeat_byte(0x5a).to_checksum(None);
    let changed = text
        .replace(&freezer, &newcomer)
        .replace("veto = 86400", "veto = 86401")
        .replace("floor = \"1000", "floor = \"2000");
    let examined = world.examine(contract, &changed, &[]);
    let (was, is) = (format!("freezer {newcomer}"), format!("freezer {freezer}"));
    assert_eq!(
        examined.differences(),
        ["code", "constructed freezer", "veto", "outflow_floor", &was, &is],
        "{examined:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_a_pause_and_a_bit_of_the_code_are_told_as_of_the_other_form() {
    let world = World::start().await;
    let token = world.token(6).await;
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    let cap = U256::from(2_000_000_000);
    world
        .send(&GUARDIAN, contract, ICustody::lowerOutflowCapCall { cap })
        .await;
    world.send(&GUARDIAN, contract, ICustody::pauseCall {}).await;
    let examined = world.examine(contract, &text, &[]);
    assert_eq!(examined.differences(), ["outflow_cap", "paused"], "{examined:?}");
    let present = format!("{text}\n[present]\noutflow_cap = \"{cap}\"\npaused = true\n");
    let examined = world.examine(contract, &present, &[]);
    assert!(examined.succeeded, "{examined:?}");

    let mut code = world.code_of(contract).await.to_vec();
    let last = code.len() - 1;
    code[last] ^= 1;
    world.set_code(contract, code.into()).await;
    let examined = world.examine(contract, &present, &[]);
    assert_eq!(examined.differences(), ["code"], "{examined:?}");
    assert!(examined.output.contains("another program"), "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_gone_or_counts_otherwise_now_is_told() {
    let world = World::start().await;
    let (token, eighteen) = (world.token(6).await, world.token(18).await);
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    // A token behind a proxy can become another program.
    let code = world.code_of(eighteen).await;
    world.set_code(token, code).await;
    let examined = world.examine(contract, &text, &[]);
    assert_eq!(examined.differences(), ["decimals", "code"], "{examined:?}");
    assert!(
        examined.output.contains("DIFFERS  decimals: 18, expected 6\n"),
        "{examined:?}"
    );
    world.set_code(token, Bytes::new()).await;
    let examined = world.examine(contract, &text, &[]);
    assert_eq!(examined.differences()[..2], ["decimals", "code"], "{examined:?}");
    assert!(
        examined.output.contains("decimals: no contract, expected 6")
            && examined
                .output
                .contains("the constructor rejects the configuration"),
        "{examined:?}"
    );
    // And a contract is no token of itself.
    let examined = world.examine(contract, &file_for(contract, 6), &[]);
    assert_eq!(
        examined.differences()[..3],
        ["asset", "decimals", "code"],
        "{examined:?}"
    );
}
