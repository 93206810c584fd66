//! Faults of sums: contract against events, ledger against events, and the ledger by itself.

use audit::checks::{self, Check, Event};
use ledger::{Account, Beneficiary};
use money::Amount;

use crate::planting::{
    USERS, chain, counters, found, found_in, found_in_logs, has_s1, less, more, position, post, user,
};
use crate::world::{BNB, consistent, wallet};

// ------------------------------------------------------------------ contract against events

#[test]
fn one_wei_missing_in_the_contract_is_found_by_its_balance() {
    assert_eq!(found(|snapshot| less(&mut chain(snapshot).balance)), ["R1"]);
}

#[test]
fn one_wei_of_forced_ether_is_a_surplus_of_low_severity_and_stops_nothing() {
    let mut snapshot = consistent(USERS);
    more(&mut chain(&mut snapshot).balance);
    let report = crate::run(&snapshot);
    let finding = report.findings().next().unwrap();
    assert_eq!(
        (finding.check, finding.severity),
        (Check::Surplus, checks::Severity::S3)
    );
    assert_eq!(found_in(&snapshot), ["R1b"]);
    assert!(!has_s1(&report));
    assert!(!crate::all_passed(&report));
}

#[test]
fn every_one_of_the_contracts_sums_is_compared() {
    assert_eq!(found(|snapshot| more(&mut chain(snapshot).totals.pushed)), ["R2"]);
    assert_eq!(
        found(|snapshot| less(&mut chain(snapshot).totals.claimed)),
        ["R2"]
    );
    assert_eq!(
        found(|snapshot| more(&mut chain(snapshot).totals.credited)),
        ["R2"]
    );
    assert_eq!(
        found(|snapshot| less(&mut chain(snapshot).totals.escrowed)),
        ["R2"]
    );
}

#[test]
fn a_journal_that_is_longer_than_ours_is_found() {
    assert_eq!(found(|snapshot| chain(snapshot).journal.0 += 1), ["R3"]);
}

#[test]
fn a_journal_with_another_root_is_found() {
    assert_eq!(found(|snapshot| chain(snapshot).journal.1.0[0] ^= 1), ["R3"]);
}

#[test]
fn an_entry_that_is_recorded_and_not_posted_is_found() {
    assert_eq!(found(|snapshot| snapshot.position.chain_seq -= 1), ["R3"]);
}

#[test]
fn a_log_that_cannot_be_read_is_found() {
    let unreadable = "log 3 of block 7".to_owned();
    assert_eq!(
        found(|snapshot| snapshot.events.unreadable.push(unreadable)),
        ["R3"]
    );
}

#[test]
fn a_missing_governance_log_is_found_by_the_journal_alone() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, |event| matches!(event, Event::Governance)));
    });
    assert_eq!(found, ["R3"]);
}

#[test]
fn a_missing_log_in_the_middle_breaks_every_root_after_it() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, |event| {
            matches!(event, Event::UserUnfrozen { .. })
        }));
    });
    // The freeze that it lifted stands, too.
    assert_eq!(found, ["R3", "R13"]);
}

#[test]
fn a_missing_registration_log_is_found_wherever_it_ought_to_be() {
    let found = found_in_logs(|logs| {
        logs.remove(position(
            logs,
            |event| matches!(event, Event::Registered { user, .. } if *user == wallet(20)),
        ));
    });
    // Balance, escrow at the contract (R2) and in the ledger (R4), the user and the deposit.
    assert_eq!(found, ["R1b", "R2", "R3", "R4", "R13"]);
}

#[test]
fn a_missing_funding_log_is_money_of_which_no_event_speaks() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, |event| matches!(event, Event::Funded { .. })));
    });
    assert_eq!(found, ["R1b", "R3", "R4"]);
}

#[test]
fn a_missing_payout_log_is_found_by_sums_batch_and_user() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, |event| {
            matches!(event, Event::PayoutExecuted { .. })
        }));
    });
    assert_eq!(found, ["R1", "R2", "R4", "R8", "R9"]);
}

#[test]
fn a_payout_log_recorded_twice_is_found_by_sums_batch_and_user() {
    let found = found_in_logs(|logs| {
        let at = position(logs, |event| matches!(event, Event::PayoutExecuted { .. }));
        logs.insert(at, logs[at]);
    });
    assert_eq!(found, ["R1b", "R2", "R4", "R8", "R9"]);
}

#[test]
fn a_missing_skip_log_moves_no_money_and_is_found_by_the_batch() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, |event| {
            matches!(event, Event::PayoutSkipped { .. })
        }));
    });
    assert_eq!(found, ["R8"]);
}

