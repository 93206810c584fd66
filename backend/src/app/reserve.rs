//! Opting in or out of reserving a tier's pool rewards towards the next price: a command that becomes a fact.

use approval::ReserveCommand;
use ledger::Tier;
use plan::{Cause, ReserveChoice};
use store::StoreError;
use store::inbox::{self, Command, InboxError, Stored};
use thiserror::Error;

use super::{App, now};
use store::user::{User, UserStatus};

/// Why a choice was not accepted.
#[derive(Debug, Error)]
pub enum ReserveError {
    /// The registration was refunded.
    #[error("the registration was refunded")]
    Refunded,
    /// The plan has no such tier.
    #[error("the plan has no such tier")]
    UnknownTier,
    /// There is nothing above that could be reserved for.
    #[error("there is no next tier")]
    NoNextTier,
    /// The plan itself says what is reserved.
    #[error("the plan decides what is reserved")]
    NotChosen,
    /// The wallet did not sign exactly this.
    #[error("the signature is not by the wallet over exactly this message")]
    BadSignature,
    /// The inbox refused.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Accepts a choice. It has effect when it is posted as a fact, and none when it does not fit by then.
pub async fn choose(
    app: &App,
    user: &User,
    tier: u8,
    choice: ReserveChoice,
    idempotency_key: &str,
    signature: Vec<u8>,
) -> Result<Stored, ReserveError> {
    match user.status {
        UserStatus::Active => {}
        UserStatus::Refunded => return Err(ReserveError::Refunded),
    }
    let plan = &app.ledger.plan;
    let tier = Tier::new(tier)
        .filter(|tier| plan.price(*tier).is_some())
        .ok_or(ReserveError::UnknownTier)?;
    if tier.next().and_then(|next| plan.price(next)).is_none() {
        return Err(ReserveError::NoNextTier);
    }
    // Such a fact would be ignored, and the user would never learn it from the answer.
    if !plan.reserve_is_chosen() {
        return Err(ReserveError::NotChosen);
    }
    let said = ReserveCommand {
        wallet: user.wallet,
        tier: tier.get(),
        reserve: choice == ReserveChoice::In,
        nonce: approval::command_nonce(idempotency_key),
    };
    let signature = app.signed_by(user.wallet, &said.message(), signature);
    let signature = signature.ok_or(ReserveError::BadSignature)?;
    let command = Command {
        actor: user.wallet,
        idempotency_key,
        effective_at: u64::try_from(now()).unwrap_or_default(),
        cause: Cause::ReserveChosen {
            wallet: user.wallet,
            tier,
            choice,
        },
    };
    let mut connection = app.connection().await.map_err(InboxError::from)?;
    Ok(inbox::insert_signed(&mut connection, &command, Some(&signature)).await?)
}

impl From<StoreError> for ReserveError {
    fn from(error: StoreError) -> Self {
        Self::Inbox(error.into())
    }
}
