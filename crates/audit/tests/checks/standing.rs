//! Faults of users, deposits, rewards, liabilities and configuration, and checks that cannot run.

use alloy_primitives::{Address, B256};
use audit::checks::{self, Check, DepositState, Event, Skip, Verdict};
use ledger::{Account, Beneficiary};
use money::Amount;

use crate::planting::{USERS, account, chain, found, found_in, has_s1, less, more, user};
use crate::world::{consistent, reference, wallet};

// ------------------------------------------------------------------ users and deposits

#[test]
fn a_user_without_an_event_is_found() {
    let found = found(|snapshot| {
        snapshot.events.users.remove(&wallet(39));
    });
    assert_eq!(found, ["R13"]);
}

#[test]
fn a_user_whom_the_contract_does_not_know_is_found() {
    assert_eq!(found(|snapshot| account(snapshot, 39).frozen_until = 0), ["R13"]);
}

#[test]
fn a_registration_that_the_ledger_missed_is_found() {
    let found = found(|snapshot| {
        let events = snapshot.events.users[&wallet(39)];
        snapshot.events.users.insert(Address::repeat_byte(1), events);
    });
    assert_eq!(found, ["R13"]);
}

#[test]
fn a_freeze_that_the_ledger_missed_is_found() {
    let found_with = |user, until| {
        found(move |snapshot| snapshot.books.users.get_mut(&user).unwrap().frozen_until = until)
    };
    assert_eq!(found_with(5, None), ["R13"]);
    assert_eq!(found_with(6, Some(1)), ["R13"]);
    assert_eq!(
        found(|snapshot| account(snapshot, 12).frozen_until = u64::MAX),
        ["R13"]
    );
}

#[test]
fn a_deposit_in_another_state_of_another_user_or_missing_is_found() {
    let changed =
        |change: fn(&mut checks::Deposit)| found(move |snapshot| change(&mut snapshot.books.deposits[20]));
    assert_eq!(changed(|deposit| deposit.state = DepositState::Held), ["R13"]);
    assert_eq!(changed(|deposit| deposit.deposit_ref = B256::ZERO), ["R13"]);
    let missed = found(|snapshot| {
        let event = snapshot.events.deposits[&reference(20)];
        snapshot.events.deposits.insert(B256::ZERO, event);
        let signers = snapshot.signers.as_mut().unwrap();
        signers[0].intakes.as_mut().unwrap().insert(B256::ZERO);
    });
    assert_eq!(missed, ["R13"]);
    let again = found(|snapshot| {
        snapshot.events.deposits.get_mut(&reference(20)).unwrap().intakes = 2;
    });
    assert_eq!(again, ["R13"]);
}

// ------------------------------------------------------------------ rewards

#[test]
fn a_payment_divided_otherwise_than_the_plan_says_is_found() {
    // Fact 20 is the registration of user 20; retopups follow after the registrations.
    for fact in [1, 5, 20, u64::from(USERS) + 3] {
        let changed = |change: fn(&mut checks::Split)| {
            found(move |snapshot| {
                let splits = &mut snapshot.books.splits;
                change(splits.iter_mut().find(|split| split.fact_seq == fact).unwrap());
            })
        };
        assert_eq!(
            changed(|split| more(&mut split.parts[0].amount)),
            ["R14"],
            "{fact}"
        );
        let moved = changed(|split| split.parts[0].credit = Account::Held(Beneficiary::User(user(33))));
        assert_eq!(moved, ["R14"], "{fact}");
        let about = changed(|split| split.parts[0].recipient = Some(33));
        assert_eq!(about, ["R14"], "{fact}");
        let missing = changed(|split| {
            split.parts.pop();
        });
        assert_eq!(missing, ["R14"], "{fact}");
    }
}

#[test]
fn a_place_that_was_not_the_next_is_found() {
    let found = found(|snapshot| {
        let node = snapshot.books.first_tier.remove(&(1, 3)).unwrap();
        snapshot.books.first_tier.insert((1, 9_999), node);
    });
    assert_eq!(found, ["R14"]);
}

// ------------------------------------------------------------------ liabilities

#[test]
fn a_changed_leaf_is_found() {
    let found = found(|snapshot| {
        let leaves = snapshot.books.roots[0].leaves.as_mut().unwrap();
        less(&mut leaves[0].entitled);
    });
    assert_eq!(found, ["R19"]);
}

