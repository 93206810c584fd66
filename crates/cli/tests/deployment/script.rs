//! The forge script and the command give the same contract at the same address.

use std::path::Path;
use std::process::Command;

use abi::deploy::{Asset, runtime};
use abi::development::DEPLOYER;
use alloy::primitives::Address;
use devstack::{Checkout, FileLock, Tools};

use crate::token::file_for;
use crate::world::{LOCAL, Ran, World};

/// A directory that the script may read, with the file of this text.
struct Readable(tempfile::TempDir);

impl Readable {
    fn of(checkout: &Checkout) -> Self {
        let directory = checkout.local("deployments").expect("a directory");
        Self(tempfile::tempdir_in(directory).expect("a directory"))
    }

    fn write(&self, text: &str) -> String {
        let path = self.0.path().join("deployment.toml");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }
}

/// Runs the script, with a compiler's cache of its own.
fn script(checkout: &Checkout, world: &World, file: &str) -> Ran {
    let forge = Tools::of(checkout).forge().expect("forge");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forge-script");
    std::fs::create_dir_all(&cache).expect("a directory");
    // Each test is a process of its own, and compiles into the same place.
    let _lock = FileLock::wait(&cache.join("lock")).expect("a lock");
    let output = Command::new(forge)
        .current_dir(checkout.path("contracts"))
        .env("FOUNDRY_OUT", cache.join("out"))
        .env("FOUNDRY_CACHE_PATH", cache.join("cache"))
        .env("FOUNDRY_BROADCAST", world.files.path().join("broadcast"))
        .args(["script", "script/Deploy.s.sol", "--sig", "run(string)", file])
        .args(["--rpc-url", &world.rpc_url(), "--broadcast"])
        .args(["--private-key", &DEPLOYER.private_key.to_string()])
        .output()
        .expect("forge starts");
    Ran::of(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_deployers_give_the_same_code_and_configuration_at_the_same_address() {
    let (by_command, by_script) = (World::start().await, World::start().await);
    let deployed = by_command.deploy(LOCAL);
    assert!(deployed.succeeded, "{deployed:?}");
    let place: Address = deployed.value("address").parse().expect("an address");
    let checkout = Checkout::find().expect("a checkout");
    let readable = Readable::of(&checkout);
    let file = readable.write(LOCAL);
    let scripted = script(&checkout, &by_script, &file);
    assert!(scripted.succeeded, "{scripted:?}");
    let told = format!("custody: address {place}");
    assert!(scripted.output.contains(&told), "{place}: {scripted:?}");
    let (left, right) = (by_command.code_of(place).await, by_script.code_of(place).await);
    assert_eq!(runtime::difference(&Asset::Native, &left, &right), None);
    assert_eq!(
        by_command.config_of(place).await,
        by_script.config_of(place).await
    );

    // What one deployed the other finds.
    let found = by_script.deploy(LOCAL);
    assert!(
        found.succeeded && found.output.contains("already deployed"),
        "{found:?}"
    );
    let nonce = by_script.nonce(DEPLOYER.address).await;
    assert!(script(&checkout, &by_script, &file).succeeded);
    assert_eq!(
        by_script.nonce(DEPLOYER.address).await,
        nonce,
        "nothing more was sent"
    );

    // And it refuses what the command refuses.
    for (from, to, code) in [
        ("name = \"local\"", "name = \"Local\"", "name_malformed"),
        ("[roles]\n", "[roles]\nowner = \"\"\n", "unknown_or_missing_field"),
        ("7099797", "7099796", "address_malformed"),
        ("floor = \"1", "floor = \"01", "amount_malformed"),
        ("native", "other", "asset_unsupported"),
        ("veto = 86400", "veto = 259200", "veto_not_before_operation"),
    ] {
        let file = readable.write(&LOCAL.replacen(from, to, 1));
        let refused = script(&checkout, &by_script, &file);
        let said = format!("{}{}", refused.output, refused.errors);
        assert!(!refused.succeeded && said.contains(code), "{code}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_deployers_give_the_same_contract_for_a_token() {
    let (by_command, by_script) = (World::start().await, World::start().await);
    let token = by_command.token(6).await;
    assert_eq!(
        by_script.token(6).await,
        token,
        "the first contract of one account"
    );
    let text = file_for(token, 6);
    let place = by_command.deployed(&text);
    let checkout = Checkout::find().expect("a checkout");
    let readable = Readable::of(&checkout);
    let file = readable.write(&text);
    let scripted = script(&checkout, &by_script, &file);
    assert!(scripted.succeeded, "{scripted:?}");
    let told = format!("custody: address {place}");
    assert!(scripted.output.contains(&told), "{place}: {scripted:?}");
    let (left, right) = (by_command.code_of(place).await, by_script.code_of(place).await);
    assert!(!left.is_empty() && left == right, "the same code");
    assert_eq!(
        by_command.config_of(place).await,
        by_script.config_of(place).await
    );
    let found = by_script.deploy(&text);
    assert!(
        found.succeeded && found.output.contains("already deployed"),
        "{found:?}"
    );
    let examined = by_script.examine(place, &text, &[]);
    assert!(examined.succeeded, "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_refuses_what_is_no_token_as_the_command_does() {
    let world = World::start().await;
    let checkout = Checkout::find().expect("a checkout");
    let readable = Readable::of(&checkout);
    let (token, custody) = (world.token(6).await, world.contract().await);
    let too_much = world.token(6).await;
    let most = abi::deploy::rules::SUPPLY_MAX;
    world.mint(too_much, DEPLOYER.address, most + 1).await;
    let text = file_for(token, 6);
    let successor = |line: &str| text.replacen("\n[roles]", &format!("\n{line}\n\n[roles]"), 1);
    let with = |asset: Address| text.replace(&token.to_string(), &asset.to_string());
    let nonce = world.nonce(DEPLOYER.address).await;
    for (text, code) in [
        (with(Address::repeat_byte(0x5a)), "asset_missing"),
        (with(custody), "asset_is_no_token"),
        (with(too_much), "supply_too_large"),
        (with(Address::ZERO), "zero_address"),
        (with(abi::development::SIGNER.address), "asset_has_a_role"),
        (text.replace("decimals = 6", "decimals = 18"), "decimals_differ"),
        (text.replace("decimals = 6", "decimals = 19"), "decimals_too_many"),
        (
            text.replace("decimals = 6", "decimals = 256"),
            "decimals_malformed",
        ),
        (text.replace("decimals = 6\n", ""), "decimals_missing"),
        (
            successor(&format!("predecessor = \"{token}\"")),
            "predecessor_is_no_custody",
        ),
        (
            successor(&format!("predecessor = \"{}\"", Address::ZERO)),
            "zero_address",
        ),
        (
            successor(&format!("predecessor = \"{}\"", abi::development::SIGNER.address)),
            "predecessor_has_a_role",
        ),
        (
            text.replace(&token.to_string(), "native"),
            "unknown_or_missing_field",
        ),
        (text.replace(&token.to_string(), "USDT"), "asset_unsupported"),
        (
            text.replace(&token.to_string(), &token.to_string().to_lowercase()),
            "address_malformed",
        ),
    ] {
        let refused = script(&checkout, &world, &readable.write(&text));
        let said = format!("{}{}", refused.output, refused.errors);
        assert!(!refused.succeeded && said.contains(code), "{code}: {refused:?}");
    }
    assert_eq!(world.nonce(DEPLOYER.address).await, nonce, "nothing was sent");
}
