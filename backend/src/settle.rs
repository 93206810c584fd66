//! `backend settle`: the settlement worker in a process of its own, until it is told to end.

use anyhow::Context;
use telemetry::Env;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::settlement::{self, Config};

/// Runs the worker.
///
/// # Errors
/// The configuration is not valid, or the worker ended with an error; the process is to be started again.
#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    telemetry::init()?;
    telemetry::install_tls();
    let config = Config::read(&Env::process())?;
    let metrics = telemetry::metrics::install()?;
    let (stopper, stop) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = stopper.send(true);
    });
    settlement::run(&config, metrics, stop).await?;
    Ok(())
}
