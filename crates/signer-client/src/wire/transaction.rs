//! The JSON of transactions.

use alloy_primitives::{Bytes, keccak256};
use serde::{Deserialize, Serialize};

use crate::terms::{Call, ProofNode, SignedBy, SignedTransaction, TransactionTerms};
use crate::wire::fields::{MalformedField, address, amount, fee, hash, lower_hex, signature};
use crate::wire::justification::AttestedRootFields;
use crate::wire::settlement::{PayoutBatchFields, RootFields};

/// Requests a signed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionRequest {
    /// The chain.
    pub chain_id: u64,
    /// The contract's address.
    pub contract: String,
    /// The account's nonce.
    pub nonce: u64,
    /// Counts the transactions of one nonce.
    pub attempt: u32,
    /// Gas at most.
    pub gas_limit: u64,
    /// Wei per gas, decimal.
    pub max_fee_per_gas: String,
    /// Wei per gas, decimal.
    pub max_priority_fee_per_gas: String,
    /// What it does: an object with one field, named as the call.
    pub call: CallFields,
    /// Of a claim, what the attestor says of its root; absent for everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_root: Option<AttestedRootFields>,
}

/// What a transaction does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CallFields {
    /// Pays a batch.
    ExecuteBatch {
        /// The batch.
        batch: PayoutBatchFields,
        /// Whose signature it is.
        signer: String,
        /// 65 bytes.
        signature: String,
    },
    /// Publishes a root.
    PublishRoot {
        /// The root.
        root: RootFields,
        /// Whose signature it is.
        signer: String,
        /// 65 bytes.
        signature: String,
    },
    /// Claims for a user.
    Claim {
        /// The user's address.
        user: String,
        /// Base units, decimal.
        entitled: String,
        /// The root's hash.
        root: String,
        /// From the leaf's sibling up.
        proof: Vec<ProofLine>,
    },
    /// Sweeps matured escrow.
    SweepMatured {
        /// Day buckets at most.
        max_days: u64,
    },
    /// Fills a nonce. An object without fields, so that nothing beside it is overlooked.
    Noop {},
}

/// A sibling in a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofLine {
    /// Its hash.
    pub hash: String,
    /// The sum below it, base units, decimal.
    pub sum: String,
}

/// The answer to a request for a transaction that is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionResponse {
    /// The EIP-2718 encoding, hexadecimal with prefix.
    pub raw: String,
    /// Its hash.
    pub hash: String,
    /// The sending account's address.
    pub sender: String,
}

impl CallFields {
    /// The JSON of this call.
    #[must_use]
    pub fn of(call: &Call) -> Self {
        match call {
            Call::ExecuteBatch { batch, authorization } => Self::ExecuteBatch {
                batch: PayoutBatchFields::of(batch),
                signer: lower_hex(authorization.signer),
                signature: lower_hex(authorization.signature),
            },
            Call::PublishRoot { root, authorization } => Self::PublishRoot {
                root: RootFields::of(root),
                signer: lower_hex(authorization.signer),
                signature: lower_hex(authorization.signature),
            },
            Call::Claim {
                user,
                entitled,
                root,
                proof,
            } => Self::Claim {
                user: lower_hex(user),
                entitled: entitled.to_string(),
                root: lower_hex(root),
                proof: proof.iter().map(ProofLine::of).collect(),
            },
            Call::SweepMatured { max_days } => Self::SweepMatured { max_days: *max_days },
            Call::Noop => Self::Noop {},
        }
    }

    /// The call.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn call(&self) -> Result<Call, MalformedField> {
        Ok(match self {
            Self::ExecuteBatch {
                batch,
                signer,
                signature,
            } => Call::ExecuteBatch {
                batch: batch.batch()?,
                authorization: signed_by(signer, signature)?,
            },
            Self::PublishRoot {
                root,
                signer,
                signature,
            } => Call::PublishRoot {
                root: root.root()?,
                authorization: signed_by(signer, signature)?,
            },
            Self::Claim {
                user,
                entitled,
                root,
                proof,
            } => Call::Claim {
                user: address("user", user)?,
                entitled: amount("entitled", entitled)?,
                root: hash("root", root)?,
                proof: proof.iter().map(ProofLine::node).collect::<Result<_, _>>()?,
            },
            Self::SweepMatured { max_days } => Call::SweepMatured { max_days: *max_days },
            Self::Noop {} => Call::Noop,
        })
    }
}

fn signed_by(signer: &str, bytes: &str) -> Result<SignedBy, MalformedField> {
    Ok(SignedBy {
        signer: address("signer", signer)?,
        signature: signature(bytes)?,
    })
}

impl ProofLine {
    fn of(node: &ProofNode) -> Self {
        Self {
            hash: lower_hex(node.hash),
            sum: node.sum.to_string(),
        }
    }

    fn node(&self) -> Result<ProofNode, MalformedField> {
        Ok(ProofNode {
            hash: hash("hash", &self.hash)?,
            sum: amount("sum", &self.sum)?,
        })
    }
}

