//! Tests of `foresee`.

use super::*;

const CUSTODY: Address = Address::repeat_byte(0xcc);

fn log(address: Address, event: &impl SolEvent) -> SimulatedLog {
    let data = event.encode_log_data();
    SimulatedLog {
        address,
        topics: data.topics().to_vec(),
        data: data.data,
    }
}

fn credited(frozen: bool) -> PayoutCredited {
    PayoutCredited {
        batchId: B256::repeat_byte(1),
        user: Address::repeat_byte(2),
        amount: U256::from(3),
        frozen,
    }
}

fn executed() -> PayoutExecuted {
    PayoutExecuted {
        batchId: B256::repeat_byte(1),
        user: Address::repeat_byte(2),
        amount: U256::from(3),
    }
}

fn block(status: u64, logs: Vec<SimulatedLog>) -> [SimulatedBlock; 1] {
    [SimulatedBlock {
        calls: vec![SimulatedCall {
            status: U64::from(status),
            logs,
        }],
    }]
}

#[test]
fn only_the_contracts_own_events_are_counted_each_as_what_it_is() {
    let logs = vec![
        log(CUSTODY, &credited(false)),
        log(CUSTODY, &credited(true)),
        log(CUSTODY, &credited(false)),
        log(CUSTODY, &executed()),
        // A recipient can write whatever it wants under its own address.
        log(Address::repeat_byte(2), &executed()),
    ];
    let expected = ForeseenPayouts {
        sent: 1,
        refused: 2,
        frozen: 1,
    };
    assert_eq!(outcome(&block(1, logs), CUSTODY), Some(expected));
}

#[test]
fn a_failed_call_tells_nothing() {
    assert_eq!(outcome(&block(0, Vec::new()), CUSTODY), None);
    assert_eq!(outcome(&[], CUSTODY), None);
}

#[test]
fn a_node_without_the_method_cannot_tell_and_a_busy_one_is_asked_again() {
    let unknown = json!({"code": -32601, "message": "the method eth_simulateV1 does not exist"});
    let unknown = serde_json::from_str(&unknown.to_string()).unwrap();
    assert!(cannot_tell(&RpcError::ErrorResp(unknown)));
    let http = |status| TransportErrorKind::http_error(status, String::new());
    assert!(cannot_tell(&http(403)));
    assert!(!cannot_tell(&http(429)));
    assert!(!cannot_tell(&http(503)));
}
