//! The JSON of a call: an object with one field, named as the call.

use alloy_primitives::{Address, B256};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::terms::{Call, LiabilitiesRoot, PayoutBatch, ProofNode, SignedBy};
use crate::wire::fields;

/// A call with its authorization's fields beside its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CallFields {
    ExecuteBatch {
        batch: PayoutBatch,
        #[serde(with = "fields::signer")]
        signer: Address,
        #[serde(with = "fields::signature")]
        signature: [u8; 65],
    },
    PublishRoot {
        root: LiabilitiesRoot,
        #[serde(with = "fields::signer")]
        signer: Address,
        #[serde(with = "fields::signature")]
        signature: [u8; 65],
    },
    Claim {
        #[serde(with = "fields::user")]
        user: Address,
        #[serde(with = "fields::entitled")]
        entitled: Amount,
        #[serde(with = "fields::root")]
        root: B256,
        proof: Vec<ProofNode>,
    },
    SweepMatured {
        max_days: u64,
    },
    /// An object without fields, so that nothing beside it is overlooked.
    Noop {},
}

impl From<Call> for CallFields {
    fn from(call: Call) -> Self {
        match call {
            Call::ExecuteBatch {
                batch,
                authorization: SignedBy { signer, signature },
            } => Self::ExecuteBatch {
                batch,
                signer,
                signature,
            },
            Call::PublishRoot {
                root,
                authorization: SignedBy { signer, signature },
            } => Self::PublishRoot {
                root,
                signer,
                signature,
            },
            Call::Claim {
                user,
                entitled,
                root,
                proof,
            } => Self::Claim {
                user,
                entitled,
                root,
                proof,
            },
            Call::SweepMatured { max_days } => Self::SweepMatured { max_days },
            Call::Noop => Self::Noop {},
        }
    }
}

impl From<CallFields> for Call {
    fn from(fields: CallFields) -> Self {
        match fields {
            CallFields::ExecuteBatch {
                batch,
                signer,
                signature,
            } => Self::ExecuteBatch {
                batch,
                authorization: SignedBy { signer, signature },
            },
            CallFields::PublishRoot {
                root,
                signer,
                signature,
            } => Self::PublishRoot {
                root,
                authorization: SignedBy { signer, signature },
            },
            CallFields::Claim {
                user,
                entitled,
                root,
                proof,
            } => Self::Claim {
                user,
                entitled,
                root,
                proof,
            },
            CallFields::SweepMatured { max_days } => Self::SweepMatured { max_days },
            CallFields::Noop {} => Self::Noop,
        }
    }
}
