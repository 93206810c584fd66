//! Faults of money on its way out: batches, payments, nonces and signatures.

use alloy_primitives::{Address, B256};
use audit::checks::{self, BatchState, Event, PayoutState, Snapshot, SubmissionEnd};
use ledger::Account;
use money::Amount;

use crate::planting::{USERS, account, batch, chain, found, found_in, has_s1, less, more, payout, post};
use crate::world::{batch_id, consistent, reference};

// ------------------------------------------------------------------ batches

#[test]
fn a_batch_that_we_never_requested_is_found_by_batches_and_signing() {
    let found = found(|snapshot| {
        snapshot.books.batches.retain(|batch| batch.id != batch_id(1));
        let signers = snapshot.signers.as_mut().unwrap();
        signers[0].batches.as_mut().unwrap().remove(&batch_id(1));
    });
    assert_eq!(found, ["R8", "R12"]);
}

#[test]
fn an_executed_batch_that_the_ledger_still_thinks_signed_is_found() {
    assert_eq!(
        found(|snapshot| batch(snapshot, 1).state = BatchState::Signed),
        ["R8"]
    );
}

#[test]
fn a_batch_that_was_released_and_executed_is_found() {
    assert_eq!(
        found(|snapshot| batch(snapshot, 2).state = BatchState::Released),
        ["R8"]
    );
}

#[test]
fn a_batch_that_the_ledger_executed_and_the_chain_did_not_is_found() {
    assert_eq!(
        found(|snapshot| batch(snapshot, 4).state = BatchState::Executed),
        ["R8"]
    );
}

#[test]
fn a_payout_posted_with_another_outcome_is_found() {
    assert_eq!(
        found(|snapshot| payout(snapshot, 1, 2).state = PayoutState::Executed),
        ["R8"]
    );
    assert_eq!(
        found(|snapshot| more(&mut payout(snapshot, 1, 1).settled)),
        ["R8"]
    );
}

#[test]
fn a_payout_about_the_wrong_user_is_found() {
    assert_eq!(found(|snapshot| payout(snapshot, 1, 1).user = 30), ["R8"]);
}

#[test]
fn an_executed_list_or_manifest_that_is_not_the_sealed_one_is_found() {
    assert_eq!(found(|snapshot| more(&mut payout(snapshot, 1, 4).target)), ["R8"]);
    assert_eq!(
        found(|snapshot| batch(snapshot, 2).manifest_hash = Some(B256::ZERO)),
        ["R8"]
    );
}

#[test]
fn a_contract_that_says_otherwise_about_a_batch_is_found() {
    let found_with = |number, state| {
        found(move |snapshot| {
            chain(snapshot).batches.insert(batch_id(number), state);
        })
    };
    assert_eq!(found_with(4, u64::MAX), ["R8"]);
    assert_eq!(found_with(1, 0), ["R8"]);
}

#[test]
fn a_batch_that_the_contract_cancelled_and_the_ledger_holds_is_found() {
    let found = found(|snapshot| {
        let cancelled = Event::BatchCancelled { batch: batch_id(4) };
        snapshot.events.take(&cancelled, None);
        chain(snapshot).batches.insert(batch_id(4), u64::MAX);
    });
    assert_eq!(found, ["R8"]);
}

#[test]
fn a_signed_batch_past_its_deadline_is_late_and_stops_nothing() {
    let mut snapshot = consistent(USERS);
    snapshot.position.block_timestamp = 21 * 86_400 + checks::LATE_AFTER + 1;
    let report = crate::run(&snapshot);
    assert_eq!(found_in(&snapshot), ["R8"]);
    assert!(!has_s1(&report));
    snapshot.position.block_timestamp -= 1;
    assert_eq!(found_in(&snapshot), [""; 0]);
}

// ------------------------------------------------------------------ payments

#[test]
fn one_wei_more_paid_by_the_contract_to_one_user_is_found() {
    assert_eq!(found(|snapshot| more(&mut account(snapshot, 8).paid)), ["R9"]);
}

#[test]
fn one_wei_more_credited_by_the_contract_to_one_user_is_found() {
    assert_eq!(found(|snapshot| more(&mut account(snapshot, 7).credit)), ["R9"]);
}

