//! Tests of `approval`.

use alloy_primitives::{Address, B256, keccak256};
use approval::{BatchProposal, FundProposal, PeopleProposal, Proposal, ResumeProposal, RootProposal};
use money::{Amount, Asset};
use serde_json::Value;

use super::*;

const BNB: u128 = 1_000_000_000_000_000_000;

/// Made by ethers and viem (`contracts/vectors/approvals.mjs`).
const VECTORS: &str = include_str!("../../../../abi/vectors/approvals.json");

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
        Proposal::Fund {
            allocation: FundProposal {
                proposal: hash("proposal"),
                fund: 1,
                name: "yield".into(),
                asset: Asset::Usdt,
                amount: Amount::new(1_250_500_000),
            },
            proposer: wallet(1),
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
