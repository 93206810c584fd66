//! The signer's own list of people: read from its database, each version verified against the one before.
//!
//! A list is set at the console, by the database's owner, or agreed to by the quorum that the list before it prescribes.
//! The serving role can add an agreed list only, and a row that its signatures do not carry is an error, never a list.

use std::sync::Mutex;

use alloy::primitives::hex;
use approval::{
    Approval, Domain, People, PeopleError, PeopleProposal, Proposal, QuorumRule, Vote, check, recover,
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

/// A list with its number.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its number.
    pub version: u64,
    /// The people.
    pub people: People,
}

/// Why there is no list.
#[derive(Debug, Error)]
pub enum ListError {
    /// Nobody set one.
    #[error("the signer has no list of people; `signer people set` sets it")]
    Missing,
    /// A stored list is none.
    #[error("version {version} of the list of people cannot be read")]
    Unreadable {
        /// Its number.
        version: i64,
        /// Why.
        #[source]
        source: PeopleError,
    },
    /// A stored list was not agreed to by the quorum of the one before.
    #[error("version {version} of the list of people is not approved by the previous list")]
    NotAgreed {
        /// Its number.
        version: i64,
        /// Why.
        #[source]
        source: QuorumRule,
    },
    /// The stored signatures of a list are malformed.
    #[error("the approvals of version {0} of the list of people are malformed")]
    Approvals(i64),
    /// Numbers are missing, or begin with an agreed list.
    #[error("version {0} of the list of people does not follow the one before it")]
    Order(i64),
    /// The database does not respond.
    #[error("the signer's database does not answer")]
    Database(#[from] sqlx::Error),
}

/// A stored signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredApproval {
    /// The wallet.
    pub wallet: String,
    /// Until when it agrees.
    pub expires: u64,
    /// 65 bytes of a key. Contract wallets have no vote here: what they agreed to cannot be verified later.
    pub signature: String,
}

impl StoredApproval {
    fn approval(&self) -> Option<Approval> {
        Some(Approval {
            wallet: self.wallet.parse().ok()?,
            expires: self.expires,
            signature: hex::decode(&self.signature).ok()?,
        })
    }
}

/// The list as it was read last.
#[derive(Debug, Default)]
pub(crate) struct PeopleCache(Mutex<Option<Listed>>);

impl PeopleCache {
    /// The current list. Read again whenever there is a newer one.
    pub(crate) async fn present(&self, pool: &PgPool, domain: &Domain) -> Result<Listed, ListError> {
        let mut connection = pool.acquire().await?;
        let newest = sqlx::query_scalar!("SELECT max(version) FROM signer.people")
            .fetch_one(&mut *connection)
            .await?;
        let known = self.0.lock().ok().and_then(|known| known.clone());
        if let Some(known) = known.filter(|known| i64::try_from(known.version).ok() == newest) {
            return Ok(known);
        }
        let listed = read(&mut connection, domain).await?;
        if let Ok(mut known) = self.0.lock() {
            *known = Some(listed.clone());
        }
        Ok(listed)
    }
}

/// The current list, verified from the newest one that was set at the console.
pub async fn read(connection: &mut PgConnection, domain: &Domain) -> Result<Listed, ListError> {
    let rows = sqlx::query!(
        r#"SELECT version, list, head_timestamp, approvals AS "approvals: sqlx::types::Json<Vec<StoredApproval>>"
           FROM signer.people
           WHERE version >= (SELECT max(version) FROM signer.people WHERE approvals IS NULL)
           ORDER BY version"#
    )
    .fetch_all(connection)
    .await?;
    let mut present: Option<Listed> = None;
    for row in rows {
        let version = row.version;
        let people: People =
            (row.list.parse()).map_err(|source| ListError::Unreadable { version, source })?;
        let number = u64::try_from(version).map_err(|_| ListError::Order(version))?;
        if let Some(approvals) = row.approvals {
            let before = present.as_ref().ok_or(ListError::Order(version))?;
            if number != before.version.saturating_add(1) {
                return Err(ListError::Order(version));
            }
            let approvals: Option<Vec<Approval>> = approvals.0.iter().map(StoredApproval::approval).collect();
            let approvals = approvals.ok_or(ListError::Approvals(version))?;
            let time = u64::try_from(row.head_timestamp.unwrap_or_default()).unwrap_or_default();
            agree(before, &people, &approvals, time, domain)
                .map_err(|source| ListError::NotAgreed { version, source })?;
        }
        present = Some(Listed {
            version: number,
            people,
        });
    }
    present.ok_or(ListError::Missing)
}

/// Checks that the quorum of a list agrees to the next one.
fn agree(
    before: &Listed,
    next: &People,
    approvals: &[Approval],
    time: u64,
    domain: &Domain,
) -> Result<(), QuorumRule> {
    let proposal = proposal(before, next);
    let votes: Vec<Vote> = approvals
        .iter()
        .filter(|approval| {
            let digest = proposal.message(approval.expires).digest(domain);
            recover(digest, &approval.signature) == Some(approval.wallet)
        })
        .map(|approval| Vote {
            wallet: approval.wallet,
            expires: approval.expires,
        })
        .collect();
    check(&before.people, &proposal, &votes, time).map(drop)
}

/// What people agree to when one list replaces another.
pub fn proposal(before: &Listed, next: &People) -> Proposal {
    Proposal::People(PeopleProposal {
        version: before.version.saturating_add(1),
        previous: before.people.hash(),
        next: next.hash(),
    })
}

/// Sets a list at the console, as the database's owner, and returns its number.
pub async fn set(connection: &mut PgConnection, people: &People) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"INSERT INTO signer.people (version, list, recorded_at_ms)
           SELECT coalesce(max(version), 0) + 1, $1, $2 FROM signer.people
           RETURNING version"#,
        people.to_string(),
        crate::now_ms(),
    )
    .fetch_one(connection)
    .await
}

/// Replaces the current list by one that its quorum agreed to, and returns its number.
///
/// # Errors
/// [`ListError::NotAgreed`] unless it did.
pub async fn change(
    connection: &mut PgConnection,
    next: &People,
    approvals: &[StoredApproval],
    time: u64,
    domain: &Domain,
) -> Result<u64, ListError> {
    let before = read(connection, domain).await?;
    let number = before.version.saturating_add(1);
    let version = i64::try_from(number).unwrap_or(i64::MAX);
    let read: Option<Vec<Approval>> = approvals.iter().map(StoredApproval::approval).collect();
    let read = read.ok_or(ListError::Approvals(version))?;
    agree(&before, next, &read, time, domain).map_err(|source| ListError::NotAgreed { version, source })?;
    sqlx::query!(
        "INSERT INTO signer.people (version, list, head_timestamp, approvals, recorded_at_ms)
         VALUES ($1, $2, $3, $4, $5)",
        version,
        next.to_string(),
        i64::try_from(time).unwrap_or(i64::MAX),
        sqlx::types::Json(approvals) as _,
        crate::now_ms(),
    )
    .execute(connection)
    .await?;
    Ok(number)
}
