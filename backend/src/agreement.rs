//! Whether operators approved something: verified signatures against the ledger's list of operators.
//!
//! API and settlement worker check this before they act; the signer checks its own list again. Not responsible for storage.

use alloy_primitives::{Address, B256};
use approval::{
    Agreed, Approval, Domain, People, Proposal, QuorumRule, ResumeProposal, Vote, check, recover,
};
use chain::{At, ChainError, ChainReader};
use sqlx::PgConnection;
use store::StoreError;
use store::approval::{self as stored, Subject};
use store::stop::{self, Stop};

/// The operators of the ledger, as people with votes.
pub async fn people(connection: &mut PgConnection) -> Result<People, StoreError> {
    Ok(People::of_ledger(stored::list_people(connection).await?))
}

/// The digest of an operator's agreement.
pub fn digest(proposal: &Proposal, expires: u64, domain: &Domain) -> B256 {
    proposal.message(expires).digest(domain)
}

/// Whether a wallet signed a digest: by its key, or as its contract says (EIP-1271), when there is a node to ask.
pub async fn has_signed(
    reader: Option<&ChainReader>,
    wallet: Address,
    digest: B256,
    signature: &[u8],
) -> Result<bool, ChainError> {
    if recover(digest, signature) == Some(wallet) {
        return Ok(true);
    }
    match reader {
        Some(reader) => {
            reader
                .takes_signature(wallet, digest, signature, At::Latest)
                .await
        }
        None => Ok(false),
    }
}

/// The votes among signatures of keys over a proposal, and of those contract wallets whose signatures were verified.
pub fn votes(
    proposal: &Proposal,
    approvals: &[Approval],
    domain: &Domain,
    verified: &[Approval],
) -> Vec<Vote> {
    let is_good = |approval: &&Approval| {
        let digest = digest(proposal, approval.expires, domain);
        recover(digest, &approval.signature) == Some(approval.wallet) || verified.contains(approval)
    };
    let vote = |approval: &Approval| Vote {
        wallet: approval.wallet,
        expires: approval.expires,
    };
    approvals.iter().filter(is_good).map(vote).collect()
}

/// Checks the quorum, and names a wallet of someone who agreed and did not propose it.
pub fn agreed(
    people: &People,
    proposal: &Proposal,
    votes: &[Vote],
    time: u64,
) -> Result<Vec<Address>, QuorumRule> {
    let Agreed { voters, .. } = check(people, proposal, votes, time)?;
    let wallet_of = |id: &String| {
        let mut wallets = votes.iter().map(|vote| vote.wallet);
        wallets.find(|wallet| people.owner(*wallet).is_some_and(|owner| owner.id == *id))
    };
    Ok(voters.iter().filter_map(wallet_of).collect())
}

/// Who ended a stop, when two people did; the wallets of two of them.
pub async fn resumed_by(
    connection: &mut PgConnection,
    stop: &Stop,
    people: &People,
    domain: &Domain,
    time: u64,
) -> Result<Option<[Address; 2]>, StoreError> {
    let Ok(number) = u64::try_from(stop.id) else {
        return Ok(None);
    };
    let mut votes = Vec::new();
    for stored in stored::list(connection, &Subject::Stop(number)).await? {
        if stored.stops.contains(&number) {
            let proposal = resume(&stored.stops);
            votes.extend(self::votes(&proposal, &[stored.approval], domain, &[]));
        }
    }
    Ok(
        match agreed(people, &resume(&[number]), &votes, time).as_deref() {
            Ok([first, second, ..]) => Some([*first, *second]),
            Ok(_) | Err(_) => None,
        },
    )
}

/// The stops that two people have not ended, and those that they have and that are not closed yet.
pub async fn stops(
    connection: &mut PgConnection,
    domain: &Domain,
    time: u64,
) -> Result<(Vec<Stop>, Vec<(Stop, [Address; 2])>), StoreError> {
    let (mut open, mut ended) = (Vec::new(), Vec::new());
    let found = stop::list_open(connection).await?;
    if found.is_empty() {
        return Ok((open, ended));
    }
    let people = people(connection).await?;
    for stop in found {
        match resumed_by(connection, &stop, &people, domain, time).await? {
            Some(by) => ended.push((stop, by)),
            None => open.push(stop),
        }
    }
    Ok((open, ended))
}

/// The end of these stops, as it is proposed.
pub fn resume(stops: &[u64]) -> Proposal {
    Proposal::Resume(ResumeProposal {
        stops: stops.to_vec(),
    })
}
