//! The chain of decisions: every row's hash covers its content and the hash of the row before.
//!
//! Not responsible for deciding. The chain shows that a row was changed or removed; that its end was cut off shows only to
//! those who noted an earlier head elsewhere, which is why the health endpoint tells it.

mod verify;

pub use verify::{Anchor, Broken, Verified, VerifyError, verify};

use alloy::primitives::{B256, Keccak256};
use sqlx::PgConnection;

/// The hash before the first row.
pub(crate) const GENESIS: B256 = B256::ZERO;

/// Separates these hashes from all others, and names the form of the content.
const DOMAIN: &[u8] = b"trellis signer audit 1";

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The signer began to serve.
    Started,
    /// New terms were recorded and will be signed.
    Recorded,
    /// Recorded terms were asked for again.
    Repeated,
    /// A request was refused.
    Refused,
}

impl Event {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Recorded => "recorded",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
        }
    }
}

/// A row to be.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) event: Event,
    pub(crate) caller: &'a str,
    /// The business key, or nothing.
    pub(crate) subject: &'a str,
    pub(crate) digest: Option<B256>,
    /// The broken rule, or nothing.
    pub(crate) code: &'a str,
    pub(crate) detail: &'a str,
}

/// The last row of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: i64,
    /// Its hash.
    pub hash: B256,
}

/// Everything that a row's hash covers.
struct Content<'a> {
    prev_hash: B256,
    seq: i64,
    at_ms: i64,
    texts: [&'a str; 6],
    digest: &'a [u8],
}

impl Content<'_> {
    /// `keccak256(domain ‖ prev_hash ‖ seq ‖ at_ms ‖ each field with its length)`: no two contents have the same bytes.
    fn hash(&self) -> B256 {
        let mut hasher = Keccak256::new();
        hasher.update(DOMAIN);
        hasher.update(self.prev_hash);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at_ms.to_be_bytes());
        let texts = self.texts.iter().map(|text| text.as_bytes());
        for field in texts.chain([self.digest]) {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize()
    }
}

/// The purpose of this process in records.
pub(crate) const PURPOSE: &str = "authorizations";

/// The head, locked until the end of the transaction: whoever holds it decides.
pub(crate) async fn lock_head(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query!("SELECT seq, hash FROM signer.audit_head FOR UPDATE")
        .fetch_one(connection)
        .await?;
    Ok(Head {
        seq: row.seq,
        hash: B256::from_slice(&row.hash),
    })
}

/// The head as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn fetch_head(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query!("SELECT seq, hash FROM signer.audit_head")
        .fetch_one(connection)
        .await?;
    Ok(Head {
        seq: row.seq,
        hash: B256::from_slice(&row.hash),
    })
}

/// Appends a row behind the locked head.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    head: Head,
    entry: &Entry<'_>,
) -> Result<(), sqlx::Error> {
    let at_ms = crate::now_ms();
    let seq = head.seq.saturating_add(1);
    let digest = entry.digest.as_ref().map_or(&[][..], |digest| digest.as_slice());
    let content = Content {
        prev_hash: head.hash,
        seq,
        at_ms,
        texts: [
            entry.event.name(),
            PURPOSE,
            entry.caller,
            entry.subject,
            entry.code,
            entry.detail,
        ],
        digest,
    };
    let hash = content.hash();
    sqlx::query!(
        "INSERT INTO signer.audit
             (seq, at_ms, event, purpose, caller, subject, digest, code, detail, prev_hash, row_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        seq,
        at_ms,
        entry.event.name(),
        PURPOSE,
        entry.caller,
        entry.subject,
        digest,
        entry.code,
        entry.detail,
        head.hash.as_slice(),
        hash.as_slice(),
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE signer.audit_head SET seq = $1, hash = $2",
        seq,
        hash.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}
