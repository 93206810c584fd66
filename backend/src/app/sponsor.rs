//! Whether someone can be named as a sponsor.

use alloy_primitives::Address;
use store::StoreError;
use store::authorization::find_chain_time;
use store::user::{self, UserStatus};

use super::App;
use super::intake::is_frozen;
use super::pending::is_registering;

/// What is known of a wallet as a sponsor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sponsor {
    /// Nobody registered has the wallet.
    Unknown,
    /// The registration is on the chain, but not final and posted.
    Pending,
    /// Can be named.
    Registered,
    /// Cannot be named before this time, in seconds since 1970-01-01 UTC.
    Frozen(u64),
    /// Cannot be named any more.
    Refunded,
}

impl Sponsor {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Registered => "registered",
            Self::Frozen(_) => "frozen",
            Self::Refunded => "refunded",
        }
    }
}

/// Looks a sponsor up.
pub async fn find(app: &App, wallet: Address) -> Result<Sponsor, StoreError> {
    let mut connection = app.reading_connection().await?;
    let Some(user) = user::find_by_wallet(&mut connection, wallet).await? else {
        let is_pending = is_registering(&mut connection, wallet).await?;
        return Ok(if is_pending {
            Sponsor::Pending
        } else {
            Sponsor::Unknown
        });
    };
    let time = find_chain_time(&mut connection).await?.unwrap_or_default();
    Ok(match (user.status, user.frozen_until) {
        (UserStatus::Refunded, _) => Sponsor::Refunded,
        (UserStatus::Active, Some(until)) if is_frozen(&user, time) => Sponsor::Frozen(until),
        (UserStatus::Active, _) => Sponsor::Registered,
    })
}
