//! The JSON of batches and roots.

use serde::{Deserialize, Serialize};

use crate::terms::{BatchTerms, LiabilitiesRoot, Payout, PayoutBatch, RootTerms};
use crate::wire::fields::{MalformedField, address, amount, hash, lower_hex};
use crate::wire::justification::JustificationFields;

/// A line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutLine {
    /// The user's address.
    pub wallet: String,
    /// The new cumulative paid total, base units, decimal.
    pub target: String,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutBatchFields {
    /// The batch's id.
    pub batch_id: String,
    /// The submitter's address.
    pub submitter: String,
    /// Base units, decimal.
    pub max_total: String,
    /// The manifest's hash.
    pub manifest_hash: String,
    /// Unix seconds of the chain's clock.
    pub valid_after: u64,
    /// Unix seconds of the chain's clock.
    pub deadline: u64,
    /// Strictly ascending by wallet.
    pub payouts: Vec<PayoutLine>,
}

/// Requests the authorization of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutBatchRequest {
    /// The chain.
    pub chain_id: u64,
    /// The contract's address.
    pub contract: String,
    /// The compiled plan's hash.
    pub plan_hash: String,
    /// The batch.
    pub batch: PayoutBatchFields,
    /// Why it may be paid.
    pub justification: JustificationFields,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootFields {
    /// The root's hash.
    pub root: String,
    /// Base units, decimal.
    pub total: String,
    /// A journal entry's number.
    pub as_of_seq: u64,
    /// Unix seconds of the chain's clock.
    pub valid_after: u64,
    /// Unix seconds of the chain's clock.
    pub deadline: u64,
}

/// Requests the authorization of a liabilities root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootRequest {
    /// The chain.
    pub chain_id: u64,
    /// The contract's address.
    pub contract: String,
    /// The compiled plan's hash.
    pub plan_hash: String,
    /// The root.
    pub root: RootFields,
    /// How many leaves it has.
    pub leaves: u32,
    /// Why it may be published.
    pub justification: JustificationFields,
}

impl PayoutBatchFields {
    pub(super) fn of(batch: &PayoutBatch) -> Self {
        let line = |payout: &Payout| PayoutLine {
            wallet: lower_hex(payout.wallet),
            target: payout.target.to_string(),
        };
        Self {
            batch_id: lower_hex(batch.batch_id),
            submitter: lower_hex(batch.submitter),
            max_total: batch.max_total.to_string(),
            manifest_hash: lower_hex(batch.manifest_hash),
            valid_after: batch.valid_after,
            deadline: batch.deadline,
            payouts: batch.payouts.iter().map(line).collect(),
        }
    }

    pub(super) fn batch(&self) -> Result<PayoutBatch, MalformedField> {
        let line = |line: &PayoutLine| {
            Ok(Payout {
                wallet: address("wallet", &line.wallet)?,
                target: amount("target", &line.target)?,
            })
        };
        Ok(PayoutBatch {
            batch_id: hash("batch_id", &self.batch_id)?,
            submitter: address("submitter", &self.submitter)?,
            max_total: amount("max_total", &self.max_total)?,
            manifest_hash: hash("manifest_hash", &self.manifest_hash)?,
            valid_after: self.valid_after,
            deadline: self.deadline,
            payouts: self.payouts.iter().map(line).collect::<Result<_, _>>()?,
        })
    }
}

impl PayoutBatchRequest {
    /// The request for these terms.
    #[must_use]
    pub fn of(terms: &BatchTerms) -> Self {
        Self {
            chain_id: terms.chain_id,
            contract: lower_hex(terms.contract),
            plan_hash: lower_hex(terms.plan_hash),
            batch: PayoutBatchFields::of(&terms.batch),
            justification: JustificationFields::of(&terms.justification),
        }
    }

    /// The terms that are requested.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn terms(&self) -> Result<BatchTerms, MalformedField> {
        Ok(BatchTerms {
            chain_id: self.chain_id,
            contract: address("contract", &self.contract)?,
            plan_hash: hash("plan_hash", &self.plan_hash)?,
            batch: self.batch.batch()?,
            justification: self.justification.justification()?,
        })
    }
}

