//! Saying where the next direct goes in the binary tree: a command that the user signs, which becomes a fact.

use approval::{ChosenSide, SideCommand, command_nonce};
use plan::binary::Side;
use plan::{Cause, Report};
use store::StoreError;
use store::inbox::{self, Command, InboxError, Stored};
use store::user::{User, UserStatus};
use thiserror::Error;

use super::{App, now};

/// Why a choice was not accepted.
#[derive(Debug, Error)]
pub enum SideError {
    /// There are no sides.
    #[error("the plan has no binary tree")]
    NotInPlan,
    /// The registration was refunded.
    #[error("the registration was refunded")]
    Refunded,
    /// The wallet did not sign exactly this.
    #[error("the signature is not by the wallet over exactly this message")]
    BadSignature,
    /// The inbox refused.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Accepts a choice. It has effect on who joins after it is posted as a fact.
pub async fn choose(
    app: &App,
    user: &User,
    side: Option<Side>,
    idempotency_key: &str,
    signature: Vec<u8>,
) -> Result<Stored, SideError> {
    if app.ledger.plan.components().binary.is_none() {
        return Err(SideError::NotInPlan);
    }
    match user.status {
        UserStatus::Active => {}
        UserStatus::Refunded => return Err(SideError::Refunded),
    }
    let message = command(user, side, idempotency_key).message();
    let signature = app.signed_by(user.wallet, &message, signature);
    let signature = signature.ok_or(SideError::BadSignature)?;
    let command = Command {
        actor: user.wallet,
        idempotency_key,
        effective_at: u64::try_from(now()).unwrap_or_default(),
        cause: Cause::Reported(Report::SideChosen {
            wallet: user.wallet,
            side,
        }),
    };
    let mut connection = app.connection().await?;
    Ok(inbox::insert_signed(&mut connection, &command, Some(&signature)).await?)
}

/// What the user signs.
pub fn command(user: &User, side: Option<Side>, idempotency_key: &str) -> SideCommand {
    let side = side.map(|side| match side {
        Side::Left => ChosenSide::Left,
        Side::Right => ChosenSide::Right,
    });
    SideCommand {
        wallet: user.wallet,
        side,
        nonce: command_nonce(idempotency_key),
    }
}

impl From<StoreError> for SideError {
    fn from(error: StoreError) -> Self {
        Self::Inbox(error.into())
    }
}
