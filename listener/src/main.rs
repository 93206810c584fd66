//! The process `listener`: configuration from the environment, `SIGTERM` and Ctrl-C end it in order.

use std::process::ExitCode;

use listener::{Config, RunError, run};
use service::{Env, ErrorChain};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    service::install_tls();
    if let Err(error) = service::init() {
        eprintln!("{}", ErrorChain(&error));
        return ExitCode::FAILURE;
    }
    match listen().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %ErrorChain(&error), "the listener failed");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn listen() -> Result<(), RunError> {
    let config = Config::from_env(&Env::process())?;
    let shutdown = service::shutdown::on_signals().map_err(RunError::Io)?;
    run(config, shutdown).await
}
