//! `backend settle`: the settlement worker as its own process, until shutdown; with `--resume REASON`, the
//! end of its account's pause.

use anyhow::Context;
use service::Env;

use crate::settlement::{self, Config};

/// Runs the worker, or ends the pause of its account for this reason.
///
/// # Errors
/// The configuration is not valid, or the worker ended with an error; the process is to be started again.
pub fn main(resume: Option<&str>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?
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
            "the account resumed sending"
        );
        return Ok(());
    }
    let metrics = service::metrics::install()?;
    let stop = service::shutdown::on_signals().context("cannot install signal handlers")?;
    settlement::run(&config, metrics, &stop).await?;
    Ok(())
}
