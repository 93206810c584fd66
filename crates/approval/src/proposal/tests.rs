//! Tests of `proposal`.

use super::*;

#[test]
fn a_summary_says_exactly_how_much() {
    for (wei, text) in [
        (0, "0 BNB"),
        (1, "0.000000000000000001 BNB"),
        (120_500_000_000_000_000_000, "120.5 BNB"),
        (u128::MAX, "340282366920938463463.374607431768211455 BNB"),
    ] {
        assert_eq!(coins(Amount::new(wei)), text);
    }
}

#[test]
fn every_field_that_differs_gives_another_digest() {
    let domain = crate::Domain {
        chain_id: 31_337,
        contract: Address::repeat_byte(0xcc),
    };
    let batch = BatchProposal {
        batch_id: B256::repeat_byte(1),
        list_hash: B256::repeat_byte(2),
        manifest_hash: B256::repeat_byte(3),
        total: Amount::new(4),
        payouts: 5,
    };
    let of = |batch, proposer| Proposal::Batch { batch, proposer };
    let proposer = Address::repeat_byte(6);
    let mut digests = vec![of(batch, proposer).message(7).digest(&domain)];
    for changed in [
        BatchProposal {
            batch_id: B256::ZERO,
            ..batch
        },
        BatchProposal {
            list_hash: B256::ZERO,
            ..batch
        },
        BatchProposal {
            manifest_hash: B256::ZERO,
            ..batch
        },
        BatchProposal {
            total: Amount::new(5),
            ..batch
        },
        BatchProposal { payouts: 6, ..batch },
    ] {
        digests.push(of(changed, proposer).message(7).digest(&domain));
    }
    digests.push(of(batch, Address::ZERO).message(7).digest(&domain));
    digests.push(of(batch, proposer).message(8).digest(&domain));
    let elsewhere = crate::Domain {
        chain_id: 56,
        ..domain
    };
    digests.push(of(batch, proposer).message(7).digest(&elsewhere));
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}
