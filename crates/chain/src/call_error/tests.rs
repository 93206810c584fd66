//! Tests of `call_error`.

use serde_json::json;

use super::*;

fn answer(error: &Value) -> Option<CallError> {
    let payload = serde_json::from_str(&error.to_string()).unwrap();
    refusal(&RpcError::ErrorResp(payload))
}

#[test]
fn revert_data_is_found_where_nodes_put_it() {
    let data = "0x85f65eb4";
    for shown in [
        json!(data),
        json!(format!("Reverted {data}")),
        json!({ "data": data }),
    ] {
        let error = json!({"code": 3, "message": "execution reverted", "data": shown});
        let Some(CallError::Reverted(Revert::Unknown(read))) = answer(&error) else {
            panic!("{error}");
        };
        assert_eq!(read.to_string(), data);
    }
}

#[test]
fn a_revert_without_data_is_a_revert() {
    let error = json!({"code": -32000, "message": "execution reverted"});
    assert!(matches!(answer(&error), Some(CallError::Reverted(_))));
}

#[test]
fn no_money_is_a_refusal_and_an_unknown_block_is_the_nodes_failure() {
    let error = json!({"code": -32000, "message": "insufficient funds for gas * price + value"});
    assert!(matches!(
        answer(&error),
        Some(CallError::Refused { code: -32000, .. })
    ));
    let error = json!({"code": -32000, "message": "header not found"});
    assert!(answer(&error).is_none());
    let error = json!({"code": -32603, "message": "EVM error InvalidOperandOOG"});
    assert!(matches!(
        answer(&error),
        Some(CallError::Refused { code: -32603, .. })
    ));
}
