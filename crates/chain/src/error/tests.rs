//! Tests of `error`.

use super::*;

fn refused(code: i64, message: &str) -> ChainError {
    let payload = serde_json::json!({"code": code, "message": message}).to_string();
    let payload = serde_json::from_str(&payload).unwrap();
    ChainError::of("eth_getLogs", RpcError::ErrorResp(payload))
}

#[test]
fn refusals_of_known_nodes_are_told_apart() {
    let too_large = [
        (-32005, "limit exceeded"),
        (-32000, "exceed maximum block range: 5000"),
        (-32602, "query returned more than 10000 results"),
        (-32000, "query timeout exceeded"),
    ];
    for (code, message) in too_large {
        assert!(
            matches!(refused(code, message), ChainError::RangeTooLarge { .. }),
            "{message}"
        );
    }
    let stale = [
        (-32000, "header not found"),
        (-32000, "unknown block"),
        (-32000, "hash 0x01 is not currently canonical"),
        (-32000, "missing trie node 01 (path )"),
    ];
    for (code, message) in stale {
        assert!(
            matches!(refused(code, message), ChainError::Stale { .. }),
            "{message}"
        );
    }
    assert!(matches!(
        refused(-32603, "internal error"),
        ChainError::Transport { .. }
    ));
}

#[test]
fn an_answer_that_does_not_parse_is_malformed_and_not_repeated_in_the_message() {
    let err = serde_json::from_str::<u64>("[").unwrap_err();
    let error = ChainError::of(
        "eth_getLogs",
        RpcError::DeserError {
            err,
            text: "SECRET".to_owned(),
        },
    );
    assert!(matches!(&error, ChainError::Malformed { message } if !message.contains("SECRET")));
}
