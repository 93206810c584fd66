//! Tests of a batch's life: each state with each step.

use super::*;
use crate::state::{BatchOnChain, prove_expiry};
use BatchState as State;

const BUILDER: Address = Address::repeat_byte(1);
const HEAD: u64 = 1_000;
const DEADLINE: u64 = 1_600;

/// A batch in each state as it usually is there.
fn in_state(state: State) -> Batch {
    let has_deadline = matches!(
        state,
        State::Signed | State::Submitting | State::Executed | State::Expired | State::Quarantined
    );
    Batch {
        state,
        deadline: has_deadline.then_some(DEADLINE),
        builder: BUILDER,
        cancel_requested: false,
    }
}

fn proof() -> ExpiryProof {
    let chain = BatchOnChain {
        block_number: 9,
        block_timestamp: DEADLINE + 1,
        batch_state: 0,
    };
    prove_expiry(DEADLINE, chain).unwrap()
}

type Step = fn(Batch) -> Result<Batch, Refused>;

#[test]
fn every_state_takes_exactly_its_steps() {
    let ended = |end: BatchEnd| match end {
        BatchEnd::Expired => "expired",
        BatchEnd::Cancelled => "cancelled",
    };
    let steps: [(&str, Step); 3] = [
        ("approve", |batch| batch.approve(Address::repeat_byte(2))),
        ("ask", |batch| batch.ask_for_signature(DEADLINE, HEAD, Gate::Open)),
        ("submit", |batch| batch.submit(HEAD, Gate::Open)),
    ];
    let c = "cancelled";
    let x = "expired";
    #[rustfmt::skip]
    let table: [(State, [&str; 5]); 10] = [
        (State::Requested,   ["-", "-", "-", "-", "-"]),
        (State::Held,        ["-", "-", "-", "-", "-"]),
        (State::Sealed,      ["approved", "-", "-", "-", "-"]),
        (State::Approved,    ["-", "approved", "-", "-", "-"]),
        (State::Signed,      ["-", "-", "submitting", x, c]),
        (State::Submitting,  ["-", "-", "-", x, c]),
        (State::Executed,    ["-", "-", "-", "-", "-"]),
        (State::Expired,     ["-", "-", "-", "-", "-"]),
        (State::Cancelled,   ["-", "-", "-", "-", "-"]),
        (State::Quarantined, ["-", "-", "-", "-", c]),
    ];
    for (state, [approved, asked, submitted, end, given_up]) in table {
        for ((name, step), next) in steps.iter().zip([approved, asked, submitted]) {
            let found = step(in_state(state)).map_or_else(|_| "-", |batch| batch.state.name());
            assert_eq!(found, next, "{} by {name}", state.name());
        }
        let batch = in_state(state);
        let by_proof = |batch: Batch| batch.end_by(&proof());
        assert_eq!(by_proof(batch).map_or("-", ended), end, "{}", state.name());
        let cancelled = batch.cancel().and_then(|(batch, _)| by_proof(batch));
        assert_eq!(cancelled.map_or("-", ended), given_up, "{}", state.name());
    }
}

#[test]
fn names_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::by_name(state.name()), Some(state));
    }
    assert_eq!(State::by_name("lost"), None);
}

#[test]
fn the_builder_cannot_approve() {
    let sealed = in_state(State::Sealed);
    assert_eq!(sealed.approve(BUILDER), Err(Refused::ApproverIsBuilder));
}

#[test]
fn a_batch_that_is_given_up_goes_no_further() {
    for (state, step) in [
        (
            State::Sealed,
            (|batch| batch.approve(Address::repeat_byte(2))) as Step,
        ),
        (State::Approved, |batch| {
            batch.ask_for_signature(DEADLINE, HEAD, Gate::Open)
        }),
        (State::Signed, |batch| batch.submit(HEAD, Gate::Open)),
        (State::Submitting, |batch| batch.retry().map(|_| batch)),
        (State::Submitting, |batch| batch.cancel().map(|(batch, _)| batch)),
    ] {
        let (given_up, _) = in_state(state).cancel().unwrap();
        assert_eq!(step(given_up), Err(Refused::CancelRequested), "{}", state.name());
    }
}

#[test]
fn a_signature_that_may_exist_counts_as_one() {
    let approved = in_state(State::Approved);
    let asked = approved.ask_for_signature(DEADLINE, HEAD, Gate::Open).unwrap();
    let again = asked.ask_for_signature(DEADLINE, HEAD + 5, Gate::Open);
    assert_eq!(again, Ok(asked), "the answer was lost");
    assert_eq!(
        asked.ask_for_signature(DEADLINE + 1, HEAD, Gate::Open),
        Err(Refused::SignatureAskedFor(DEADLINE))
    );
    let (given_up, plan) = asked.cancel().unwrap();
    assert_eq!(plan, CancelPlan::AwaitExpiry);
    assert_eq!(given_up.end_by(&proof()), Ok(BatchEnd::Cancelled));
    assert_eq!(asked.end_by(&proof()), Ok(BatchEnd::Expired));
    assert_eq!(approved.end_by(&proof()), Err(Refused::MayExecute));
    assert_eq!(approved.cancel().unwrap().1, CancelPlan::ReleaseNow);
}

#[test]
fn a_proof_of_another_deadline_proves_nothing() {
    let chain = BatchOnChain {
        block_number: 9,
        block_timestamp: DEADLINE,
        batch_state: 0,
    };
    let other = prove_expiry(DEADLINE - 1, chain).unwrap();
    assert_eq!(
        in_state(State::Submitting).end_by(&other),
        Err(Refused::MayExecute)
    );
}

#[test]
fn deadlines_are_held_against_the_chain() {
    let approved = in_state(State::Approved);
    let code = |deadline| {
        let asked = approved.ask_for_signature(deadline, HEAD, Gate::Open);
        asked.map_or_else(|refused| refused.code(), |_| "ok")
    };
    assert_eq!(code(HEAD), "deadline_passed");
    assert_eq!(code(HEAD + 1), "ok");
    assert_eq!(code(HEAD + SIGNED_LIFE_MAX), "ok");
    assert_eq!(code(HEAD + SIGNED_LIFE_MAX + 1), "deadline_too_far");
    let signed = in_state(State::Signed);
    assert!(signed.submit(DEADLINE - 1, Gate::Open).is_ok());
    assert_eq!(
        signed.submit(DEADLINE, Gate::Open).unwrap_err().code(),
        "deadline_passed"
    );
}

#[test]
fn a_stop_refuses_signatures_and_submissions() {
    let asked = in_state(State::Approved).ask_for_signature(DEADLINE, HEAD, Gate::Stopped);
    assert_eq!(asked, Err(Refused::SettlementStopped));
    let submitted = in_state(State::Signed).submit(HEAD, Gate::Stopped);
    assert_eq!(submitted, Err(Refused::SettlementStopped));
}

#[test]
fn only_a_batch_under_way_or_proven_dead_is_retried() {
    for state in State::ALL {
        let expected = match state {
            State::Submitting => Ok(Retry::BumpNow),
            State::Expired => Ok(Retry::Rebuild),
            State::Requested
            | State::Held
            | State::Sealed
            | State::Approved
            | State::Signed
            | State::Executed
            | State::Cancelled
            | State::Quarantined => Err(Refused::WrongState(state)),
        };
        assert_eq!(in_state(state).retry(), expected);
    }
}
