//! Signatures of operators over proposals, and the operators themselves as people with votes.
//!
//! Not responsible for what a signature is good for: whoever reads them verifies them.

use ::approval::{Approval, Person, Role};
use alloy_primitives::{Address, B256};
use sqlx::PgConnection;
use std::collections::BTreeMap;

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::natural;

/// Signatures read of one proposal at most: a role that stores useless ones must not make reading expensive.
const APPROVALS_READ_MAX: i64 = 64;

/// What a signature is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A batch.
    Batch(B256),
    /// A root of liabilities.
    Root(B256),
    /// A proposal, by its hash.
    Proposal(B256),
    /// A stop.
    Stop(u64),
}

impl Subject {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Batch(_) => "batch",
            Self::Root(_) => "root",
            Self::Proposal(_) => "proposal",
            Self::Stop(_) => "resume",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Batch(id) | Self::Root(id) | Self::Proposal(id) => id.to_vec(),
            Self::Stop(stop) => stop.to_be_bytes().to_vec(),
        }
    }
}

/// A stored signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredApproval {
    /// The signature.
    pub approval: Approval,
    /// Of the end of stops: all that it is about.
    pub stops: Vec<u64>,
}

/// Stores a signature; `false` when it is stored already.
pub async fn insert(
    connection: &mut PgConnection,
    subject: &Subject,
    approval: &Approval,
    stops: Option<&[u64]>,
) -> Result<bool, StoreError> {
    let stops: Option<Vec<i64>> = stops
        .map(|stops| stops.iter().map(|stop| signed(*stop)).collect())
        .transpose()?;
    let inserted = sqlx::query!(
        "INSERT INTO approval (kind, subject, wallet, expires, stops, signature) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        subject.kind(),
        subject.bytes(),
        approval.wallet.as_slice(),
        signed(approval.expires)?,
        stops.as_deref(),
        approval.signature,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Signatures about something that end last, at most 64.
pub async fn list(
    connection: &mut PgConnection,
    subject: &Subject,
) -> Result<Vec<StoredApproval>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT a.wallet AS "wallet!: Db<Address>", a.expires AS "expires!: Db<u64>", a.stops, a.signature FROM approval AS a
         JOIN operator AS o ON o.wallet = a.wallet
         WHERE a.kind = $1 AND a.subject = $2 ORDER BY a.expires DESC, a.id LIMIT $3"#,
        subject.kind(),
        subject.bytes(),
        APPROVALS_READ_MAX,
    )
    .fetch_all(connection)
    .await?;
    // A row that cannot be read is nobody's word, and keeps nobody else's from counting.
    let read = rows.into_iter().filter_map(|row| {
        let stops = row.stops.unwrap_or_default();
        let read = || -> Result<StoredApproval, StoreError> {
            Ok(StoredApproval {
                approval: Approval {
                    wallet: row.wallet.0,
                    expires: row.expires.0,
                    signature: row.signature,
                },
                stops: stops
                    .into_iter()
                    .map(|stop| natural(stop, "approval.stops"))
                    .collect::<Result<_, _>>()?,
            })
        };
        read().ok()
    });
    Ok(read.collect())
}

/// The operators as people: those who may propose or agree.
pub async fn list_people(connection: &mut PgConnection) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT person, wallet AS "wallet!: Db<Address>", roles, valid_from AS "valid_from!: Db<u64>",
                  valid_until AS "valid_until!: Db<Option<u64>>"
           FROM operator ORDER BY person, wallet"#
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().map(|row| OperatorRow {
        person: row.person,
        wallet: row.wallet.0,
        roles: row.roles,
        from: row.valid_from.0,
        until: row.valid_until.0,
    });
    Ok(people_of(rows))
}

/// Everyone who ever was an operator, with all roles and wallets that they ever had, and no times: for judging what was posted
/// when they were.
pub async fn list_people_ever(connection: &mut PgConnection) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT person AS "person!", wallet AS "wallet!: Db<Address>", roles AS "roles!" FROM operator
           UNION ALL SELECT person, wallet, roles FROM operator_before"#
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().map(|row| OperatorRow {
        person: row.person,
        wallet: row.wallet.0,
        roles: row.roles,
        from: 0,
        until: None,
    });
    Ok(people_of(rows))
}

/// A wallet of an operator.
struct OperatorRow {
    person: String,
    wallet: Address,
    roles: Vec<String>,
    from: u64,
    until: Option<u64>,
}

/// Times belong to wallets here: of a person whose wallets differ in that, each is a part of its own.
fn people_of(rows: impl Iterator<Item = OperatorRow>) -> Vec<Person> {
    let mut people: BTreeMap<(String, u64, Option<u64>), Person> = BTreeMap::new();
    for row in rows {
        let person = people
            .entry((row.person.clone(), row.from, row.until))
            .or_insert_with(|| Person {
                id: row.person,
                roles: std::collections::BTreeSet::new(),
                from: row.from,
                until: row.until,
                wallets: std::collections::BTreeSet::new(),
            });
        let roles = row.roles.iter().filter_map(|role| Role::by_name(role));
        person.roles.extend(roles);
        person.wallets.insert(row.wallet);
    }
    people.into_values().collect()
}
