//! The form for one token: the same command, one more field, and every address that is no token refused.

use abi::bindings::deployable_token::CustodyToken;
use abi::deploy::deterministic::PROXY;
use abi::development::DEPLOYER;
use alloy::primitives::{Address, Bytes};

use crate::token::file_for;
use crate::world::{LOCAL, World, trellis};

/// A program that answers this word when it is requested `decimals()`, and reverts to everything else.
fn only_decimals(word: u16) -> Bytes {
    let mut code = vec![
        0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63, 0x31, 0x3c, 0xe5, 0x67, 0x14, 0x60, 0x11,
    ];
    code.extend_from_slice(&[0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x61]);
    code.extend_from_slice(&word.to_be_bytes());
    code.extend_from_slice(&[0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    code.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_for_a_token_is_rehearsed_then_sent_and_then_found_again() {
    let world = World::start().await;
    let (first, second) = (world.token(6).await, world.token_that_answers_false().await);
    let text = file_for(first, 6);
    let config = world.write("deployment.toml", &text);
    let rehearsed = trellis(&["deploy", "--config", &config, "--rpc", &world.rpc_url()]);
    assert!(rehearsed.succeeded, "{rehearsed:?}");
    assert_eq!(rehearsed.value("token "), format!("{first} of 6 decimals"));
    let place: Address = rehearsed.value("address").parse().expect("an address");
    assert!(world.code_of(place).await.is_empty(), "nothing was sent");

    let deployed = world.deploy(&text);
    assert!(
        deployed.succeeded && deployed.differences().is_empty(),
        "{deployed:?}"
    );
    assert_eq!(deployed.value("address"), place.to_string());
    let contract = CustodyToken::new(place, world.provider.clone());
    assert_eq!(contract.token().call().await.expect("an answer"), first);
    assert_eq!(world.nonce(DEPLOYER.address).await, 1);
    let again = world.deploy(&text);
    assert!(
        again.succeeded && again.output.contains("already deployed"),
        "{again:?}"
    );
    assert_eq!(world.nonce(DEPLOYER.address).await, 1, "nothing more was sent");

    // One contract for each token, and one for the coin, under one name.
    let (other, native) = (world.deployed(&file_for(second, 6)), world.deployed(LOCAL));
    assert!(place != other && place != native && other != native);
    for (place, text) in [
        (place, &text),
        (other, &file_for(second, 6)),
        (native, &LOCAL.to_owned()),
    ] {
        let examined = world.examine(place, text, &[]);
        assert!(examined.succeeded, "{examined:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_on_this_chain_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let token = world.token(6).await;
    let custody = world.contract().await;
    let (counts_nothing, counts_too_far) = (Address::repeat_byte(0x21), Address::repeat_byte(0x22));
    world.set_code(counts_nothing, only_decimals(6)).await;
    world.set_code(counts_too_far, only_decimals(256)).await;
    let too_much = world.token(6).await;
    let most = abi::deploy::rules::SUPPLY_MAX;
    world.mint(too_much, DEPLOYER.address, most + 1).await;
    let nonce = world.nonce(DEPLOYER.address).await;
    let nobody = Address::repeat_byte(0x5a);
    for (asset, decimals, told) in [
        (nobody, 6, "asset_missing: there is no contract at"),
        (DEPLOYER.address, 6, "asset_missing: "),
        (custody, 18, "asset_is_no_token: "),
        (PROXY, 6, "asset_is_no_token: "),
        (counts_nothing, 6, "does not answer `balanceOf`"),
        (counts_too_far, 6, "does not answer `decimals`"),
        (token, 18, "decimals_differ: the file declares 18 decimals"),
        (token, 19, "decimals_too_many: "),
        (too_much, 6, "supply_too_large: "),
        (Address::ZERO, 6, "zero_address: asset"),
        (
            abi::development::SIGNER.address,
            6,
            "asset_has_a_role: asset and signer",
        ),
    ] {
        // With limits that any number of decimals accepts.
        let text = file_for(asset, 6).replace("decimals = 6", &format!("decimals = {decimals}"));
        let refused = world.deploy(&text);
        assert!(
            !refused.succeeded && refused.errors.contains(told),
            "{told}: {refused:?}"
        );
    }
    let text = file_for(token, 6);
    for (from, to, told) in [
        (
            token.to_string(),
            token.to_string().to_lowercase(),
            "address_malformed: asset",
        ),
        ("decimals = 6\n".to_owned(), String::new(), "decimals_missing: "),
        (token.to_string(), "USDT".to_owned(), "asset_unsupported: "),
        (token.to_string(), "native".to_owned(), "decimals_unexpected: "),
    ] {
        assert!(text.contains(&from), "{from}");
        let refused = world.deploy(&text.replacen(&from, &to, 1));
        assert!(
            !refused.succeeded && refused.errors.contains(told),
            "{told}: {refused:?}"
        );
    }
    assert_eq!(world.nonce(DEPLOYER.address).await, nonce, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_cannot_be_made_to_hold_itself() {
    let world = World::start().await;
    let token = world.token(6).await;
    let place = world.deployed(&file_for(token, 6));
    // The address follows from the token, so a file that names it is for another place; there it is no token.
    let refused = world.deploy(&file_for(place, 6));
    assert!(
        !refused.succeeded && refused.errors.contains("asset_is_no_token: "),
        "{refused:?}"
    );
    assert_ne!(refused.value("address"), place.to_string());
}
