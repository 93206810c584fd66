//! Payments of a plan with amounts: what was divided rightly, and each way in which it was not.

use audit::checks::{Part, Snapshot};
use ledger::{Account, Beneficiary, BreakageCause, ClearingCause, Fund, Reason};
use money::Amount;

use crate::planting::{found_in, less, more, user};
use crate::world::{BNB, purchases, reference};

/// What is changed of a payment's parts.
type Change<'a> = &'a dyn Fn(&mut Vec<Part>);

/// Checks that find something after the parts of the payment with this number were changed.
fn found(number: u32, change: impl FnOnce(&mut Vec<Part>)) -> Vec<&'static str> {
    let mut snapshot = purchases();
    change(parts(&mut snapshot, number));
    found_in(&snapshot)
}

fn parts(snapshot: &mut Snapshot, number: u32) -> &mut Vec<Part> {
    let books = &mut snapshot.books;
    let deposit = books
        .deposits
        .iter()
        .find(|deposit| deposit.deposit_ref == reference(number));
    let fact = deposit.unwrap().fact_seq;
    let split = books.splits.iter_mut().find(|split| split.fact_seq == fact);
    &mut split.unwrap().parts
}

fn to(beneficiary: Beneficiary) -> Account {
    Account::Held(beneficiary)
}

fn part(parts: &mut [Part], credit: Account) -> &mut Part {
    parts.iter_mut().find(|part| part.credit == credit).unwrap()
}

#[test]
fn purchases_of_any_amount_agree_and_what_bought_nothing_waits_in_clearing() {
    let mut snapshot = purchases();
    assert_eq!(found_in(&snapshot), Vec::<&str>::new());
    let clearing = Account::Clearing(ClearingCause::UnexpectedIntake);
    for number in [104, 106] {
        assert_eq!(part(parts(&mut snapshot, number), clearing).credit, clearing);
    }
}

/// Moves a base unit from one part to another.
fn shift(parts: &mut [Part], from: Account, into: Account) {
    less(&mut part(parts, from).amount);
    more(&mut part(parts, into).amount);
}

/// Gives a part to a user.
fn give(part: &mut Part, number: u32) {
    part.credit = to(Beneficiary::User(user(number)));
    part.recipient = Some(number);
}

#[test]
fn a_share_that_is_too_small_or_somebody_elses_is_found() {
    let (first, second) = (to(Beneficiary::User(user(4))), to(Beneficiary::User(user(2))));
    let (fund, company) = (to(Beneficiary::Fund(Fund::new(1))), to(Beneficiary::Company));
    let changes: [Change<'_>; 9] = [
        &|parts| shift(parts, first, second),
        &|parts| shift(parts, first, company),
        // Beside the line, too far up, and nobody.
        &|parts| give(part(parts, first), 3),
        &|parts| give(part(parts, first), 2),
        &|parts| parts.retain(|part| part.credit != first),
        &|parts| part(parts, first).recipient = Some(3),
        // Another fund has the share of the fund, and of the company.
        &|parts| part(parts, fund).credit = to(Beneficiary::Fund(Fund::new(2))),
        &|parts| part(parts, company).credit = to(Beneficiary::Fund(Fund::new(2))),
        &|parts| {
            let more = Part {
                credit: first,
                amount: Amount::new(1),
                reason: Reason::Direct,
                recipient: Some(4),
            };
            parts.push(more);
        },
    ];
    for change in changes {
        assert_eq!(found(5, change), ["R14"]);
    }
}

#[test]
fn an_upline_without_the_directs_of_a_generation_or_who_is_gone_gets_nothing_of_it() {
    // User 2 has one direct, and generation 3 needs two; the registration of user 6 went back.
    for (number, generation, upline, cause) in [
        (6, 3, 2, BreakageCause::Unqualified),
        (7, 1, 6, BreakageCause::Refunded),
    ] {
        let unqualified = |parts: &mut Vec<Part>| {
            let reason = Reason::Generation(generation);
            let missed = parts.iter_mut().find(|part| part.reason == reason).unwrap();
            assert_eq!(missed.credit, to(Beneficiary::Breakage(cause)));
            give(missed, upline);
        };
        assert_eq!(found(number, unqualified), ["R14"]);
    }
}

#[test]
fn what_buys_nothing_is_not_divided_and_what_is_sold_does_not_wait() {
    let clearing = |amount: u128| Part {
        credit: Account::Clearing(ClearingCause::UnexpectedIntake),
        amount: Amount::new(amount),
        reason: Reason::Unexpected,
        recipient: None,
    };
    let company = |amount: u128| Part {
        credit: to(Beneficiary::Company),
        reason: Reason::CompanyShare,
        ..clearing(amount)
    };
    assert_eq!(found(2, |parts| *parts = vec![clearing(100 * BNB)]), ["R14"]);
    assert_eq!(found(104, |parts| *parts = vec![company(7 * BNB)]), ["R14"]);
    assert_eq!(found(104, |parts| *parts = vec![clearing(7 * BNB - 1)]), ["R14"]);
    // Who was refunded buys nothing.
    assert_eq!(found(106, |parts| *parts = vec![company(50 * BNB)]), ["R14"]);
}