#[test]
fn a_payout_log_about_another_user_is_found_by_batch_and_users() {
    let found = found_in_logs(|logs| {
        let at = position(logs, |event| matches!(event, Event::PayoutExecuted { .. }));
        if let Event::PayoutExecuted { user, .. } = &mut logs[at].0 {
            *user = wallet(30);
        }
    });
    assert_eq!(found, ["R8", "R9"]);
}

#[test]
fn a_payout_log_of_another_amount_is_found_by_sums_batch_and_user() {
    let found = found_in_logs(|logs| {
        let at = position(logs, |event| matches!(event, Event::PayoutExecuted { .. }));
        if let Event::PayoutExecuted { amount, .. } = &mut logs[at].0 {
            more(amount);
        }
    });
    assert_eq!(found, ["R1b", "R2", "R4", "R8", "R9"]);
}

// ------------------------------------------------------------------ ledger against events

#[test]
fn one_wei_more_in_the_ledgers_custody_is_found_by_events_double_entry_and_transfers() {
    let found = found(|snapshot| more(&mut counters(snapshot, Account::Custody).debits_posted));
    // Debits no longer equal credits, and the counter is not the sum of its transfers: both are R5.
    assert_eq!(found, ["R4", "R5"]);
}

#[test]
fn a_funding_posted_with_another_amount_balances_and_is_found_by_custody_alone() {
    let found = found(|snapshot| {
        post(
            snapshot,
            Account::Custody,
            Account::Revenue(ledger::Fund::UNALLOCATED),
            1,
        );
    });
    assert_eq!(found, ["R4"]);
}

#[test]
fn held_money_released_too_early_is_found_by_custody_alone() {
    let held = Account::Held(Beneficiary::Company);
    let found = found(|snapshot| post(snapshot, held, Account::Company, 1));
    assert_eq!(found, ["R4"]);
}

#[test]
fn a_changed_counter_of_an_account_of_nobody_is_found_by_double_entry() {
    assert_eq!(
        found(|snapshot| more(
            &mut counters(snapshot, Account::Revenue(ledger::Fund::UNALLOCATED)).credits_posted
        )),
        ["R5"]
    );
}

#[test]
fn two_changed_counters_that_cancel_out_are_found_by_the_transfers() {
    let found = found(|snapshot| {
        more(&mut counters(snapshot, Account::Revenue(ledger::Fund::UNALLOCATED)).credits_posted);
        more(&mut counters(snapshot, Account::Company).debits_posted);
    });
    assert_eq!(found, ["R5"]);
}

#[test]
fn two_changed_counters_that_cancel_out_pass_when_transfers_were_not_summed() {
    let found = found(|snapshot| {
        snapshot.books.recount = None;
        more(&mut counters(snapshot, Account::Revenue(ledger::Fund::UNALLOCATED)).credits_posted);
        more(&mut counters(snapshot, Account::Company).debits_posted);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn pending_debits_without_pending_credits_are_found_by_double_entry() {
    assert_eq!(
        found(|snapshot| more(&mut counters(snapshot, Account::Custody).credits_pending)),
        ["R5"]
    );
}

#[test]
fn an_overdrawn_account_is_found_by_double_entry() {
    let found = found(|snapshot| {
        snapshot.books.recount = None;
        for (account, amount) in [
            (Account::Available(user(12)), 1_000 * BNB),
            (Account::Available(user(13)), 0),
        ] {
            let row = counters(snapshot, account);
            row.debits_posted = row.debits_posted.checked_add(Amount::new(amount)).unwrap();
        }
        let row = counters(snapshot, Account::Company);
        row.credits_posted = row.credits_posted.checked_add(Amount::new(1_000 * BNB)).unwrap();
    });
    // What was taken from the user's account is missing for what the tree promised to the user.
    assert_eq!(found, ["R5", "R19"]);
}

#[test]
fn a_user_made_richer_at_the_companys_cost_is_found_by_the_transfers() {
    let found = found(|snapshot| {
        more(&mut counters(snapshot, Account::Available(user(12))).credits_posted);
        more(&mut counters(snapshot, Account::Company).debits_posted);
    });
    assert_eq!(found, ["R5", "R6"]);
}

#[test]
fn users_owed_more_than_custody_has_are_found_by_solvency() {
    let amount = 1_000_000 * BNB;
    let rich = Account::Available(user(12));
    let found = found(|snapshot| post(snapshot, Account::Company, rich, amount));
    assert_eq!(found, ["R6"]);
}