#[test]
fn a_leaf_that_promises_more_than_its_user_is_entitled_to_is_found_and_stops_settlement() {
    let mut snapshot = consistent(USERS);
    let rows = &mut snapshot.books.users;
    less(&mut rows.get_mut(&8).unwrap().paid);
    assert_eq!(found_in(&snapshot), ["R9", "R19"]);
    assert!(has_s1(&crate::run(&snapshot)));
}

#[test]
fn a_published_total_extent_or_state_that_is_not_the_trees_is_found() {
    let changed = |change: fn(&mut checks::Root)| found(move |snapshot| change(&mut snapshot.books.roots[0]));
    assert_eq!(changed(|root| more(&mut root.total)), ["R19"]);
    assert_eq!(changed(|root| root.as_of_seq += 1), ["R19"]);
    assert_eq!(changed(|root| root.is_published = false), ["R19"]);
    assert_eq!(changed(|root| root.is_vetoed = true), ["R19"]);
}

#[test]
fn a_contract_with_another_root_or_total_is_found() {
    assert_eq!(found(|snapshot| chain(snapshot).latest_root = None), ["R19"]);
    assert_eq!(
        found(|snapshot| more(chain(snapshot).roots.values_mut().next().unwrap())),
        ["R19"]
    );
}

#[test]
fn a_root_that_we_never_built_is_found() {
    let found = found(|snapshot| {
        let root = B256::repeat_byte(0x77);
        let published = Event::RootPublished {
            root,
            total: Amount::new(1),
            as_of_seq: 1,
        };
        snapshot.events.take(&published, None);
        chain(snapshot).latest_root = Some(root);
        let signers = snapshot.signers.as_mut().unwrap();
        signers[1].roots.as_mut().unwrap().insert(root);
    });
    assert_eq!(found, ["R19"]);
}

// ------------------------------------------------------------------ configuration

#[test]
fn another_signer_or_code_is_found_and_stops_settlement() {
    let mut snapshot = consistent(USERS);
    chain(&mut snapshot)
        .configuration
        .insert("signer".to_owned(), "0xee".to_owned());
    assert_eq!(found_in(&snapshot), ["R21"]);
    assert!(has_s1(&crate::run(&snapshot)));
    let more = found(|snapshot| {
        chain(snapshot)
            .configuration
            .insert("second signer".to_owned(), "0xee".to_owned());
    });
    assert_eq!(more, ["R21"]);
}

#[test]
fn a_pause_is_reported_and_stops_nothing() {
    let mut snapshot = consistent(USERS);
    chain(&mut snapshot)
        .configuration
        .insert("paused".to_owned(), "true".to_owned());
    assert_eq!(found_in(&snapshot), ["R21"]);
    assert!(!has_s1(&crate::run(&snapshot)));
}

// ------------------------------------------------------------------ what cannot run

#[test]
fn without_the_contract_no_check_that_needs_it_passes() {
    let mut snapshot = consistent(USERS);
    let skip = Skip::HeadBehind {
        posted: 100,
        head: 99,
    };
    snapshot.chain = Err(skip.clone());
    let report = crate::run(&snapshot);
    let passed = report
        .verdicts
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Passed);
    let passed: Vec<&str> = passed.map(|(check, _)| check.id()).collect();
    assert_eq!(passed, ["R4", "R5", "R6", "R12", "R14"]);
    let skipped = report
        .verdicts
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Skipped(skip.clone()));
    assert_eq!(skipped.count(), 10);
    assert!(!crate::all_passed(&report));
    more(&mut snapshot.books.users.get_mut(&8).unwrap().paid);
    assert_eq!(
        found_in(&snapshot),
        ["R9"],
        "half a check can still find something"
    );
}

#[test]
fn without_the_signers_or_expectations_their_checks_are_skipped() {
    let mut snapshot = consistent(USERS);
    snapshot.signers = Err(Skip::NotConfigured("a signer's database"));
    snapshot.expected = Err(Skip::NotConfigured("the expected configuration"));
    let report = crate::run(&snapshot);
    let skipped = report
        .verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Skipped(_)));
    let skipped: Vec<&str> = skipped.map(|(check, _)| check.id()).collect();
    assert_eq!(skipped, ["R12", "R21"]);
}

#[test]
fn many_findings_of_one_check_are_counted_and_not_listed() {
    let mut snapshot = consistent(400);
    for account in chain(&mut snapshot).accounts.values_mut() {
        more(&mut account.paid);
    }
    let Verdict::Failed { findings, omitted } = checks::run_one(Check::Payments, &snapshot) else {
        panic!("nothing found");
    };
    assert_eq!(
        (findings.len(), omitted),
        (checks::FINDINGS_MAX, 401 - checks::FINDINGS_MAX)
    );
}
