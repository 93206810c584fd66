//! One look at a submission, its attempts, and the decision that follows.

use money::Amount;

use super::super::*;
use crate::state::SubmissionState as State;

pub(super) const DEADLINE: u64 = 1_600;
pub(super) const HASH: B256 = B256::repeat_byte(1);
pub(super) const OTHER_HASH: B256 = B256::repeat_byte(2);

/// One look at a submission of nonce 5 at block 100, as the rows of the tables change it.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) state: State,
    pub(super) outcome: Outcome,
    pub(super) proof: Proof,
    pub(super) attempts: Vec<Attempt>,
    pub(super) time: u64,
    pub(super) final_time: u64,
    pub(super) account: AccountNonce,
    pub(super) suggested: u128,
    pub(super) wishes: Wishes,
    pub(super) gate: Gate,
    pub(super) looks: u32,
    pub(super) price_max: u128,
}

impl Look {
    pub(super) fn at(state: State, attempts: &[Attempt]) -> Self {
        Self {
            state,
            outcome: Outcome::Open,
            proof: Proof::Event,
            attempts: attempts.to_vec(),
            time: 1_010,
            final_time: 1_000,
            account: AccountNonce {
                latest: 5,
                finalized: 5,
            },
            suggested: 800,
            wishes: Wishes::default(),
            gate: Gate::Open,
            looks: 0,
            price_max: 1_000_000,
        }
    }

    pub(super) fn actions(&self) -> Vec<Action> {
        decide(&View {
            state: self.state,
            nonce: 5,
            subject: Subject {
                deadline: Some(DEADLINE),
                outcome: self.outcome,
                proof: self.proof,
            },
            attempts: &self.attempts,
            gas_limit: 100_000,
            head: BlockTime {
                number: 100,
                timestamp: self.time,
            },
            finalized: BlockTime {
                number: 96,
                timestamp: self.final_time,
            },
            account: self.account,
            suggested: Fees::new(self.suggested, self.suggested),
            limits: FeeLimits {
                price_max: self.price_max,
                budget: Amount::new(u128::MAX),
            },
            wishes: self.wishes,
            gate: self.gate,
            looks_without_trace: self.looks,
        })
    }
}

pub(super) const fn attempt(number: u32, payload: Payload) -> Attempt {
    Attempt {
        number,
        payload,
        fees: Fees::new(800, 800),
        signed: true,
        first_sent: None,
        last_sent: None,
        rejected: None,
        receipt: None,
    }
}

pub(super) const fn call(number: u32) -> Attempt {
    attempt(number, Payload::Call)
}

pub(super) const fn sent(attempt: Attempt, first: u64, last: u64) -> Attempt {
    Attempt {
        first_sent: Some(first),
        last_sent: Some(last),
        ..attempt
    }
}

pub(super) const fn mined(
    attempt: Attempt,
    block_number: u64,
    canonical_hash: Option<B256>,
    status: Status,
) -> Attempt {
    Attempt {
        receipt: Some(Receipt {
            block_number,
            block_hash: HASH,
            canonical_hash,
            status,
        }),
        ..attempt
    }
}

pub(super) const fn sign(attempt: u32, payload: Payload, price: u128) -> Action {
    Action::Sign {
        attempt,
        payload,
        fees: Fees::new(price, price),
    }
}

pub(super) const fn end(attempt: u32, end: FinalEnd) -> Action {
    Action::MarkFinal { attempt, end }
}

pub(super) const fn broadcast(attempt: u32) -> Action {
    Action::Broadcast { attempt }
}

#[track_caller]
pub(super) fn check(look: Look, change: impl FnOnce(&mut Look), expected: &[Action]) {
    let mut look = look;
    change(&mut look);
    assert_eq!(look.actions(), expected);
}
