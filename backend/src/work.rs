//! `backend work`: the workers of one process, until it is told to end.

use anyhow::Context;
use service::Env;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::posting;

/// Runs the workers.
///
/// # Errors
/// The configuration is not valid, or a worker ended with an error; the process is to be started again.
#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    service::init()?;
    service::install_tls();
    let config = posting::Config::read(&Env::process())?;
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
    let metrics = service::metrics::install()?;
    posting::run(&config, metrics, stop).await?;
    Ok(())
}
