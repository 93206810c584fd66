//! Creation code of contracts that tests need beside the product's own, compiled from the contracts' tests.
//!
//! Not responsible for the product's contracts; their code is in the crate `abi`.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::{Checkout, Tools};

/// Creation code of a token in `contracts/test/token/Tokens.sol`, without arguments.
///
/// # Errors
/// forge is missing, or the file does not compile or has no such contract.
pub fn token_code(checkout: &Checkout, name: &str) -> anyhow::Result<Vec<u8>> {
    let output = checkout.local("test-tokens")?;
    // Tests run at once, each in a process of its own; all but the first find the result.
    let _lock = checkout.lock("test-tokens")?;
    let built = Command::new(Tools::of(checkout).forge()?)
        .current_dir(checkout.path("contracts"))
        .env("FOUNDRY_OUT", output.join("out"))
        .env("FOUNDRY_CACHE_PATH", output.join("cache"))
        .args(["build", "test/token/Tokens.sol"])
        .output()
        .context("forge does not start")?;
    ensure!(
        built.status.success(),
        "the tokens do not compile:\n{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );
    let artifact = output.join(format!("out/Tokens.sol/{name}.json"));
    let artifact = std::fs::read_to_string(&artifact).with_context(|| format!("no token {name}"))?;
    let artifact: serde_json::Value = serde_json::from_str(&artifact).context("the artifact is no JSON")?;
    let code = artifact["bytecode"]["object"].as_str().unwrap_or_default();
    hex::decode(code.trim_start_matches("0x")).context("the artifact has no code")
}