#[test]
fn one_wei_more_paid_by_the_ledger_to_one_user_is_found() {
    let found = found(|snapshot| more(&mut snapshot.books.users.get_mut(&8).unwrap().paid));
    assert_eq!(found, ["R9"]);
}

#[test]
fn a_user_with_two_live_payouts_is_found_although_the_amounts_agree() {
    let found = found(|snapshot| {
        let mut twin = *payout(snapshot, 4, 10);
        (twin.user, twin.held) = (10, Amount::ZERO);
        batch(snapshot, 5).payouts.push(twin);
    });
    assert_eq!(found, ["R9"]);
}

#[test]
fn a_payout_that_holds_another_amount_than_the_account_is_found() {
    assert_eq!(found(|snapshot| less(&mut payout(snapshot, 4, 9).held)), ["R9"]);
}

#[test]
fn a_user_who_was_paid_more_than_was_ever_granted_is_found() {
    let found = found(|snapshot| {
        let user = snapshot.books.users.get_mut(&8).unwrap();
        user.granted = user.paid.checked_sub(Amount::new(1)).unwrap();
    });
    assert_eq!(found, ["R9"]);
}

#[test]
fn a_claim_of_a_stranger_is_found() {
    let found = found(|snapshot| {
        let (user, amount) = (Address::repeat_byte(9), Amount::new(1));
        snapshot.events.take(&Event::Claimed { user, amount }, None);
        less(&mut chain(snapshot).balance);
        more(&mut chain(snapshot).totals.claimed);
        post(
            snapshot,
            Account::Revenue(ledger::Fund::UNALLOCATED),
            Account::Custody,
            1,
        );
    });
    assert_eq!(found, ["R9"]);
}

// ------------------------------------------------------------------ nonces

#[test]
fn a_transaction_of_somebody_else_with_our_key_is_found() {
    let found = found(|snapshot| {
        *chain(snapshot).nonces.values_mut().next().unwrap() = 12;
    });
    assert_eq!(found, ["R10"]);
}

#[test]
fn a_submission_seen_at_finality_that_the_account_did_not_send_is_found() {
    let found = found(|snapshot| {
        *chain(snapshot).nonces.values_mut().next().unwrap() = 8;
    });
    assert_eq!(found, ["R10"]);
}

#[test]
fn what_is_on_its_way_is_no_finding() {
    let found = found(|snapshot| {
        *chain(snapshot).nonces.values_mut().next().unwrap() = 11;
        snapshot.books.senders[0].submissions[3].1 = SubmissionEnd::Final(101);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_gap_between_nonces_is_found() {
    let gap = found(|snapshot| {
        snapshot.books.senders[0].submissions.remove(1);
    });
    assert_eq!(gap, ["R10"]);
    assert_eq!(
        found(|snapshot| snapshot.books.senders[0].next_nonce = 12),
        ["R10"]
    );
}

// ------------------------------------------------------------------ signers

#[test]
fn a_changed_row_of_an_audit_trail_is_found() {
    let found = found(|snapshot| {
        snapshot.signers.as_mut().unwrap()[1].broken_trail = Some("row 7".to_owned());
    });
    assert_eq!(found, ["R12"]);
}

#[test]
fn whatever_the_chain_accepted_without_our_signature_is_found() {
    let forgets = |forget: fn(&mut Snapshot)| found(forget);
    let intake = forgets(|snapshot| {
        let signers = snapshot.signers.as_mut().unwrap();
        signers[0].intakes.as_mut().unwrap().remove(&reference(3));
    });
    assert_eq!(intake, ["R12"]);
    let batch = forgets(|snapshot| {
        let signers = snapshot.signers.as_mut().unwrap();
        signers[0].batches.as_mut().unwrap().remove(&batch_id(2));
    });
    assert_eq!(batch, ["R12"]);
    let root = forgets(|snapshot| {
        let signers = snapshot.signers.as_mut().unwrap();
        signers[1].roots.as_mut().unwrap().clear();
    });
    assert_eq!(root, ["R12"]);
}

#[test]
fn a_stored_signature_that_no_signer_gave_is_found() {
    let found = found(|snapshot| {
        let open = batch(snapshot, 5);
        open.is_signed = true;
    });
    assert_eq!(found, ["R12"]);
}
