//! Proposals: one operator proposes something, another person agrees by a signature over exactly that, and a command follows
//! that carries the signatures. One engine for every kind; what a kind means its own file says (`fund`).

use alloy_primitives::B256;
use approval::{Approval, Evidence, recover};
use plan::Cause;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Connection;
use store::approval::Subject;
use store::inbox::{self, InboxError};
use store::proposal::{self, Kind, NewProposal, Proposal, State};
use store::{PgConnection, StoreError, audit_log, authorization};
use thiserror::Error;

use super::access::{Building, Handling, Looking, Operator};
use super::approve::{self, ApproveError, Signed, Verified, Wanted};
use super::fund::{self, Allocation, FundError};
use super::head::{self, HeadError};
use super::{App, session::Caller};

/// For how long a proposal can be agreed to, in seconds of the chain's time: a week.
const LIFE_SECONDS: u64 = 7 * 86_400;

/// Why a proposal is not made, agreed to or taken back.
#[derive(Debug, Error)]
pub enum ProposalError {
    /// There is no such proposal.
    #[error("there is no such proposal")]
    Unknown,
    /// It was approved or taken back.
    #[error("a proposal in state {} cannot be approved or withdrawn", .0.name())]
    NotOpen(State),
    /// Nobody can agree to it any more.
    #[error("the proposal expired at {expires}; the chain's time is {time}")]
    Expired {
        /// Its last second.
        expires: u64,
        /// The chain's time.
        time: u64,
    },
    /// The signature would agree for longer than the proposal lasts.
    #[error("the signature expires at {signature}, after the proposal, which expires at {proposal}")]
    Outlives {
        /// The last second of the signature.
        signature: u64,
        /// The last second of the proposal.
        proposal: u64,
    },
    /// Somebody else proposed it.
    #[error("only the person who proposed it may withdraw it")]
    NotTheProposer,
    /// A contract wallet signed, which those who act on the signature cannot ask.
    #[error("only signatures of keys count here, and this is none by {0}")]
    NotOfAKey(alloy_primitives::Address),
    /// The database knows both wallets as one person's.
    #[error("the proposer and the approver are one person")]
    OnePerson,
    /// The content breaks a rule of its kind.
    #[error(transparent)]
    Fund(#[from] FundError),
    /// The signature is not taken.
    #[error(transparent)]
    Approve(#[from] ApproveError),
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The inbox refused, or the idempotency key.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(ProposalError);

/// What a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Revenue for a fund.
    Allocation(Allocation),
}

impl Content {
    const fn kind(&self) -> Kind {
        match self {
            Self::Allocation(_) => Kind::FundAllocation,
        }
    }

    /// The one canonical text.
    fn payload(&self) -> String {
        match self {
            Self::Allocation(allocation) => allocation.payload(),
        }
    }

    fn read(stored: &Proposal) -> Result<Self, StoreError> {
        let read = match stored.kind {
            Kind::FundAllocation => Allocation::read(&stored.payload).map(Self::Allocation),
        };
        read.ok_or(StoreError::Corrupt {
            what: "proposal.payload",
        })
    }

    /// What operators sign.
    fn signed(&self, app: &App, stored: &Proposal) -> approval::Proposal {
        match self {
            Self::Allocation(allocation) => allocation.signed(app, stored.hash, stored.proposed_by),
        }
    }

    /// Whether it can have its effect now.
    async fn check(&self, connection: &mut PgConnection) -> Result<(), ProposalError> {
        match self {
            Self::Allocation(allocation) => Ok(fund::check(connection, allocation).await?),
        }
    }

    /// What follows from it.
    fn cause(&self) -> Cause {
        match self {
            Self::Allocation(allocation) => allocation.cause(),
        }
    }
}

/// The hash that is signed: of kind, wallet, key and content, a line each. The database computes the same.
fn hash(kind: Kind, caller: &Caller, key: &str, payload: &str) -> B256 {
    let content = format!("{}\n{:#x}\n{key}\n{payload}", kind.name(), caller.wallet);
    B256::from_slice(&Sha256::digest(content))
}

/// Proposes something; a repeat with the same key finds the first.
pub async fn propose(
    app: &App,
    caller: &Operator<Building>,
    key: &str,
    content: &Content,
) -> Result<Proposal, ProposalError> {
    inbox::check_key(key)?;
    let (kind, payload) = (content.kind(), content.payload());
    let hash = hash(kind, caller, key, &payload);
    let mut connection = app.connection().await?;
    let same = |found: Proposal| match found.hash == hash {
        true => Ok(found),
        false => Err(ProposalError::Inbox(InboxError::KeyReused)),
    };
    if let Some(found) = proposal::find_by_key(&mut connection, caller.wallet, key).await? {
        return same(found);
    }
    content.check(&mut connection).await?;
    drop(connection);
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let new = NewProposal {
        hash,
        kind,
        payload: &payload,
        proposed_by: caller.wallet,
        idempotency_key: key,
        expires: time.saturating_add(LIFE_SECONDS),
    };
    if proposal::insert(&mut transaction, &new).await? {
        let detail = json!({ "kind": kind.name(), "content": json_of(&payload) });
        note(&mut transaction, caller, "proposal.proposed", hash, &detail).await?;
    }
    let found = proposal::find_by_key(&mut transaction, caller.wallet, key).await?;
    transaction.commit().await?;
    same(found.ok_or(ProposalError::Unknown)?)
}

/// The proposal with this hash, and the chain's time as far as it is known.
pub async fn find(app: &App, _: &Operator<Looking>, hash: B256) -> Result<(Proposal, u64), ProposalError> {
    let mut connection = app.connection().await?;
    let found = proposal::find(&mut connection, hash).await?;
    let time = authorization::find_chain_time(&mut connection).await?;
    Ok((found.ok_or(ProposalError::Unknown)?, time.unwrap_or_default()))
}

/// Proposals below a number, newest first, and the chain's time as far as it is known.
pub async fn list(
    app: &App,
    _: &Operator<Looking>,
    below: i64,
    limit: i64,
) -> Result<(Vec<Proposal>, u64), ProposalError> {
    let mut connection = app.connection().await?;
    let found = proposal::list(&mut connection, below, limit).await?;
    let time = authorization::find_chain_time(&mut connection).await?;
    Ok((found, time.unwrap_or_default()))
}

/// What operators sign for a proposal.
pub async fn approval(app: &App, _: &Operator<Handling>, hash: B256) -> Result<Wanted, ProposalError> {
    let found = proposal::find(&mut *app.connection().await?, hash).await?;
    let found = found.ok_or(ProposalError::Unknown)?;
    check_open(&found, head::head(app).await?.timestamp)?;
    let signed = Content::read(&found)?.signed(app, &found);
    let mut wanted = approve::wanted(app, signed, &Subject::Proposal(hash)).await?;
    wanted.expires = wanted.expires.min(found.expires);
    Ok(wanted)
}

/// Takes an operator's signature over a proposal. As soon as its proposer and another person have signed, the command that
/// follows from it is stored with their signatures.
pub async fn approve(
    app: &App,
    caller: &Operator<Handling>,
    hash: B256,
    signed: &Signed,
) -> Result<Proposal, ProposalError> {
    let found = proposal::find(&mut *app.connection().await?, hash).await?;
    let found = found.ok_or(ProposalError::Unknown)?;
    check_open(&found, head::head(app).await?.timestamp)?;
    let content = Content::read(&found)?;
    let (wanted, subject) = (content.signed(app, &found), Subject::Proposal(hash));
    let verified = approve::verify(app, caller, &wanted, &subject, signed).await?;
    check_signature(&found, &wanted, &verified)?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    proposal::lock_deciding(&mut transaction).await?;
    let found = proposal::lock(&mut transaction, hash).await?;
    check_open(&found.ok_or(ProposalError::Unknown)?, verified.time)?;
    content.check(&mut transaction).await?;
    let action = match verified.store(&mut transaction, &wanted, &subject).await? {
        Some(approver) => {
            let approved = proposal::update_approved(&mut transaction, hash, approver).await;
            approved.map_err(|error| match error.constraint() {
                Some(proposal::TWO_PEOPLE) => ProposalError::OnePerson,
                Some(_) | None => error.into(),
            })?;
            let approvals = verified.list_agreed(&mut transaction, &wanted, &subject).await?;
            let evidence = evidence(&wanted, approvals)?;
            let (time, cause) = (verified.time, content.cause());
            let stored = inbox::insert_proposed(&mut transaction, hash, time, &cause, &evidence).await?;
            proposal::update_commanded(&mut transaction, hash, stored.inbox_id).await?;
            "proposal.approved"
        }
        None => "proposal.signed_by_operator",
    };
    let detail = json!({ "wallet": verified.approval.wallet });
    note(&mut transaction, caller, action, hash, &detail).await?;
    let found = proposal::find(&mut transaction, hash).await?;
    transaction.commit().await?;
    found.ok_or(ProposalError::Unknown)
}

/// Takes a proposal back that is still open.
pub async fn withdraw(app: &App, caller: &Operator<Building>, hash: B256) -> Result<Proposal, ProposalError> {
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let found = proposal::lock(&mut transaction, hash).await?;
    let found = found.ok_or(ProposalError::Unknown)?;
    let people = crate::agreement::people(&mut transaction).await?;
    let person = people.owner(caller.wallet).map(|person| &person.id);
    if person != Some(&found.proposer) {
        return Err(ProposalError::NotTheProposer);
    }
    check_open(&found, 0)?;
    proposal::update_withdrawn(&mut transaction, hash).await?;
    note(&mut transaction, caller, "proposal.withdrawn", hash, &json!({})).await?;
    let found = proposal::find(&mut transaction, hash).await?;
    transaction.commit().await?;
    found.ok_or(ProposalError::Unknown)
}

/// A stored content as JSON.
pub fn json_of(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_default()
}

fn check_open(found: &Proposal, time: u64) -> Result<(), ProposalError> {
    let expires = found.expires;
    match found.state {
        State::Open if expires < time => Err(ProposalError::Expired { expires, time }),
        State::Open => Ok(()),
        state @ (State::Approved | State::Withdrawn) => Err(ProposalError::NotOpen(state)),
    }
}

fn check_signature(
    found: &Proposal,
    wanted: &approval::Proposal,
    verified: &Verified,
) -> Result<(), ProposalError> {
    let (proposal, approval) = (found.expires, &verified.approval);
    if approval.expires > proposal {
        return Err(ProposalError::Outlives {
            signature: approval.expires,
            proposal,
        });
    }
    let digest = crate::agreement::digest(wanted, approval.expires, &verified.domain);
    if recover(digest, &approval.signature) != Some(approval.wallet) {
        return Err(ProposalError::NotOfAKey(approval.wallet));
    }
    Ok(())
}

/// The signatures as they travel with the command.
fn evidence(wanted: &approval::Proposal, approvals: Vec<Approval>) -> Result<Vec<u8>, StoreError> {
    let evidence = wanted.proposer().map(|proposer| Evidence { proposer, approvals });
    let bytes = evidence.and_then(|evidence| evidence.to_bytes());
    bytes.ok_or(StoreError::Corrupt {
        what: "signatures that do not fit beside a command",
    })
}

async fn note(
    connection: &mut PgConnection,
    caller: &Caller,
    action: &str,
    hash: B256,
    detail: &Value,
) -> Result<(), StoreError> {
    audit_log::insert(connection, caller.wallet, action, &format!("{hash:#x}"), detail).await
}