impl TransactionRequest {
    /// The request for these terms.
    #[must_use]
    pub fn of(terms: &TransactionTerms) -> Self {
        Self {
            chain_id: terms.chain_id,
            contract: lower_hex(terms.contract),
            nonce: terms.nonce,
            attempt: terms.attempt,
            gas_limit: terms.gas_limit,
            max_fee_per_gas: terms.max_fee_per_gas.to_string(),
            max_priority_fee_per_gas: terms.max_priority_fee_per_gas.to_string(),
            call: CallFields::of(&terms.call),
            claimed_root: terms.claimed_root.as_ref().map(AttestedRootFields::of),
        }
    }

    /// The terms that are requested.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn terms(&self) -> Result<TransactionTerms, MalformedField> {
        Ok(TransactionTerms {
            chain_id: self.chain_id,
            contract: address("contract", &self.contract)?,
            nonce: self.nonce,
            attempt: self.attempt,
            gas_limit: self.gas_limit,
            max_fee_per_gas: fee("max_fee_per_gas", &self.max_fee_per_gas)?,
            max_priority_fee_per_gas: fee("max_priority_fee_per_gas", &self.max_priority_fee_per_gas)?,
            call: self.call.call()?,
            claimed_root: (self.claimed_root.as_ref())
                .map(AttestedRootFields::attested_root)
                .transpose()?,
        })
    }
}

impl TransactionResponse {
    /// The answer with this transaction.
    #[must_use]
    pub fn of(transaction: &SignedTransaction) -> Self {
        Self {
            raw: lower_hex(&transaction.raw),
            hash: lower_hex(transaction.hash),
            sender: lower_hex(transaction.sender),
        }
    }

    /// The transaction in the answer.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse, and when the hash is not that of the bytes.
    pub fn transaction(&self) -> Result<SignedTransaction, MalformedField> {
        let raw: Bytes = self.raw.parse().map_err(|_| MalformedField {
            field: "raw",
            expected: "bytes in hexadecimal with prefix",
        })?;
        let hash = hash("hash", &self.hash)?;
        if keccak256(&raw) != hash {
            return Err(MalformedField {
                field: "hash",
                expected: "the hash of `raw`",
            });
        }
        Ok(SignedTransaction {
            raw,
            hash,
            sender: address("sender", &self.sender)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};
    use money::Amount;

    use super::*;
    use crate::wire::justification::test_attested_root;
    use crate::wire::settlement::{test_batch, test_root};

    fn terms(call: Call) -> TransactionTerms {
        TransactionTerms {
            chain_id: 31337,
            contract: Address::repeat_byte(0xc0),
            nonce: u64::MAX,
            attempt: 3,
            gas_limit: 21_000,
            max_fee_per_gas: u128::MAX,
            max_priority_fee_per_gas: 0,
            claimed_root: matches!(call, Call::Claim { .. }).then(test_attested_root),
            call,
        }
    }

    fn calls() -> [Call; 5] {
        let authorization = SignedBy {
            signer: Address::repeat_byte(8),
            signature: [9; 65],
        };
        [
            Call::ExecuteBatch {
                batch: test_batch(),
                authorization,
            },
            Call::PublishRoot {
                root: test_root(),
                authorization,
            },
            Call::Claim {
                user: Address::repeat_byte(1),
                entitled: Amount::new(2),
                root: B256::repeat_byte(3),
                proof: vec![ProofNode {
                    hash: B256::repeat_byte(4),
                    sum: Amount::new(5),
                }],
            },
            Call::SweepMatured { max_days: 7 },
            Call::Noop,
        ]
    }

    #[test]
    fn every_call_survives_the_wire_under_its_name() {
        for call in calls() {
            let name = call.name();
            let terms = terms(call);
            let json = serde_json::to_value(TransactionRequest::of(&terms)).unwrap();
            assert!(json["call"][name].is_object(), "{json}");
            let read: TransactionRequest = serde_json::from_value(json).unwrap();
            assert_eq!(read.terms(), Ok(terms));
        }
    }

    #[test]
    fn what_is_beside_or_inside_a_call_is_not_overlooked() {
        for call in calls() {
            let name = call.name();
            let good = serde_json::to_value(TransactionRequest::of(&terms(call))).unwrap();
            let pointers = ["".to_owned(), "/call".to_owned(), format!("/call/{name}")];
            for at in pointers {
                let mut json = good.clone();
                json.pointer_mut(&at).unwrap()["data"] = "0x00".into();
                assert!(
                    serde_json::from_value::<TransactionRequest>(json).is_err(),
                    "{at}"
                );
            }
            let mut json = good;
            json["call"] = name.into();
            assert!(serde_json::from_value::<TransactionRequest>(json).is_err());
        }
    }

    #[test]
    fn an_answer_whose_hash_is_not_that_of_its_bytes_is_refused() {
        let raw = Bytes::from_static(&[2, 1, 0]);
        let transaction = SignedTransaction {
            hash: keccak256(&raw),
            raw,
            sender: Address::repeat_byte(1),
        };
        let mut response = TransactionResponse::of(&transaction);
        assert_eq!(response.transaction(), Ok(transaction));
        response.raw.push_str("00");
        assert_eq!(response.transaction().map_err(|error| error.field), Err("hash"));
    }
}
