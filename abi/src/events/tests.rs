//! Tests of `events`.

use super::*;
use alloy::primitives::{Address, Bytes, IntoLogData, U256, keccak256};

fn funded() -> LogData {
    ICustody::Funded {
        from: Address::repeat_byte(7),
        seq: U256::from(1),
        amount: U256::from(5),
    }
    .to_log_data()
}

#[test]
fn library_topics_are_the_hashes_of_their_signatures() {
    for (topic, signature) in LIBRARY_EVENTS {
        assert_eq!(topic, keccak256(signature), "{signature}");
    }
}

#[test]
fn an_event_of_the_interface_is_decoded() {
    let event = decode(&funded()).expect("well formed").expect("an own event");
    assert_eq!(seq_of(&event), Some(U256::from(1)));
    assert!(matches!(event, CustodyEvent::Funded(e) if e.amount == U256::from(5)));
}

#[test]
fn an_event_of_a_library_is_no_news() {
    let log = LogData::new_unchecked(vec![LIBRARY_EVENTS[3].0], Bytes::from(vec![0; 32]));
    assert_eq!(decode(&log), Ok(None));
}

#[test]
fn an_unknown_topic_is_an_error() {
    let topic = B256::repeat_byte(9);
    assert_eq!(
        decode(&LogData::new_unchecked(vec![topic], Bytes::new())),
        Err(EventError::Unknown { topic })
    );
    assert_eq!(decode(&LogData::default()), Err(EventError::NoTopics));
}

#[test]
fn surplus_and_missing_bytes_and_dirty_padding_are_errors() {
    let good = funded();
    let topic = good.topics()[0];
    let mut longer = good.data.to_vec();
    longer.push(0);
    let shorter = good.data[..63].to_vec();
    let mut dirty = good.topics().to_vec();
    dirty[1].0[0] = 1;
    for log in [
        LogData::new_unchecked(good.topics().to_vec(), longer.into()),
        LogData::new_unchecked(good.topics().to_vec(), shorter.into()),
        LogData::new_unchecked(dirty, good.data.clone()),
        LogData::new_unchecked(vec![topic], good.data.clone()),
    ] {
        assert_eq!(decode(&log), Err(EventError::Malformed { topic }));
    }
}