impl RootFields {
    pub(super) fn of(root: &LiabilitiesRoot) -> Self {
        Self {
            root: lower_hex(root.root),
            total: root.total.to_string(),
            as_of_seq: root.as_of_seq,
            valid_after: root.valid_after,
            deadline: root.deadline,
        }
    }

    pub(super) fn root(&self) -> Result<LiabilitiesRoot, MalformedField> {
        Ok(LiabilitiesRoot {
            root: hash("root", &self.root)?,
            total: amount("total", &self.total)?,
            as_of_seq: self.as_of_seq,
            valid_after: self.valid_after,
            deadline: self.deadline,
        })
    }
}

impl RootRequest {
    /// The request for these terms.
    #[must_use]
    pub fn of(terms: &RootTerms) -> Self {
        Self {
            chain_id: terms.chain_id,
            contract: lower_hex(terms.contract),
            plan_hash: lower_hex(terms.plan_hash),
            root: RootFields::of(&terms.root),
            leaves: terms.leaves,
            justification: JustificationFields::of(&terms.justification),
        }
    }

    /// The terms that are requested.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn terms(&self) -> Result<RootTerms, MalformedField> {
        Ok(RootTerms {
            chain_id: self.chain_id,
            contract: address("contract", &self.contract)?,
            plan_hash: hash("plan_hash", &self.plan_hash)?,
            root: self.root.root()?,
            leaves: self.leaves,
            justification: self.justification.justification()?,
        })
    }
}

#[cfg(test)]
pub(super) use tests::{batch as test_batch, root as test_root};

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};
    use money::Amount;

    use super::*;
    use crate::wire::justification::test_justification as justification;

    pub(in crate::wire) fn batch() -> PayoutBatch {
        let payout = |byte, target| Payout {
            wallet: Address::repeat_byte(byte),
            target: Amount::new(target),
        };
        PayoutBatch {
            batch_id: B256::repeat_byte(1),
            submitter: Address::repeat_byte(2),
            max_total: Amount::new(u128::MAX),
            manifest_hash: B256::repeat_byte(3),
            valid_after: 1,
            deadline: 2,
            payouts: vec![payout(4, 0), payout(5, u128::MAX)],
        }
    }

    pub(in crate::wire) fn root() -> LiabilitiesRoot {
        LiabilitiesRoot {
            root: B256::repeat_byte(1),
            total: Amount::new(7),
            as_of_seq: u64::MAX,
            valid_after: 1,
            deadline: 2,
        }
    }

    #[test]
    fn batches_and_roots_survive_the_wire() {
        let terms = BatchTerms {
            chain_id: 31337,
            contract: Address::repeat_byte(0xc0),
            plan_hash: B256::repeat_byte(9),
            batch: batch(),
            justification: justification(),
        };
        let json = serde_json::to_string(&PayoutBatchRequest::of(&terms)).unwrap();
        let read: PayoutBatchRequest = serde_json::from_str(&json).unwrap();
        assert_eq!(read.terms(), Ok(terms));

        let terms = RootTerms {
            chain_id: 31337,
            contract: Address::repeat_byte(0xc0),
            plan_hash: B256::repeat_byte(9),
            root: root(),
            leaves: 3,
            justification: justification(),
        };
        let json = serde_json::to_string(&RootRequest::of(&terms)).unwrap();
        let read: RootRequest = serde_json::from_str(&json).unwrap();
        assert_eq!(read.terms(), Ok(terms));
    }

    #[test]
    fn unknown_fields_are_refused_at_every_depth() {
        let terms = BatchTerms {
            chain_id: 1,
            contract: Address::ZERO,
            plan_hash: B256::ZERO,
            batch: batch(),
            justification: justification(),
        };
        let good = serde_json::to_value(PayoutBatchRequest::of(&terms)).unwrap();
        for at in [
            "",
            "/batch",
            "/batch/payouts/0",
            "/justification",
            "/justification/approvals/0",
            "/justification/attestation",
        ] {
            let mut json = good.clone();
            json.pointer_mut(at).unwrap()["digest"] = "0x00".into();
            assert!(
                serde_json::from_value::<PayoutBatchRequest>(json).is_err(),
                "{at}"
            );
        }
    }
}
