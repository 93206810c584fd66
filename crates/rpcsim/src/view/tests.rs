//! Tests of `view`.

use super::*;

#[test]
fn an_older_view_is_never_a_newer_one() {
    assert_eq!(View::Live.older(3), View::Behind(3));
    assert_eq!(View::Behind(2).older(3), View::Behind(5));
    assert_eq!(View::Frozen(10).older(3), View::Frozen(7));
    assert_eq!(View::Frozen(1).older(3), View::Frozen(0));
}

#[test]
fn what_is_above_the_head_is_hidden_and_what_is_not_stays() {
    let horizon = Horizon {
        head: 16,
        finalized: 12,
    };
    let hidden = |method: &str, mut answer: Value| {
        horizon.hide(method, &mut answer);
        answer["result"].take()
    };
    let receipt = |number: &str| json!({"result": {"blockNumber": number}});
    let method = "eth_getTransactionReceipt";
    assert_eq!(hidden(method, receipt("0x11")), Value::Null);
    assert_eq!(hidden(method, receipt("0x10"))["blockNumber"], "0x10");
    let transaction = json!({"result": {"blockNumber": "0x11", "hash": "0xaa"}});
    let seen = hidden("eth_getTransactionByHash", transaction);
    assert_eq!(
        (&seen["blockNumber"], &seen["hash"]),
        (&Value::Null, &json!("0xaa"))
    );
    assert_eq!(
        hidden("eth_getBlockByHash", json!({"result": {"number": "0x11"}})),
        Value::Null
    );
    // A refusal stays one.
    assert_eq!(hidden(method, json!({"error": {}})), Value::Null);
}
