//! One contract, once, at the address that is known before.

use abi::deploy::deterministic::PROXY;
use abi::development::{self, DEPLOYER};
use alloy::primitives::{Address, Bytes};
use devstack::Wallet;

use crate::world::{LOCAL, World, trellis};

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_rehearsed_then_sent_and_then_found_again() {
    let world = World::start().await;
    let config = world.write("deployment.toml", LOCAL);
    let rpc = world.rpc_url();
    let key = world.write("key", &DEPLOYER.private_key.to_string());
    let arguments = [
        "deploy",
        "--config",
        &config,
        "--rpc",
        &rpc,
        "--key-file",
        &key,
        "--dry-run",
    ];
    let rehearsed = trellis(&arguments);
    assert!(rehearsed.succeeded, "{rehearsed:?}");
    let place: Address = rehearsed.value("address").parse().expect("an address");
    assert!(world.code_of(place).await.is_empty(), "nothing was sent");
    assert_eq!(world.nonce(DEPLOYER.address).await, 0);

    let deployed = world.deploy(LOCAL);
    assert!(deployed.succeeded, "{deployed:?}");
    assert_eq!(deployed.value("address"), place.to_string());
    assert!(
        deployed.output.contains("\nfinal\n") && deployed.differences().is_empty(),
        "{deployed:?}"
    );
    assert_eq!(world.config_of(place).await, development::config());
    assert_eq!(world.nonce(DEPLOYER.address).await, 1);

    let again = world.deploy(LOCAL);
    assert!(
        again.succeeded && again.output.contains("already deployed"),
        "{again:?}"
    );
    assert_eq!(world.nonce(DEPLOYER.address).await, 1, "nothing more was sent");

    let other = world.deploy(&LOCAL.replace("name = \"local\"", "name = \"second\""));
    assert!(other.succeeded, "{other:?}");
    assert_ne!(other.value("address"), place.to_string());
    let examined = world.examine(place, LOCAL, &[]);
    assert!(examined.succeeded, "{examined:?}");
    for ran in [rehearsed, deployed, again, other] {
        let said = format!("{}{}", ran.output, ran.errors);
        assert!(!said.contains(Wallet::at(0).private_key()), "the key is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_call_is_printed_and_whoever_sends_it_gets_the_same_contract() {
    let world = World::start().await;
    let config = world.write("deployment.toml", LOCAL);
    let printed = trellis(&["deploy", "--config", &config, "--rpc", &world.rpc_url()]);
    assert!(printed.succeeded, "{printed:?}");
    assert_eq!(printed.value("to "), PROXY.to_string());
    let input: Bytes = printed.value("data ").parse().expect("a call");
    let stranger = development::TREASURER.address;
    world.send_raw(stranger, PROXY, input).await;
    let again = world.deploy(LOCAL);
    assert!(again.output.contains("already deployed"), "{again:?}");
    assert_eq!(world.nonce(DEPLOYER.address).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_the_proxy_or_with_something_in_its_place_is_told() {
    let world = World::start().await;
    for (code, told) in [("0x", "proxy_missing"), ("0x00", "proxy_unknown")] {
        world.set_code(PROXY, code.parse().expect("code")).await;
        let refused = world.deploy(LOCAL);
        assert!(!refused.succeeded && refused.errors.contains(told), "{refused:?}");
    }
    assert_eq!(world.nonce(DEPLOYER.address).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_and_a_file_of_a_changed_contract_are_refused() {
    let world = World::start().await;
    for (text, told) in [
        (LOCAL.replace("31337", "1337"), "wrong_chain"),
        (
            format!("{LOCAL}\n[present]\npaused = true\n"),
            "present_before_deployment",
        ),
    ] {
        let refused = world.deploy(&text);
        assert!(!refused.succeeded && refused.errors.contains(told), "{refused:?}");
    }
    assert_eq!(world.nonce(DEPLOYER.address).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_without_money_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let config = world.write("deployment.toml", LOCAL);
    let poor = "0x00000000000000000000000000000000000000000000000000000000000000a1";
    let key = world.write("key", poor);
    let refused = trellis(&[
        "deploy",
        "--config",
        &config,
        "--rpc",
        &world.rpc_url(),
        "--key-file",
        &key,
    ]);
    assert!(!refused.succeeded, "{refused:?}");
    assert!(!refused.errors.contains(&poor[2..]), "the key is shown");
    let place: Address = refused.value("address").parse().expect("an address");
    assert!(world.code_of(place).await.is_empty());
}

#[test]
fn a_public_chain_is_refused_its_broken_rules_before_any_node_is_asked() {
    let files = tempfile::tempdir().expect("a directory");
    let path = files.path().join("deployment.toml");
    std::fs::write(&path, LOCAL.replace("31337", "56")).expect("written");
    let config = path.display().to_string();
    let refused = trellis(&["deploy", "--config", &config, "--rpc", "http://127.0.0.1:1"]);
    assert!(!refused.succeeded, "{refused:?}");
    for code in ["key_is_public: ", "cap_too_high: ", "floor_too_far_below_cap: "] {
        assert!(refused.errors.contains(code), "{code}: {refused:?}");
    }
    assert!(refused.output.is_empty(), "{refused:?}");
}
