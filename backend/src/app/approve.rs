//! Operators' signatures in the API: verified before a transaction is opened, stored with the proposal.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use approval::{APPROVAL_LIFE_MAX, Approval, Domain, Message, People, Proposal, Role, Vote, recover};
use store::StoreError;
use store::approval::{self as stored, Subject};
use thiserror::Error;

use super::App;
use super::head::{self, HeadError};
use super::session::Caller;
use crate::agreement;

/// For how long a message agrees when nothing else is said: a day.
const LIFE_SECONDS: u64 = 86_400;

/// A signature as an operator hands it in.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The wallet that signed; the caller's own when it is absent.
    pub wallet: Option<Address>,
    /// Until when it agrees, in seconds of the chain's time.
    pub expires: u64,
    /// 65 bytes, or what a contract wallet takes.
    pub signature: Vec<u8>,
}

/// What an operator is to sign.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The proposal.
    pub proposal: Proposal,
    /// Until when the signature would agree.
    pub expires: u64,
    /// The people whose signatures count already, by id.
    pub signed_by: Vec<String>,
}

/// Why a signature is not taken.
#[derive(Debug, Error)]
pub enum ApproveError {
    /// The wallet does not belong to the signed-in person.
    #[error("{0} is not a wallet of the signed-in person")]
    WalletOfAnother(Address),
    /// It is not the signature of the wallet over exactly this.
    #[error("the signature is not by {0} over exactly this message")]
    BadSignature(Address),
    /// It agrees to nothing any more, or for too long.
    #[error(
        "the signature expires at {expires}; the chain's time is {time}, and it must be at most {APPROVAL_LIFE_MAX} s later"
    )]
    Expired {
        /// Its last second.
        expires: u64,
        /// The chain's time.
        time: u64,
    },
    /// The person neither proposed it nor has a vote.
    #[error("only its builder and approvers may sign it")]
    NoVote,
    /// The person built it, and has signed.
    #[error("its builder has already signed and has no vote")]
    ApproverIsBuilder,
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A signature that was verified, with everything that the quorum is decided by.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) approval: Approval,
    pub(super) people: People,
    pub(super) domain: Domain,
    pub(super) time: u64,
    /// Signatures of contract wallets that were verified at the node.
    contracts: Vec<Approval>,
}

impl App {
    /// Where signatures of this ledger's operators count.
    pub const fn domain(&self) -> Domain {
        Domain {
            chain_id: self.ledger.chain_id,
            contract: self.ledger.contract,
        }
    }

    /// The signature in its one form, if the wallet's own key made it over exactly this message for this ledger.
    pub fn signed_by(&self, wallet: Address, message: &Message, signature: Vec<u8>) -> Option<Vec<u8>> {
        let digest = message.digest(&self.domain());
        let signature = approval::normalize(wallet, digest, signature);
        (recover(digest, &signature) == Some(wallet)).then_some(signature)
    }
}

/// What is to be signed for a proposal.
pub(super) async fn wanted(app: &App, proposal: Proposal, subject: &Subject) -> Result<Wanted, ApproveError> {
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let people = agreement::people(&mut connection).await?;
    let approvals = list(&mut connection, subject).await?;
    drop(connection);
    let verified = contracts(app, &proposal, &approvals).await?;
    let votes = agreement::votes(&proposal, &approvals, &app.domain(), &verified);
    let mut signed_by: Vec<String> = votes
        .iter()
        .filter(|vote| vote.expires >= time)
        .filter_map(|vote| Some(people.owner(vote.wallet)?.id.clone()))
        .collect();
    signed_by.sort();
    signed_by.dedup();
    Ok(Wanted {
        proposal,
        expires: time.saturating_add(LIFE_SECONDS),
        signed_by,
    })
}

