//! The hash chain over the audit log: how a row is sealed, and whether sealed rows are still what was sealed.
//!
//! `hash = keccak256(domain ‖ hash before ‖ seq ‖ horizon ‖ sealed_at ‖ id ‖ transaction ‖ at ‖ texts)`: integers are 8 bytes,
//! big-endian; times are microseconds since 1970-01-01 UTC; each of the texts actor, action, subject and detail comes after its
//! length in bytes. Whoever can rewrite rows and all their later seals is found by a head that was noted outside the database.
//! Not responsible for the order in which rows are sealed.

use std::fmt;

use alloy_primitives::{B256, keccak256};

/// What distinguishes these hashes from all others.
const DOMAIN: &[u8] = b"trellis audit log 1";

/// The hash before the first seal.
pub const GENESIS: B256 = B256::ZERO;

/// By how many microseconds a row's transaction may have begun before that of the row before it: an hour. Rows are in the order
/// of their transactions' numbers, and nobody keeps a transaction open for that long.
const OPEN_US_MAX: i64 = 3_600_000_000;

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// The database transaction that wrote it.
    pub transaction: u64,
    /// When that began, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// Who did it.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, as PostgreSQL writes `jsonb`.
    pub detail: String,
}

/// A link of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// The row that it seals.
    pub audit_id: i64,
    /// Over everything up to here.
    pub hash: B256,
    /// Transactions below it had ended.
    pub horizon: u64,
    /// In microseconds since 1970-01-01 UTC.
    pub sealed_at_us: i64,
}

/// A link with the row that it speaks of, if that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The link.
    pub seal: Seal,
    /// The row.
    pub entry: Option<Entry>,
}

names::names! {
    /// How a chain is broken.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Broken {
        /// The row is not what was sealed, or is not sealed where it was.
        Changed = "changed",
        /// The row is gone.
        Deleted = "deleted",
        /// A link is missing.
        Gap = "gap",
        /// The row says that it is much older than the row before it.
        Backdated = "backdated",
        /// The row was inserted before what had been sealed.
        InsertedLate = "inserted_late",
        /// The link at a place is not the one that was there.
        Rewritten = "rewritten",
    }
}

/// A place at which a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// How.
    pub how: Broken,
    /// The place in the chain; none of a row that is not sealed.
    pub seq: Option<u64>,
    /// The row's number; none where a link is missing.
    pub audit_id: Option<i64>,
}

impl Broken {
    /// What it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Changed => "the row is not what was sealed at this place",
            Self::Deleted => "the sealed row is gone",
            Self::Gap => "a seal is missing before this one",
            Self::Backdated => "the row claims to be much older than the row before it",
            Self::InsertedLate => "the row was inserted before rows that had been sealed",
            Self::Rewritten => "the seal at this place is not the one that was there before",
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seq, self.audit_id) {
            (Some(seq), _) => write!(f, "seal {seq}"),
            (None, Some(id)) => write!(f, "row {id}"),
            (None, None) => f.write_str("the chain"),
        }
    }
}

impl Seal {
    /// The link after `before` that seals this row.
    pub fn after(before: Option<&Self>, entry: &Entry, horizon: u64, sealed_at_us: i64) -> Self {
        let unsealed = Self {
            seq: before.map_or(0, |before| before.seq).saturating_add(1),
            audit_id: entry.id,
            hash: GENESIS,
            horizon,
            sealed_at_us,
        };
        Self {
            hash: unsealed.hash_of(before.map_or(GENESIS, |before| before.hash), entry),
            ..unsealed
        }
    }

    /// What its hash must be.
    fn hash_of(&self, before: B256, entry: &Entry) -> B256 {
        let mut bytes = DOMAIN.to_vec();
        bytes.extend(before);
        for number in [self.seq, self.horizon] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.sealed_at_us.to_be_bytes());
        bytes.extend(entry.id.to_be_bytes());
        bytes.extend(entry.transaction.to_be_bytes());
        bytes.extend(entry.at_us.to_be_bytes());
        for text in [&entry.actor, &entry.action, &entry.subject, &entry.detail] {
            bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        keccak256(bytes)
    }
}

/// Where links of a chain, in its order, are broken. `before` is the link in front of them, taken as it is.
pub fn check(before: Option<&Sealed>, links: &[Sealed]) -> Vec<Break> {
    let mut broken = Vec::new();
    let mut before = before;
    for link in links {
        let Sealed { seal, entry } = link;
        let mut note = |how| {
            broken.push(Break {
                how,
                seq: Some(seal.seq),
                audit_id: Some(seal.audit_id),
            });
        };
        if seal.seq != before.map_or(0, |before| before.seal.seq).saturating_add(1) {
            note(Broken::Gap);
        }
        match entry {
            None => note(Broken::Deleted),
            Some(entry) => {
                if seal.hash_of(before.map_or(GENESIS, |before| before.seal.hash), entry) != seal.hash {
                    note(Broken::Changed);
                }
                let row_before = before.and_then(|before| before.entry.as_ref());
                if row_before.is_some_and(|before| entry.at_us < before.at_us.saturating_sub(OPEN_US_MAX)) {
                    note(Broken::Backdated);
                }
            }
        }
        before = Some(link);
    }
    broken
}
