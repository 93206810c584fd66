//! Reads the audit log and its hash chain, a part at a time, again and again.

use std::ops::RangeInclusive;

use alloy_primitives::B256;
use audit::trail::{Break, Broken};
use audit::vigil::TrailSeen;
use sqlx::PgConnection;
use store::StoreError;
use store::audit_seal::{self, Place};

/// How far the chain was read, and what its newest link was.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The newest link that was seen: whoever rewrites the chain cannot change it here.
    head: Option<(u64, B256)>,
    /// What was compared last.
    after: Place,
}

/// What one part says, and which part it was.
pub(super) struct Part {
    pub(super) seen: TrailSeen,
    seals: RangeInclusive<u64>,
    rows: RangeInclusive<i64>,
}

impl Trail {
    /// Reads the next part. Behind the end it begins again.
    pub(super) async fn next(&mut self, connection: &mut PgConnection) -> Result<Part, StoreError> {
        let mut broken = self.compare_head(connection).await?;
        let checked = audit_seal::check_part(connection, self.after).await?;
        broken.extend(checked.broken);
        let part = Part {
            seen: TrailSeen {
                broken,
                unsealed_seconds: audit_seal::find_unsealed_seconds(connection).await?,
            },
            // What is behind the last one, too, when this is the end: findings about links that are gone end.
            seals: self.after.seal.saturating_add(1)..=checked.last_seal.unwrap_or(u64::MAX),
            rows: self.after.row.saturating_add(1)..=checked.last_row.unwrap_or(i64::MAX),
        };
        self.after = Place {
            seal: checked.last_seal.unwrap_or(0),
            row: checked.last_row.unwrap_or(0),
        };
        Ok(part)
    }

    /// The newest link of the last part must still be there.
    async fn compare_head(&mut self, connection: &mut PgConnection) -> Result<Vec<Break>, StoreError> {
        let mut broken = Vec::new();
        if let Some((seq, hash)) = self.head {
            let found = audit_seal::find(connection, seq).await?;
            if found.is_none_or(|found| found.hash != hash) {
                broken.push(Break {
                    how: Broken::Rewritten,
                    seq: Some(seq),
                    audit_id: None,
                });
                // It stays what it was: the finding must not end by itself.
                return Ok(broken);
            }
        }
        let head = audit_seal::find_head(connection).await?;
        self.head = head.map(|head| (head.seq, head.hash));
        Ok(broken)
    }
}

impl Part {
    /// Of open findings, those about other parts: of these nothing was seen now.
    pub(super) fn others(&self, open: &[String]) -> Vec<String> {
        let is_outside = |subject: &&String| match subject.split_once(' ') {
            Some(("seal", seq)) => seq.parse().is_ok_and(|seq| !self.seals.contains(&seq)),
            Some(("row", id)) => id.parse().is_ok_and(|id| !self.rows.contains(&id)),
            Some(_) | None => false,
        };
        open.iter().filter(is_outside).cloned().collect()
    }
}
