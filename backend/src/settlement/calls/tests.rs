//! Tests of `calls`.

use alloy::primitives::Address;
use money::Amount;
use signer_client::ProofNode;

use super::*;

fn calls() -> Vec<Call> {
    let authorization = SignedBy {
        signer: Address::repeat_byte(7),
        signature: [8; 65],
    };
    vec![
        Call::ExecuteBatch {
            batch: PayoutBatch {
                batch_id: B256::repeat_byte(1),
                submitter: Address::repeat_byte(2),
                max_total: Amount::new(3),
                manifest_hash: B256::repeat_byte(4),
                valid_after: 5,
                deadline: 6,
                payouts: vec![Payout {
                    wallet: Address::repeat_byte(9),
                    target: Amount::new(1 << 94),
                }],
            },
            authorization,
        },
        Call::PublishRoot {
            root: LiabilitiesRoot {
                root: B256::repeat_byte(1),
                total: Amount::new(2),
                as_of_seq: 3,
                valid_after: 4,
                deadline: 5,
            },
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
        Call::SweepMatured { max_days: 6 },
        Call::Noop {},
    ]
}

#[test]
fn a_call_is_read_back_from_its_json() {
    for call in calls() {
        assert_eq!(from_json(to_json(&call).unwrap()).unwrap(), call);
    }
}

#[test]
fn a_full_batch_fits_into_a_transaction() {
    let Some(Call::ExecuteBatch {
        mut batch,
        authorization,
    }) = calls().into_iter().next()
    else {
        panic!("the first call is a batch");
    };
    batch.payouts = vec![batch.payouts[0]; settlement::batch::PAYOUTS_MAX];
    let gas = gas_limit(&Call::ExecuteBatch { batch, authorization });
    assert!(gas < 16_777_216, "{gas}");
}

#[test]
fn everything_but_nothing_calls_the_contract() {
    for call in calls() {
        let data = signer::message::data(&call);
        assert_eq!(data.is_none(), call == Call::Noop {}, "{call:?}");
    }
}
