//! Tests of `balance`.

use super::*;
use crate::{Account, Beneficiary, Leg, Movement, Reason, UserId};

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

fn transfer(debit: Account, credit: Account, amount: u128, phase: Phase) -> Transfer {
    let leg = Leg {
        debit,
        credit,
        amount: Amount::new(amount),
        reason: Reason::Direct,
        recipient: None,
        source: None,
        movement: Movement::Single,
    };
    Transfer {
        phase,
        ..leg.at(1, 0)
    }
}

#[test]
fn debits_equal_credits_over_all_accounts() {
    let held = Account::Held(Beneficiary::User(user(1)));
    let transfers = [
        transfer(Account::Custody, held, 18, Phase::Single),
        transfer(Account::Custody, Account::Company, 2, Phase::Single),
        transfer(held, Account::Available(user(1)), 18, Phase::Single),
    ];
    let changes = fold(&transfers).unwrap();
    let debits = Amount::sum_of(changes.values().map(|change| change.debits_posted)).unwrap();
    let credits = Amount::sum_of(changes.values().map(|change| change.credits_posted)).unwrap();
    assert_eq!((debits, credits), (Amount::new(38), Amount::new(38)));
}

#[test]
fn a_hold_counts_against_what_may_be_given() {
    let available = Account::Available(user(1)).id();
    let ten = Balance {
        credits_posted: Amount::new(10),
        ..Balance::default()
    };
    let hold = transfer(
        Account::Available(user(1)),
        Account::InTransit(user(1)),
        8,
        Phase::Pending,
    );
    let changes = fold([&hold]).unwrap();
    let held = ten.after(available, &changes[&available]).unwrap();
    assert_eq!(held.debits_pending, Amount::new(8));

    let more = transfer(Account::Available(user(1)), Account::Custody, 3, Phase::Single);
    let changes = fold([&more]).unwrap();
    assert_eq!(
        held.after(available, &changes[&available]),
        Err(FoldError::Overdrawn { account: available })
    );

    let post = transfer(
        Account::Available(user(1)),
        Account::InTransit(user(1)),
        5,
        Phase::Post,
    );
    let void = transfer(
        Account::Available(user(1)),
        Account::InTransit(user(1)),
        3,
        Phase::Void,
    );
    let changes = fold([&post, &void]).unwrap();
    let after = held.after(available, &changes[&available]).unwrap();
    assert_eq!(
        (after.debits_posted, after.debits_pending),
        (Amount::new(5), Amount::ZERO)
    );
    assert_eq!(after.net(Side::Credit), Amount::new(5));
}

#[test]
fn more_cannot_be_released_than_is_held() {
    let void = transfer(
        Account::Available(user(1)),
        Account::InTransit(user(1)),
        1,
        Phase::Void,
    );
    let changes = fold([&void]).unwrap();
    let id = Account::Available(user(1)).id();
    let error = Balance::default().after(id, &changes[&id]).unwrap_err();
    assert_eq!(
        error,
        FoldError::Counter {
            account: id,
            source: AmountError::Negative
        }
    );
}
