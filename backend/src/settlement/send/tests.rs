//! Tests of `send`.

use super::*;

fn answer(outcome: Outcome) -> chain::Answer {
    chain::Answer {
        node: "node".to_owned(),
        outcome,
    }
}

#[test]
fn only_words_of_every_node_reject() {
    let poor = || {
        answer(Outcome::Refused {
            code: -32000,
            message: "insufficient funds for gas * price + value".to_owned(),
        })
    };
    assert_eq!(rejection(&[poor(), poor()]), Some(Rejection::InsufficientFunds));
    for other in [
        Outcome::TimedOut,
        Outcome::Accepted { hash: B256::ZERO },
        Outcome::HttpStatus {
            status: 500,
            page: "insufficient funds for gas".to_owned(),
        },
    ] {
        assert_eq!(rejection(&[poor(), answer(other)]), None);
    }
    assert_eq!(rejection(&[]), None);
}
