//! Tests of `order`.

use super::*;

fn orders() -> [Order; 3] {
    let (user, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
    let deadline = U256::from(9);
    [
        Order::Refund(ICustody::Refund {
            r#ref: B256::repeat_byte(3),
            to,
            deadline,
        }),
        Order::Claim(ICustody::Claim {
            user,
            to,
            root: B256::repeat_byte(4),
            entitled: U256::from(5),
            deadline,
        }),
        Order::Credit(ICustody::Withdrawal {
            user,
            to,
            amount: U256::from(6),
            nonce: U256::from(7),
            deadline,
        }),
    ]
}

#[test]
fn every_message_has_a_digest_of_its_own_on_each_contract() {
    let mut digests = std::collections::BTreeSet::new();
    for order in orders() {
        for contract in [Address::repeat_byte(8), Address::repeat_byte(9)] {
            for chain in [56, 97] {
                assert!(digests.insert(order.digest(chain, contract)), "{order:?}");
            }
        }
    }
}

#[test]
fn a_call_carries_the_message_unchanged() {
    let [refund, claim, credit] = orders();
    let signature = Bytes::from_static(&[7; 65]);
    let input = refund.clone().call(Vec::new(), signature.clone());
    let called = ICustody::refundForCall::abi_decode(&input).unwrap();
    assert_eq!(Order::Refund(called.order), refund);
    let proof = vec![sibling(B256::repeat_byte(1), 2)];
    let input = claim.clone().call(proof.clone(), signature.clone());
    let called = ICustody::claimForCall::abi_decode(&input).unwrap();
    assert_eq!((Order::Claim(called.order), called.proof), (claim, proof));
    let input = credit.clone().call(Vec::new(), signature.clone());
    let called = ICustody::withdrawCreditForCall::abi_decode(&input).unwrap();
    assert_eq!(Order::Credit(called.withdrawal), credit);
    assert_eq!(called.signature, signature);
}

#[test]
fn the_longest_call_fits_into_its_row_and_into_a_transaction() {
    let [_, claim, _] = orders();
    let proof = vec![sibling(B256::repeat_byte(1), u128::MAX); PROOF_MAX];
    let input = claim.call(proof, vec![1; SIGNATURE_BYTES_MAX].into());
    assert!(input.len() <= 16_384, "{}", input.len());
    assert!(gas_limit(PROOF_MAX, SIGNATURE_BYTES_MAX) < 1_000_000);
}
