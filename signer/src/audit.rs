//! The chain of decisions: every row's hash covers its content and the hash of the row before.
//!
//! Not responsible for deciding. The chain shows that a row was changed or removed; that its end was cut off shows only to
//! those who noted an earlier head elsewhere, which is why the health endpoint tells it.

mod recorded;
mod verify;

pub use recorded::{Recorded, list_recorded};
pub use verify::{Anchor, Broken, Verified, VerifyError, verify, verify_database};

use alloy::primitives::{B256, Keccak256};
use sqlx::PgConnection;

use crate::purpose::Purpose;

/// The hash before the first row.
pub(crate) const GENESIS: B256 = B256::ZERO;

/// Separates these hashes from all others, and names the form of the content.
const DOMAIN: &[u8] = b"trellis signer audit 1";

names::names! {
    /// What was decided.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Event {
        /// The signer began to serve.
        Started = "started",
        /// New terms were recorded and will be signed.
        Recorded = "recorded",
        /// Recorded terms were requested again.
        Repeated = "repeated",
        /// A request was refused.
        Refused = "refused",
        /// The key was paused.
        Paused = "paused",
        /// A pause of a key was ended.
        Resumed = "resumed",
    }
}

/// A row to be.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) event: Event,
    pub(crate) caller: String,
    /// The business key, or nothing.
    pub(crate) subject: String,
    pub(crate) digest: Option<B256>,
    /// The broken rule, or nothing.
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

impl Entry {
    /// A decision that signs nothing and refuses nothing.
    pub(crate) fn new(event: Event, caller: &str, subject: &str, detail: &serde_json::Value) -> Self {
        Self {
            event,
            caller: caller.to_owned(),
            subject: subject.to_owned(),
            digest: None,
            code: "",
            detail: detail.to_string(),
        }
    }
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

/// The head, locked until the end of the transaction: only the holder of the lock decides.
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
pub async fn fetch_head(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query!("SELECT seq, hash FROM signer.audit_head")
        .fetch_one(connection)
        .await?;
    Ok(Head {
        seq: row.seq,
        hash: B256::from_slice(&row.hash),
    })
}

/// Appends rows behind the locked head.
pub(crate) async fn append(
    connection: &mut PgConnection,
    purpose: Purpose,
    head: Head,
    entries: &[Entry],
) -> Result<(), sqlx::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let at_ms = crate::now_ms();
    let mut rows = Rows::default();
    let mut last = head;
    for entry in entries {
        last = rows.push(purpose, last, at_ms, entry);
    }
    sqlx::query!(
        "INSERT INTO signer.audit
             (seq, at_ms, event, purpose, caller, subject, digest, code, detail, prev_hash, row_hash)
         SELECT seq, $1, event, $2, caller, subject, digest, code, detail, prev_hash, row_hash
         FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[],
                     $10::bytea[], $11::bytea[])
             AS entry (seq, event, caller, subject, digest, code, detail, prev_hash, row_hash)",
        at_ms,
        purpose.name(),
        &rows.seqs,
        &rows.events,
        &rows.callers,
        &rows.subjects,
        &rows.digests,
        &rows.codes,
        &rows.details,
        &rows.prev_hashes,
        &rows.row_hashes,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE signer.audit_head SET seq = $1, hash = $2",
        last.seq,
        last.hash.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Rows by column, as one statement takes them.
#[derive(Default)]
struct Rows {
    seqs: Vec<i64>,
    events: Vec<String>,
    callers: Vec<String>,
    subjects: Vec<String>,
    digests: Vec<Vec<u8>>,
    codes: Vec<String>,
    details: Vec<String>,
    prev_hashes: Vec<Vec<u8>>,
    row_hashes: Vec<Vec<u8>>,
}

impl Rows {
    /// Adds a row behind another and returns it as the new end.
    fn push(&mut self, purpose: Purpose, last: Head, at_ms: i64, entry: &Entry) -> Head {
        let seq = last.seq.saturating_add(1);
        let digest = entry.digest.map(|digest| digest.to_vec()).unwrap_or_default();
        let content = Content {
            prev_hash: last.hash,
            seq,
            at_ms,
            texts: [
                entry.event.name(),
                purpose.name(),
                &entry.caller,
                &entry.subject,
                entry.code,
                &entry.detail,
            ],
            digest: &digest,
        };
        let hash = content.hash();
        self.seqs.push(seq);
        self.events.push(entry.event.name().to_owned());
        self.callers.push(entry.caller.clone());
        self.subjects.push(entry.subject.clone());
        self.digests.push(digest);
        self.codes.push(entry.code.to_owned());
        self.details.push(entry.detail.clone());
        self.prev_hashes.push(last.hash.to_vec());
        self.row_hashes.push(hash.to_vec());
        Head { seq, hash }
    }
}
