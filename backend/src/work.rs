//! `backend work`: the posting worker's process, until shutdown.

use anyhow::Context;
use service::Env;

use crate::posting;

/// Runs the posting worker.
///
/// # Errors
/// The configuration is not valid, or a worker ended with an error; the process is to be started again.
#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    service::init()?;
    service::install_tls();
    let config = posting::Config::read(&Env::process())?;
    let stop = service::shutdown::on_signals().context("cannot install signal handlers")?;
    let metrics = service::metrics::install()?;
    posting::run(&config, metrics, &stop).await?;
    Ok(())
}
