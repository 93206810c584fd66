//! A user's request to be paid by the next batch. It is not a command: operators decide, and the next batch considers it first.

use store::StoreError;
use store::api::rewards::{self, Filter};
use store::user;
use store::withdrawal::{self, Withdrawal};
use thiserror::Error;

use super::App;
use super::session::Caller;

/// Why a request was not noted.
#[derive(Debug, Error)]
pub enum WithdrawError {
    /// Nobody registered has the wallet.
    #[error("the wallet is not registered")]
    NotRegistered,
    /// There is no matured unpaid amount.
    #[error("no amount is available")]
    NothingAvailable,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Notes the wish; while one is open, a repeat finds it.
pub async fn ask(app: &App, caller: &Caller) -> Result<Withdrawal, WithdrawError> {
    let mut connection = app.connection().await?;
    let user = user::find_by_wallet(&mut connection, caller.wallet)
        .await?
        .ok_or(WithdrawError::NotRegistered)?;
    if let Some(open) = withdrawal::find_open(&mut connection, user.id).await? {
        // A request whose payout was refused or let go counts for the next batch again.
        return Ok(open);
    }
    let filter = Filter {
        user: Some(user.id),
        ..Filter::default()
    };
    if rewards::list(&mut connection, &filter, 0, 1).await?.is_empty() {
        return Err(WithdrawError::NothingAvailable);
    }
    withdrawal::insert(&mut connection, user.id).await?;
    withdrawal::find_open(&mut connection, user.id)
        .await?
        .ok_or(WithdrawError::NothingAvailable)
}
