//! Readiness of the API: the database responds, the chain's time is known and recent, and the signer's
//! own status.
//!
//! A signer that is paused or away does not make the API unready: everything but authorizations works without it. It is
//! shown, so that people know.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use signer_client::SignerHealth;
use store::{StoreError, authorization, checkpoint};
use thiserror::Error;

use super::App;

/// How long an answer of the signer is good: everyone may ask whether the API is ready, and not the signer so often.
const SIGNER_LASTS: Duration = Duration::from_secs(5);

/// What the signer said of itself last.
#[derive(Debug, Default)]
pub struct SignerState(Mutex<Option<(Instant, SignerHealth)>>);

/// What is known when the API is ready.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    /// How old the newest final block is, in seconds; `None` before there is one.
    pub chain_age_seconds: Option<i64>,
    /// What the signer says.
    pub signer: SignerHealth,
}

/// Why the API is not ready.
#[derive(Debug, Error)]
pub enum NotReady {
    /// The listener has recorded no block.
    #[error("the chain's time is not known")]
    NoChainTime,
    /// No block became final for long: the chain, its node or the listener stands still.
    #[error("the newest final block is {age_seconds} s old; the limit is {max_seconds} s")]
    ChainOld {
        /// Its age.
        age_seconds: i64,
        /// The limit.
        max_seconds: i64,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at everything that the API depends on.
pub async fn look(app: &App) -> Result<Ready, NotReady> {
    let mut connection = app.connection().await?;
    let time = authorization::find_chain_time(&mut connection).await?;
    let age = checkpoint::find_final_age(&mut connection).await?;
    drop(connection);
    if time.is_none() {
        return Err(NotReady::NoChainTime);
    }
    if let Some(max_seconds) = app.chain_age_max_seconds {
        let age_seconds = age.ok_or(NotReady::NoChainTime)?;
        if age_seconds > max_seconds {
            return Err(NotReady::ChainOld {
                age_seconds,
                max_seconds,
            });
        }
    }
    Ok(Ready {
        chain_age_seconds: age,
        signer: signer(app).await,
    })
}

/// What the signer says, asked again only now and then.
async fn signer(app: &App) -> SignerHealth {
    let known = *app.signer_state.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, health)) = known
        && at.elapsed() < SIGNER_LASTS
    {
        return health;
    }
    let health = app.signer.health().await;
    *app.signer_state.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), health));
    health
}