/// Verifies an operator's signature over a proposal. No transaction may be open: a contract wallet is asked at the node.
pub(super) async fn verify(
    app: &App,
    caller: &Caller,
    proposal: &Proposal,
    subject: &Subject,
    signed: &Signed,
) -> Result<Verified, ApproveError> {
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let people = agreement::people(&mut connection).await?;
    let before = list(&mut connection, subject).await?;
    drop(connection);
    let person = |wallet| people.owner(wallet).map(|person| person.id.clone());
    let wallet = signed.wallet.unwrap_or(caller.wallet);
    if person(wallet).is_none() || person(wallet) != person(caller.wallet) {
        return Err(ApproveError::WalletOfAnother(wallet));
    }
    let expires = signed.expires;
    if expires < time || expires - time > APPROVAL_LIFE_MAX {
        return Err(ApproveError::Expired { expires, time });
    }
    let domain = app.domain();
    let digest = agreement::digest(proposal, expires, &domain);
    let approval = Approval {
        wallet,
        expires,
        signature: approval::normalize(wallet, digest, signed.signature.clone()),
    };
    let reader = app.chain.as_ref();
    if !agreement::has_signed(reader, wallet, digest, &approval.signature)
        .await
        .map_err(HeadError::from)?
    {
        return Err(ApproveError::BadSignature(wallet));
    }
    let mut contracts = contracts(app, proposal, &before).await?;
    let votes = agreement::votes(proposal, &before, &domain, &contracts);
    let proposer = proposal.proposer().and_then(person);
    let is_proposer = proposer.is_some() && proposer == person(wallet);
    let has_vote = people
        .owner(wallet)
        .is_some_and(|person| person.roles.contains(&Role::Approver));
    if proposer.is_some() && !is_proposer && !has_vote {
        return Err(ApproveError::NoVote);
    }
    let has_proposed = |vote: &Vote| vote.expires >= time && person(vote.wallet) == proposer;
    if is_proposer && votes.iter().any(has_proposed) {
        return Err(ApproveError::ApproverIsBuilder);
    }
    contracts.push(approval.clone());
    Ok(Verified {
        approval,
        people,
        domain,
        time,
        contracts,
    })
}

impl Verified {
    /// Who signed, by id.
    pub(super) fn person(&self) -> Option<String> {
        Some(self.people.owner(self.approval.wallet)?.id.clone())
    }

    /// Stores the signature and decides the quorum with all that are stored: wallets of people who agreed, or none yet.
    pub(super) async fn store(
        &self,
        connection: &mut sqlx::PgConnection,
        proposal: &Proposal,
        subject: &Subject,
    ) -> Result<Option<Address>, StoreError> {
        stored::insert(connection, subject, &self.approval, None).await?;
        let approvals = list(connection, subject).await?;
        let votes = agreement::votes(proposal, &approvals, &self.domain, &self.contracts);
        let agreed = agreement::agreed(&self.people, proposal, &votes, self.time);
        Ok(agreed.ok().and_then(|wallets| wallets.first().copied()))
    }

    /// The signatures that count, the one of each person that ends last.
    pub(super) async fn list_agreed(
        &self,
        connection: &mut sqlx::PgConnection,
        proposal: &Proposal,
        subject: &Subject,
    ) -> Result<Vec<Approval>, StoreError> {
        let mut agreed: BTreeMap<String, Approval> = BTreeMap::new();
        for approval in list(connection, subject).await? {
            let signed = std::slice::from_ref(&approval);
            let votes = agreement::votes(proposal, signed, &self.domain, &self.contracts);
            let counts = votes.iter().any(|vote| vote.expires >= self.time);
            if let Some(person) = self.people.owner(approval.wallet).filter(|_| counts) {
                agreed.entry(person.id.clone()).or_insert(approval);
            }
        }
        Ok(agreed.into_values().collect())
    }
}

async fn list(connection: &mut sqlx::PgConnection, subject: &Subject) -> Result<Vec<Approval>, StoreError> {
    let stored = stored::list(connection, subject).await?;
    Ok(stored.into_iter().map(|stored| stored.approval).collect())
}

/// Those signatures that a contract wallet takes, and no key made.
async fn contracts(
    app: &App,
    proposal: &Proposal,
    approvals: &[Approval],
) -> Result<Vec<Approval>, ApproveError> {
    let domain = app.domain();
    let mut verified = Vec::new();
    for approval in approvals {
        let digest = agreement::digest(proposal, approval.expires, &domain);
        let is_of_key = approval::recover(digest, &approval.signature) == Some(approval.wallet);
        let reader = app.chain.as_ref();
        if !is_of_key
            && agreement::has_signed(reader, approval.wallet, digest, &approval.signature)
                .await
                .map_err(HeadError::from)?
        {
            verified.push(approval.clone());
        }
    }
    Ok(verified)
}
