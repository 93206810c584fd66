//! Accepts a user's signed message for the relayer, after making all the checks that the contract makes.
//!
//! What was signed names recipient, deposit or amount, and deadline; nothing of it is changed. Whoever has the signature may hand
//! it in: it can do only what it says.

use abi::ICustody;
use alloy_primitives::{Address, B256, Bytes};
use approval::{normalize, recover};
use chain::{At, Call, CallError, ChainReader};
use sqlx::Acquire;
use store::StoreError;
use store::relay::{self, Kind, NewRelay, Relay, State};
use thiserror::Error;

use super::App;
use super::head::{self, HeadError};
use crate::relay::order::{Order, gas_limit, sibling};
use crate::relay::{code, is_passing};
use crate::way::{WayError, way};

/// Messages of one user within 24 hours: three kinds, each with a few deposits or repetitions.
pub const PER_USER_MAX: u64 = 10;
/// Messages of all users within 24 hours.
pub const PER_DAY_MAX: u64 = 5_000;
/// Seconds that a message must still be good for: to be sent, and to be sent again.
pub const LIFE_MIN_SECONDS: u64 = 60;

/// A message, its signature, and the proof of a claim if the user has one.
#[derive(Clone, Debug)]
pub struct RelayRequest {
    /// What was signed.
    pub order: Order,
    /// By the user's key, or as the user's contract takes it.
    pub signature: Vec<u8>,
    /// Siblings of the leaf; looked up when there are none.
    pub proof: Option<Vec<ICustody::SumNode>>,
}

/// Why a message is not relayed.
#[derive(Debug, Error)]
pub enum RelayError {
    /// No relayer was seen lately.
    #[error("no relayer is available; submit the message yourself or try later")]
    Unavailable,
    /// Nobody signed this here.
    #[error("no message with this digest has been submitted")]
    Unknown,
    /// It would expire before it can be sent.
    #[error(
        "the message expires in less than {LIFE_MIN_SECONDS} seconds; sign it again with a later deadline"
    )]
    Expired,
    /// The contract has no such deposit.
    #[error("the contract has no deposit with this reference")]
    UnknownDeposit,
    /// It was refunded, or its cooling-off time has ended.
    #[error("the deposit was already refunded, or its cooling-off period has ended")]
    NotRefundable,
    /// The contract does not know the user.
    #[error("the user is not registered in the contract")]
    NotRegistered,
    /// The user cannot be paid now.
    #[error("the user is frozen until {0}")]
    Frozen(u64),
    /// No root with this hash can be claimed against.
    #[error("the root was never published, or was vetoed or retired")]
    UnknownRoot,
    /// It is too early.
    #[error("the root can be claimed against from {0} on")]
    RootImmature(u64),
    /// No leaf says what the message says.
    #[error("the root has no leaf for this user with this entitlement")]
    NoLeaf,
    /// The contract holds another credit.
    #[error("the user's credit is {0} base units; sign that amount")]
    OtherCredit(u128),
    /// The user was paid since.
    #[error("the nonce of the withdrawal must be {0}, the user's cumulative `paid`")]
    OtherNonce(u128),
    /// Neither the key nor the contract of the user made it.
    #[error("the signature is not that of {0} over this message")]
    BadSignature(Address),
    /// The contract says no.
    #[error("the contract would reject the message: {0}")]
    Rejected(String),
    /// The day's messages are used up.
    #[error("at most {PER_USER_MAX} messages per user are relayed within 24 hours")]
    UserLimit,
    /// The day's messages of all are used up.
    #[error("the relay limit for 24 hours is reached; submit the message yourself or try later")]
    DayLimit,
    /// The chain does not respond.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(RelayError);

impl From<chain::ChainError> for RelayError {
    fn from(error: chain::ChainError) -> Self {
        Self::Head(error.into())
    }
}

/// The outcome of a message.
///
/// # Errors
/// [`RelayError::Unknown`], [`RelayError::Store`].
pub async fn find(app: &App, digest: B256) -> Result<Relay, RelayError> {
    let mut connection = app.reading_connection().await?;
    (relay::find(&mut connection, digest).await?).ok_or(RelayError::Unknown)
}

/// Queues a message. One that is in progress, or done for good, is found; one that failed, and a claim that left a rest, is queued
/// again when the contract would take it now.
pub async fn accept(app: &App, ask: RelayRequest) -> Result<Relay, RelayError> {
    let digest = ask.order.digest(app.ledger.chain_id, app.ledger.contract);
    let known = relay::find(&mut *app.connection().await?, digest).await?;
    match known {
        Some(known) if known.state.is_open() => return Ok(known),
        Some(known) if known.state == State::Done && known.kind != Kind::Claim => return Ok(known),
        Some(known) if known.state == State::Done => {
            // The rest of a claim that was paid in part; when nothing is left, it is done.
            if let Err(RelayError::Rejected(_)) = check_and_insert(app, ask, digest).await {
                return Ok(known);
            }
        }
        Some(_) | None => check_and_insert(app, ask, digest).await?,
    }
    (relay::find(&mut *app.connection().await?, digest).await?).ok_or(RelayError::Unknown)
}

