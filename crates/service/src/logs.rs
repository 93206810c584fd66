//! Where logs go and in which form.
//!
//! `TRELLIS_LOG` is the filter (`info` when unset; `info,sqlx=warn`, `debug` …), `TRELLIS_LOG_FORMAT` is
//! `human` (default) or `json`. Logs go to standard error; standard output belongs to a command's answer.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::env::{Env, EnvError};

/// What is logged when `TRELLIS_LOG` is unset.
const FILTER_DEFAULT: &str = "info,sqlx=warn,alloy=warn,hyper=warn,reqwest=warn";

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// A variable could not be read.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// `TRELLIS_LOG` is not a filter.
    #[error("TRELLIS_LOG is not a valid filter")]
    Filter(#[source] ParseError),
    /// `TRELLIS_LOG_FORMAT` is neither `human` nor `json`.
    #[error("TRELLIS_LOG_FORMAT must be `human` or `json`")]
    UnknownFormat,
    /// The process has a log subscriber already.
    #[error("logging is already set up")]
    AlreadyInstalled(#[source] TryInitError),
}

/// Sets up logging from the environment; call it once, first in `main`.
pub fn init() -> Result<(), LogsError> {
    let env = Env::process();
    let filter = env.text_or("TRELLIS_LOG", FILTER_DEFAULT)?;
    let filter = EnvFilter::try_new(filter).map_err(LogsError::Filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = match env.text_or("TRELLIS_LOG_FORMAT", "human")?.as_str() {
        "human" => builder.finish().try_init(),
        "json" => builder.json().flatten_event(true).finish().try_init(),
        _ => return Err(LogsError::UnknownFormat),
    };
    installed.map_err(LogsError::AlreadyInstalled)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_second_set_up_is_refused() {
        super::init().expect("the first set-up of the process");
        assert!(matches!(
            super::init(),
            Err(super::LogsError::AlreadyInstalled(_))
        ));
    }
}
