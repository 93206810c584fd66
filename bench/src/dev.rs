//! How long a developer waits for the whole system: a fresh start, then one that continues.
//!
//! It starts the checkout's own development system over, as `./scripts/dev --fresh` does.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alloy::primitives::Address;
use alloy::providers::{Provider, ProviderBuilder};
use anyhow::{Context, bail, ensure};
use devstack::Checkout;
use devstack::endpoints::Endpoints;

use crate::measurement::Measurement;

/// A start that takes longer is no start.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const POLL: Duration = Duration::from_millis(10);

pub(crate) async fn run() -> anyhow::Result<()> {
    service::install_tls();
    for (name, arguments) in [("dev.cold", &["dev", "--fresh"][..]), ("dev.warm", &["dev"][..])] {
        let (seconds, checked) = start(arguments).await?;
        Measurement::new(name, seconds, "s", checked).print();
    }
    Ok(())
}

/// Starts the system, checks that it works, and ends it.
async fn start(arguments: &[&str]) -> anyhow::Result<(f64, String)> {
    let checkout = Checkout::find()?;
    let trellis = checkout.path("target/debug/trellis");
    let file = checkout.path(".local/dev/endpoints.json");
    let _ = std::fs::remove_file(&file);
    let begun = Instant::now();
    let mut child = Command::new(&trellis)
        .args(arguments)
        .current_dir(checkout.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {}; build it first", trellis.display()))?;
    let ready = ready(&mut child, &file).await;
    let seconds = begun.elapsed().as_secs_f64();
    let checked = match ready {
        Ok(endpoints) => check(&endpoints).await,
        Err(error) => Err(error),
    };
    end(&mut child)?;
    Ok((seconds, checked?))
}

async fn ready(child: &mut Child, file: &PathBuf) -> anyhow::Result<Endpoints> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            bail!("`trellis dev` ended with {status}; does it run already?");
        }
        if let Ok(text) = std::fs::read(file) {
            return serde_json::from_slice(&text).context("the endpoints are malformed");
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("`trellis dev` was not ready within {PATIENCE:?}")
}

async fn check(endpoints: &Endpoints) -> anyhow::Result<String> {
    let health = reqwest::get(format!("{}/health/ready", endpoints.api)).await?;
    ensure!(health.status().is_success(), "the API is not ready");
    let provider = ProviderBuilder::new().connect_http(endpoints.rpc.parse()?);
    let custody: Address = endpoints.custody.parse()?;
    ensure!(
        !provider.get_code_at(custody).await?.is_empty(),
        "there is no contract"
    );
    Ok("the API answers that it is ready, and the contract has code".to_owned())
}

fn end(child: &mut Child) -> anyhow::Result<()> {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
    let status = child.wait()?;
    ensure!(status.success(), "`trellis dev` ended with {status}");
    Ok(())
}