async fn check_and_insert(app: &App, ask: RelayRequest, digest: B256) -> Result<(), RelayError> {
    let relayer = relay::find_relayer(&mut *app.connection().await?).await?;
    let relayer = relayer.ok_or(RelayError::Unavailable)?;
    let new = check(app, ask, digest, relayer).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let lately = relay::lock_lately(&mut transaction, new.wallet).await?;
    if lately.of_wallet >= PER_USER_MAX {
        return Err(RelayError::UserLimit);
    }
    if lately.of_all >= PER_DAY_MAX {
        return Err(RelayError::DayLimit);
    }
    if relay::insert(&mut transaction, &new).await? {
        metrics::counter!("trellis_relay_queued_total", "kind" => new.kind.name()).increment(1);
    }
    transaction.commit().await?;
    Ok(())
}

/// Everything that the contract checks, with a better reason than it gives, and at last the contract itself.
async fn check(app: &App, ask: RelayRequest, digest: B256, relayer: Address) -> Result<NewRelay, RelayError> {
    let reader = head::reader(app)?;
    let time = reader.head().await?.timestamp;
    let RelayRequest {
        order,
        signature,
        proof,
    } = ask;
    let deadline = order.deadline();
    if time.saturating_add(LIFE_MIN_SECONDS) > deadline {
        return Err(RelayError::Expired);
    }
    let wallet = signer_of(reader, &order, time).await?;
    let proof = match (&order, proof) {
        (Order::Claim(claim), None) => look_up(app, reader, claim, time).await?,
        (Order::Claim(claim), Some(proof)) => {
            mature_total(reader, claim.root, time).await?;
            proof
        }
        (Order::Refund(_) | Order::Credit(_), _) => Vec::new(),
    };
    let signature = normalize(wallet, digest, signature);
    if recover(digest, &signature) != Some(wallet)
        && !reader
            .takes_signature(wallet, digest, &signature, At::Latest)
            .await?
    {
        return Err(RelayError::BadSignature(wallet));
    }
    let kind = order.kind();
    let gas_limit = gas_limit(proof.len(), signature.len());
    let input = order.call(proof, Bytes::from(signature));
    try_call(app, reader, relayer, &input, gas_limit).await?;
    Ok(NewRelay {
        digest,
        kind,
        wallet,
        input,
        gas_limit,
        deadline,
    })
}

/// Who has to have signed, and whether the contract owes it.
async fn signer_of(reader: &ChainReader, order: &Order, time: u64) -> Result<Address, RelayError> {
    let user = match order {
        Order::Refund(refund) => {
            let deposit = reader.deposit(refund.r#ref, At::Latest).await?;
            let deposit = deposit.ok_or(RelayError::UnknownDeposit)?;
            if deposit.is_refunded || deposit.refundable_until < time {
                return Err(RelayError::NotRefundable);
            }
            // A refund is never held up by a freeze.
            return Ok(deposit.user);
        }
        Order::Claim(claim) => claim.user,
        Order::Credit(withdrawal) => withdrawal.user,
    };
    let account = reader.account(user, At::Latest).await?;
    if !account.is_registered() {
        return Err(RelayError::NotRegistered);
    }
    if account.is_frozen(time) {
        return Err(RelayError::Frozen(account.frozen_until));
    }
    if let Order::Credit(withdrawal) = order {
        if withdrawal.nonce.saturating_to::<u128>() != account.paid {
            return Err(RelayError::OtherNonce(account.paid));
        }
        if withdrawal.amount.saturating_to::<u128>() != account.credit {
            return Err(RelayError::OtherCredit(account.credit));
        }
    }
    Ok(user)
}

async fn mature_total(reader: &ChainReader, root: B256, time: u64) -> Result<u128, RelayError> {
    let known = reader.liabilities(root, At::Latest).await?;
    let known = known.ok_or(RelayError::UnknownRoot)?;
    if known.claimable_from > time {
        return Err(RelayError::RootImmature(known.claimable_from));
    }
    Ok(known.total)
}

/// The proof of the leaf that the claim names, from the stored tree.
async fn look_up(
    app: &App,
    reader: &ChainReader,
    claim: &ICustody::Claim,
    time: u64,
) -> Result<Vec<ICustody::SumNode>, RelayError> {
    let total = money::Amount::new(mature_total(reader, claim.root, time).await?);
    let mut connection = app.connection().await?;
    let (leaf, path) = match way(&mut connection, claim.root, total, claim.user).await {
        Ok(found) => found,
        Err(WayError::NoLeaf | WayError::OtherTree) => return Err(RelayError::NoLeaf),
        Err(WayError::Store(error)) => return Err(error.into()),
    };
    if leaf.entitled.base_units() != claim.entitled.saturating_to::<u128>() {
        return Err(RelayError::NoLeaf);
    }
    let nodes = path.iter();
    Ok(nodes
        .map(|node| sibling(node.hash, node.sum.base_units()))
        .collect())
}

/// The call at the newest block. What only waits for money or for room under the cap is taken: the relayer tries it until its
/// deadline.
async fn try_call(
    app: &App,
    reader: &ChainReader,
    relayer: Address,
    input: &Bytes,
    gas_limit: u64,
) -> Result<(), RelayError> {
    let call = Call {
        from: relayer,
        to: app.ledger.contract,
        value: 0,
        input: input.clone(),
        gas_limit: Some(gas_limit),
    };
    match reader.simulate(&call).await {
        Ok(_) => Ok(()),
        Err(CallError::Reverted(revert)) if is_passing(&revert) => Ok(()),
        Err(CallError::Reverted(revert)) => Err(RelayError::Rejected(code(&revert))),
        // The relayer's account is empty, or the node has its own reason: not the user's fault.
        Err(CallError::Refused { .. }) => Err(RelayError::Unavailable),
        Err(CallError::Chain(error)) => Err(error.into()),
    }
}
