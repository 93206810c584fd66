//! Tests of `answer`.

use super::*;

#[test]
fn texts_of_nodes_have_their_meaning() {
    for (text, name) in [
        ("already known", "already_known"),
        ("ALREADY_EXISTS: already known", "already_known"),
        ("transaction already imported", "already_known"),
        ("replacement transaction underpriced", "replacement_underpriced"),
        ("transaction underpriced", "underpriced"),
        (
            "transaction underpriced: tip needed 1000000000, tip permitted 1",
            "underpriced",
        ),
        ("nonce too low: next nonce 8, tx nonce 7", "nonce_too_low"),
        ("Nonce too low", "nonce_too_low"),
        ("nonce too high", "nonce_too_high"),
        ("txpool is full", "pool_full"),
        (
            "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)",
            "above_node_fee_cap",
        ),
        (
            "max fee per gas less than block base fee: address 0x…, maxFeePerGas: 1, baseFee: 7",
            "below_base_fee",
        ),
        ("429 Too Many Requests", "rate_limited"),
        ("error sending request: operation timed out", "timed_out"),
        ("context deadline exceeded", "timed_out"),
        (
            "insufficient funds for gas * price + value: balance 0, tx cost 21000",
            "insufficient_funds",
        ),
        ("Insufficient funds for gas * price + value", "insufficient_funds"),
        (
            "intrinsic gas too low: gas 20000, minimum needed 21000",
            "intrinsic_gas",
        ),
        ("exceeds block gas limit", "gas_limit_too_high"),
        (
            "transaction gas limit too high (cap: 16777216, tx: 20000000)",
            "gas_limit_too_high",
        ),
        (
            "oversized data: transaction size 140000, limit 131072",
            "oversized",
        ),
        ("invalid chain id for signer: have 1 want 56", "wrong_chain"),
        ("execution reverted: insufficient funds", "other"),
        ("connection reset by peer", "other"),
        ("", "other"),
    ] {
        assert_eq!(Answer::of_error(text).name(), name, "{text:?}");
    }
    let late = format!("{}already known", "x".repeat(TEXT_MAX));
    assert_eq!(Answer::of_error(&late), Answer::Other);
}

#[test]
fn only_when_all_endpoints_reject_for_good_does_anything_change() {
    use Answer::{Accepted, InsufficientFunds, IntrinsicGas, NonceTooLow, TimedOut, Underpriced};
    let rejection = Some(Rejection::InsufficientFunds);
    assert_eq!(rejected_by_all(&[InsufficientFunds]), rejection);
    assert_eq!(rejected_by_all(&[InsufficientFunds, IntrinsicGas]), rejection);
    for answers in [
        &[][..],
        &[Accepted],
        &[TimedOut],
        &[InsufficientFunds, TimedOut],
        &[TimedOut, InsufficientFunds],
        &[Underpriced, Underpriced],
        &[NonceTooLow],
    ] {
        assert_eq!(rejected_by_all(answers), None, "{answers:?}");
    }
}

#[test]
fn rejections_are_named_as_their_answers_and_read_back() {
    for rejection in Rejection::ALL {
        assert_eq!(Rejection::by_name(rejection.name()), Some(rejection));
    }
    for (_, answer) in WORDS {
        let rejection = answer.rejection();
        assert!(rejection.is_none_or(|rejection| rejection.name() == answer.name()));
    }
}
