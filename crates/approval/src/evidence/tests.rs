//! Tests of `evidence`.

use super::*;

fn approval(byte: u8) -> Approval {
    Approval {
        wallet: Address::repeat_byte(byte),
        expires: u64::from(byte) << 40,
        signature: vec![byte; KEY_SIGNATURE_BYTES],
    }
}

#[test]
fn what_is_stored_is_read_back_and_nothing_else_is_read() {
    let evidence = Evidence {
        proposer: Address::repeat_byte(7),
        approvals: vec![approval(1), approval(2)],
    };
    let bytes = evidence.to_bytes().unwrap();
    assert_eq!(Evidence::from_bytes(&bytes).as_ref(), Some(&evidence));
    for length in [0, WALLET_BYTES - 1, bytes.len() - 1] {
        assert_eq!(Evidence::from_bytes(&bytes[..length]), None, "{length}");
    }
}

#[test]
fn only_as_many_signatures_of_keys_are_written_as_fit() {
    let of = |approvals| Evidence {
        proposer: Address::ZERO,
        approvals,
    };
    let most = vec![approval(1); Evidence::APPROVALS_MAX];
    assert!(of(most.clone()).to_bytes().unwrap().len() <= SIGNATURE_BYTES_MAX);
    assert_eq!(of([most, vec![approval(1)]].concat()).to_bytes(), None);
    let mut contract = approval(1);
    contract.signature.push(0);
    assert_eq!(of(vec![contract]).to_bytes(), None);
}
