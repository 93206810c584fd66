//! `backend settle`: the settlement worker in a process of its own, until it is told to end; with `--resume REASON`, the
//! end of its account's pause.

use anyhow::Context;
use service::Env;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::settlement::{self, Config};

/// Runs the worker, or ends the pause of its account for this reason.
///
/// # Errors
/// The configuration is not valid, or the worker ended with an error; the process is to be started again.
pub fn main(resume: Option<&str>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?
        .block_on(settle(resume))
}

async fn settle(resume: Option<&str>) -> anyhow::Result<()> {
    service::init()?;
    service::install_tls();
    let config = Config::read(&Env::process())?;
    if let Some(reason) = resume {
        let resumed = settlement::resume(&config, reason).await?;
        tracing::info!(
            abandoned = resumed.abandoned,
            sender.nonce = resumed.next_nonce,
            "the account sends again"
        );
        return Ok(());
    }
    let metrics = service::metrics::install()?;
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
