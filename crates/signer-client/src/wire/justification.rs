//! The JSON of approvals and attestations.

use alloy_primitives::{Address, B256, hex};
use approval::{Approval, Moment, SIGNATURE_BYTES_MAX};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::terms::SignedMoment;
use crate::wire::fields::{self, malformed};

/// Signatures of one request at most: more people than any quorum needs, and each may cost a call of a contract wallet.
pub const APPROVALS_MAX: usize = 16;

/// A person's signature.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalFields {
    #[serde(with = "fields::wallet")]
    wallet: Address,
    expires: u64,
    /// 65 bytes, or what a contract wallet takes.
    signature: String,
}

/// The attestor's word, with what it is as of beside its signature.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttestationFields {
    fact_seq: u64,
    journal_seq: u64,
    #[serde(with = "fields::journal_root")]
    journal_root: B256,
    block_number: u64,
    #[serde(with = "fields::block_hash")]
    block_hash: B256,
    seen_at: u64,
    attested_at: u64,
    #[serde(with = "fields::signature")]
    signature: [u8; 65],
}

impl From<SignedMoment> for AttestationFields {
    fn from(SignedMoment { moment, signature }: SignedMoment) -> Self {
        Self {
            fact_seq: moment.fact_seq,
            journal_seq: moment.journal_seq,
            journal_root: moment.journal_root,
            block_number: moment.block_number,
            block_hash: moment.block_hash,
            seen_at: moment.seen_at,
            attested_at: moment.attested_at,
            signature,
        }
    }
}

impl From<AttestationFields> for SignedMoment {
    fn from(fields: AttestationFields) -> Self {
        Self {
            moment: Moment {
                fact_seq: fields.fact_seq,
                journal_seq: fields.journal_seq,
                journal_root: fields.journal_root,
                block_number: fields.block_number,
                block_hash: fields.block_hash,
                seen_at: fields.seen_at,
                attested_at: fields.attested_at,
            },
            signature: fields.signature,
        }
    }
}

/// Signatures of people, for `serde(with)`.
pub(crate) mod approvals {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(approvals: &[Approval], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(approvals.iter().map(|approval| ApprovalFields {
            wallet: approval.wallet,
            expires: approval.expires,
            signature: hex::encode_prefixed(&approval.signature),
        }))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Approval>, D::Error> {
        let approvals = Vec::<ApprovalFields>::deserialize(deserializer)?;
        if approvals.len() > APPROVALS_MAX {
            return Err(malformed("approvals", "at most 16 signatures"));
        }
        let read = |fields: ApprovalFields| {
            let digits = fields.signature.strip_prefix("0x");
            let digits = digits.filter(|digits| digits.len() <= 2 * SIGNATURE_BYTES_MAX);
            let signature = digits.and_then(|digits| hex::decode(digits).ok());
            let expected = "at most 4096 bytes in hexadecimal with prefix";
            Ok(Approval {
                wallet: fields.wallet,
                expires: fields.expires,
                signature: signature.ok_or_else(|| malformed("signature", expected))?,
            })
        };
        approvals.into_iter().map(read).collect()
    }
}
