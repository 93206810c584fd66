//! Payments of a plan with amounts: what was divided rightly, and each way in which it was not.

use audit::checks::{Part, Snapshot};
use ledger::{Account, Beneficiary, BreakageCause, ClearingCause, Fund, Reason};
use money::Amount;

use crate::planting::{found_in, less, more, user};
use crate::world::{BNB, purchases, reference};

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

#[test]
fn a_share_that_is_too_small_or_somebody_elses_is_found() {
    let sponsor = to(Beneficiary::User(user(4)));
    for change in [
        // The sponsor's share goes to the company in part, to somebody beside the line, or to nobody.
        (|parts: &mut Vec<Part>, sponsor| {
            less(&mut part(parts, sponsor).amount);
            more(&mut part(parts, to(Beneficiary::Company)).amount);
        }) as fn(&mut Vec<Part>, Account),
        |parts, sponsor| part(parts, sponsor).credit = to(Beneficiary::User(user(3))),
        |parts, sponsor| part(parts, sponsor).credit = to(Beneficiary::User(user(2))),
        |parts, sponsor| parts.retain(|part| part.credit != sponsor),
        |parts, sponsor| part(parts, sponsor).recipient = Some(3),
        // The fund's share goes to the company.
        |parts, _| {
            less(&mut part(parts, to(Beneficiary::Fund(Fund::new(1)))).amount);
            more(&mut part(parts, to(Beneficiary::Company)).amount);
        },
        // The company's share is missing, or something is added.
        |parts, _| less(&mut part(parts, to(Beneficiary::Company)).amount),
        |parts, sponsor| {
            let extra = Part {
                credit: sponsor,
                amount: Amount::new(1),
                reason: Reason::Direct,
                recipient: Some(4),
            };
            parts.push(extra);
        },
    ] {
        assert_eq!(found(5, |parts| change(parts, sponsor)), ["R14"]);
    }
}

#[test]
fn an_upline_without_the_directs_of_a_generation_or_who_is_gone_gets_nothing_of_it() {
    // User 2 has one direct, and generation 3 needs two.
    let unqualified = |parts: &mut Vec<Part>| {
        let missed = parts.iter_mut().find(|part| part.reason == Reason::Generation(3));
        let missed = missed.unwrap();
        assert_eq!(
            missed.credit,
            to(Beneficiary::Breakage(BreakageCause::Unqualified))
        );
        missed.credit = to(Beneficiary::User(user(2)));
    };
    assert_eq!(found(6, unqualified), ["R14"]);
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
