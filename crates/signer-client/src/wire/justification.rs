//! The JSON of approvals and attestations.

use alloy_primitives::hex;
use approval::{Approval, Moment, SIGNATURE_BYTES_MAX};
use serde::{Deserialize, Serialize};

use crate::terms::{AttestedRoot, Justification, SignedMoment};
use crate::wire::fields::{MalformedField, address, amount, hash, lower_hex, signature};

/// Signatures of one request at most: more people than any quorum needs, and each may cost a call of a contract wallet.
pub const APPROVALS_MAX: usize = 16;

/// A person's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalFields {
    /// The wallet that signed.
    pub wallet: String,
    /// Until when it agrees, Unix seconds of the chain's clock.
    pub expires: u64,
    /// 65 bytes, or what a contract wallet takes.
    pub signature: String,
}

/// The attestor's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationFields {
    /// The last fact that was counted.
    pub fact_seq: u64,
    /// The journal's last entry at the block.
    pub journal_seq: u64,
    /// The journal's root at the block, 32 bytes.
    pub journal_root: String,
    /// Height of the final block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: String,
    /// When the attestor first saw exactly this, Unix seconds of the chain's clock.
    pub seen_at: u64,
    /// When it was attested, Unix seconds of the chain's clock.
    pub attested_at: u64,
    /// 65 bytes.
    pub signature: String,
}

/// Why money may move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JustificationFields {
    /// The wallet of who built it.
    pub proposer: String,
    /// Signatures of people.
    pub approvals: Vec<ApprovalFields>,
    /// The attestor's word.
    pub attestation: AttestationFields,
}

/// A root that a claim is made against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestedRootFields {
    /// Sum of its leaves, base units, decimal.
    pub total: String,
    /// The attestor's word.
    pub attestation: AttestationFields,
}

impl ApprovalFields {
    fn of(approval: &Approval) -> Self {
        Self {
            wallet: lower_hex(approval.wallet),
            expires: approval.expires,
            signature: lower_hex(&approval.signature),
        }
    }

    fn approval(&self) -> Result<Approval, MalformedField> {
        let malformed = MalformedField {
            field: "signature",
            expected: "at most 4096 bytes in hexadecimal with prefix",
        };
        let digits = self.signature.strip_prefix("0x");
        let digits = digits.filter(|digits| digits.len() <= 2 * SIGNATURE_BYTES_MAX);
        let signature = digits.and_then(|digits| hex::decode(digits).ok());
        Ok(Approval {
            wallet: address("wallet", &self.wallet)?,
            expires: self.expires,
            signature: signature.ok_or(malformed)?,
        })
    }
}

impl AttestationFields {
    fn of(signed: &SignedMoment) -> Self {
        let moment = &signed.moment;
        Self {
            fact_seq: moment.fact_seq,
            journal_seq: moment.journal_seq,
            journal_root: lower_hex(moment.journal_root),
            block_number: moment.block_number,
            block_hash: lower_hex(moment.block_hash),
            seen_at: moment.seen_at,
            attested_at: moment.attested_at,
            signature: lower_hex(signed.signature),
        }
    }

    fn signed(&self) -> Result<SignedMoment, MalformedField> {
        Ok(SignedMoment {
            moment: Moment {
                fact_seq: self.fact_seq,
                journal_seq: self.journal_seq,
                journal_root: hash("journal_root", &self.journal_root)?,
                block_number: self.block_number,
                block_hash: hash("block_hash", &self.block_hash)?,
                seen_at: self.seen_at,
                attested_at: self.attested_at,
            },
            signature: signature(&self.signature)?,
        })
    }
}

impl JustificationFields {
    pub(super) fn of(justification: &Justification) -> Self {
        Self {
            proposer: lower_hex(justification.proposer),
            approvals: justification.approvals.iter().map(ApprovalFields::of).collect(),
            attestation: AttestationFields::of(&justification.attestation),
        }
    }

    pub(super) fn justification(&self) -> Result<Justification, MalformedField> {
        if self.approvals.len() > APPROVALS_MAX {
            return Err(MalformedField {
                field: "approvals",
                expected: "at most 16 signatures",
            });
        }
        Ok(Justification {
            proposer: address("proposer", &self.proposer)?,
            approvals: (self.approvals.iter())
                .map(ApprovalFields::approval)
                .collect::<Result<_, _>>()?,
            attestation: self.attestation.signed()?,
        })
    }
}

impl AttestedRootFields {
    pub(super) fn of(root: &AttestedRoot) -> Self {
        Self {
            total: root.total.to_string(),
            attestation: AttestationFields::of(&root.attestation),
        }
    }

    pub(super) fn attested_root(&self) -> Result<AttestedRoot, MalformedField> {
        Ok(AttestedRoot {
            total: amount("total", &self.total)?,
            attestation: self.attestation.signed()?,
        })
    }
}

#[cfg(test)]
pub(super) use tests::{attested_root as test_attested_root, justification as test_justification};

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};
    use money::Amount;

    use super::*;

    fn moment() -> SignedMoment {
        SignedMoment {
            moment: Moment {
                fact_seq: 1,
                journal_seq: 2,
                journal_root: B256::repeat_byte(3),
                block_number: 4,
                block_hash: B256::repeat_byte(5),
                seen_at: 6,
                attested_at: 7,
            },
            signature: [8; 65],
        }
    }

    pub(in crate::wire) fn justification() -> Justification {
        Justification {
            proposer: Address::repeat_byte(1),
            approvals: vec![Approval {
                wallet: Address::repeat_byte(2),
                expires: u64::MAX,
                signature: vec![3; 100],
            }],
            attestation: moment(),
        }
    }

    pub(in crate::wire) fn attested_root() -> AttestedRoot {
        AttestedRoot {
            total: Amount::new(9),
            attestation: moment(),
        }
    }

    #[test]
    fn too_many_and_too_long_signatures_are_refused() {
        let mut fields = JustificationFields::of(&justification());
        assert!(fields.justification().is_ok());
        fields.approvals[0].signature = format!("0x{}", "00".repeat(SIGNATURE_BYTES_MAX + 1));
        assert_eq!(
            fields.justification().map_err(|error| error.field),
            Err("signature")
        );
        fields = JustificationFields::of(&justification());
        fields.approvals = vec![fields.approvals[0].clone(); APPROVALS_MAX + 1];
        assert_eq!(
            fields.justification().map_err(|error| error.field),
            Err("approvals")
        );
    }
}
