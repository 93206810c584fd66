//! The forge script and the command give the same contract at the same address.

use std::path::Path;
use std::process::Command;

use abi::deploy::runtime;
use abi::development::DEPLOYER;
use alloy::primitives::Address;
use devstack::{Checkout, Tools};

use crate::world::{LOCAL, Ran, World};

/// A directory that the script may read, with the file of this text.
struct Readable(tempfile::TempDir);

impl Readable {
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
    let directory = checkout.local("deployments").expect("a directory");
    let readable = Readable(tempfile::tempdir_in(directory).expect("a directory"));
    let file = readable.write(LOCAL);
    let scripted = script(&checkout, &by_script, &file);
    assert!(scripted.succeeded, "{scripted:?}");
    let told = format!("custody: address {place}");
    assert!(scripted.output.contains(&told), "{place}: {scripted:?}");
    let (left, right) = (by_command.code_of(place).await, by_script.code_of(place).await);
    assert_eq!(runtime::difference(&left, &right), None);
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
