//! Payments towards a price: what was divided rightly, and each way in which it was not.

use audit::checks::{Part, Snapshot};
use ledger::{Account, Beneficiary, ClearingCause, Fund, Reason};
use money::Amount;

use crate::planting::{found_in, less, more};
use crate::world::{BNB, bookings, reference};

const CLEARING: Account = Account::Clearing(ClearingCause::UnexpectedIntake);
const COMPANY: Account = Account::Held(Beneficiary::Company);
const FUND: Account = Account::Held(Beneficiary::Fund(Fund::new(1)));

/// What is changed of a payment's parts.
type Change<'a> = &'a dyn Fn(&mut Vec<Part>);

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

fn found(number: u32, change: impl FnOnce(&mut Vec<Part>)) -> Vec<&'static str> {
    let mut snapshot = bookings();
    change(parts(&mut snapshot, number));
    found_in(&snapshot)
}

fn whole(credit: Account, amount: u128) -> Vec<Part> {
    vec![Part {
        credit,
        amount: Amount::new(amount),
        reason: Reason::Unexpected,
        recipient: None,
    }]
}

#[test]
fn payments_of_a_price_agree_and_what_is_not_outstanding_waits_in_clearing() {
    let mut snapshot = bookings();
    assert_eq!(found_in(&snapshot), Vec::<&str>::new());
    for (number, waits) in [
        (1, false),
        (101, false),
        (102, false),
        // Too little at first, and a unit too much in all.
        (4, true),
        (104, true),
        (106, true),
        // Paid after the registration went back.
        (103, false),
    ] {
        let parts = parts(&mut snapshot, number);
        assert_eq!(
            parts.iter().any(|part| part.credit == CLEARING),
            waits,
            "{number}"
        );
    }
}

#[test]
fn a_share_that_differs_is_found() {
    let find = |parts: &mut [Part], credit| parts.iter().position(|part| part.credit == credit).unwrap();
    let changes: [Change<'_>; 4] = [
        &|parts| {
            let (fund, company) = (find(parts, FUND), find(parts, COMPANY));
            less(&mut parts[fund].amount);
            more(&mut parts[company].amount);
        },
        &|parts| {
            let fund = find(parts, FUND);
            parts[fund].credit = Account::Held(Beneficiary::Fund(Fund::new(2)));
        },
        &|parts| {
            let company = find(parts, COMPANY);
            less(&mut parts[company].amount);
        },
        &|parts| parts.extend(whole(Account::Held(Beneficiary::Fund(Fund::new(3))), 1)),
    ];
    for change in changes {
        assert_eq!(found(101, change), ["R14"]);
    }
}

#[test]
fn what_was_outstanding_does_not_wait_and_what_was_not_is_not_divided() {
    let (first, second) = (5_000 * BNB, 95_000 * BNB);
    // A first payment, and one that pairs cannot have made too large.
    assert_eq!(found(1, |parts| *parts = whole(CLEARING, first)), ["R14"]);
    assert_eq!(
        found(102, |parts| *parts = whole(CLEARING, 39_999 * BNB - 1)),
        ["R14"]
    );
    // Pairs could have paid 7,000 by then: the attestor looks, not this check.
    assert_eq!(
        found(101, |parts| *parts = whole(CLEARING, second)),
        Vec::<&str>::new()
    );
    for (number, amount) in [(4, 499 * BNB), (106, 99_501 * BNB)] {
        assert_eq!(found(number, |parts| *parts = whole(COMPANY, amount)), ["R14"]);
    }
}
