//! The messages that operators sign, as a wallet shows them, and their signatures.

use approval::Domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Problem;
use super::schema::{Hash, Wallet, WalletSignature};
use super::typed_data::TypedData;
use super::words;
use crate::app::approve::{Signed, Wanted};

/// A message for an operator's wallet (`eth_signTypedData_v4`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalAnswer {
    /// What it agrees to, in a sentence.
    summary: String,
    typed_data: TypedData,
    /// What is hashed and signed: 32 bytes.
    digest: Hash,
    /// Expiry of the signature, in seconds of the chain's time; part of the message.
    expires: u64,
    /// The people whose signatures count already.
    signed_by: Vec<String>,
}

/// A signature over such a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `expires` of the message.
    pub(super) expires: u64,
    /// 65 bytes in hexadecimal with prefix, or what a contract wallet takes (EIP-1271).
    pub(super) signature: WalletSignature,
    /// The wallet that signed, when it is another one of the same person than the one that is signed in.
    #[serde(default)]
    pub(super) wallet: Option<Wallet>,
}

impl ApprovalAnswer {
    pub(super) fn of(wanted: Wanted, domain: &Domain) -> Self {
        let message = wanted.proposal.message(wanted.expires);
        Self {
            summary: wanted.proposal.summary(),
            digest: message.digest(domain).into(),
            typed_data: TypedData::of(&message, domain),
            expires: wanted.expires,
            signed_by: wanted.signed_by,
        }
    }
}

impl Signature {
    pub(super) fn read(&self) -> Result<Signed, Problem> {
        let signature = words::signature(&self.signature)?;
        if i64::try_from(self.expires).is_err() {
            return Err(Problem::field("expires", "not a time of the chain in seconds"));
        }
        let wallet = self.wallet.as_deref();
        Ok(Signed {
            wallet: wallet.map(|wallet| words::wallet("wallet", wallet)).transpose()?,
            expires: self.expires,
            signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, keccak256};
    use approval::{BatchProposal, PeopleProposal, Proposal, ResumeProposal, RootProposal};
    use money::Amount;
    use serde_json::Value;

    use super::*;

    const BNB: u128 = 1_000_000_000_000_000_000;

    /// Made by ethers and viem (`contracts/vectors/approvals.mjs`).
    const VECTORS: &str = include_str!("../../../abi/vectors/approvals.json");

    #[test]
    fn wallets_are_shown_and_sign_what_is_verified() {
        let hash = |text: &str| keccak256(text);
        let wallet = |last| Address::left_padding_from(&[0x0a, 0x00, last]);
        let batch = BatchProposal {
            batch_id: hash("batch"),
            list_hash: hash("list"),
            manifest_hash: hash("manifest"),
            total: Amount::new(BNB * 1_205 / 10),
            payouts: 42,
        };
        let root = RootProposal {
            root: hash("root"),
            total: Amount::new(18 * BNB),
            leaves: 7,
            as_of_seq: 9,
        };
        let people = PeopleProposal {
            version: 2,
            previous: hash("before"),
            next: hash("after"),
        };
        let proposals = [
            Proposal::Batch {
                batch,
                proposer: wallet(1),
            },
            Proposal::Root {
                root,
                proposer: wallet(2),
            },
            Proposal::Resume(ResumeProposal { stops: vec![3, 4] }),
            Proposal::People(people),
        ];
        let domain = Domain {
            chain_id: 31_337,
            contract: Address::left_padding_from(&[0xc0, 0x57, 0x0d, 0x17]),
        };
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
        assert_eq!(vectors.len(), proposals.len());
        for (vector, proposal) in vectors.iter().zip(proposals) {
            let message = proposal.message(1_800_000_000);
            let shown = serde_json::to_value(TypedData::of(&message, &domain)).unwrap();
            assert_eq!(shown, vector["request"]);
            let digest: B256 = vector["digest"].as_str().unwrap().parse().unwrap();
            assert_eq!(
                message.digest(&domain),
                digest,
                "{}",
                vector["request"]["primaryType"]
            );
        }
    }
}
