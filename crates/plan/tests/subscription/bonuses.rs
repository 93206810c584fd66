//! The registration bonus.

use money::Amount;
use plan::subscription::Bonuses;

use crate::world::{bonus_terms, of, user};

#[test]
fn a_bonus_pays_a_tenth_of_a_purchase_and_at_most_one() {
    let terms = bonus_terms();
    for (price, usable) in [
        ("5", "0.5"),
        ("10", "1"),
        ("50", "1"),
        ("5000", "1"),
        ("0.000009", "0"),
    ] {
        assert_eq!(terms.usable(of(price)), of(usable), "{price}");
    }
}

#[test]
fn a_bonus_is_used_up_in_purchases_and_cannot_be_granted_twice() {
    let (terms, mut bonuses) = (bonus_terms(), Bonuses::default());
    assert_eq!(
        bonuses.spend(&terms, user(1), of("50"), of("100")).used,
        Amount::ZERO
    );
    assert_eq!(bonuses.grant(&terms, user(1)), of("10"));
    assert_eq!(bonuses.grant(&terms, user(1)), Amount::ZERO);
    for spent in 1..=10 {
        assert_eq!(
            bonuses.spend(&terms, user(1), of("50"), of("100")).used,
            of("1"),
            "{spent}"
        );
    }
    assert_eq!(
        bonuses.spend(&terms, user(1), of("50"), of("100")).used,
        Amount::ZERO
    );
    assert_eq!(bonuses.grant(&terms, user(1)), Amount::ZERO);
}

#[test]
fn what_the_fund_lacks_is_not_used_and_reported() {
    let (terms, mut bonuses) = (bonus_terms(), Bonuses::default());
    let _ = bonuses.grant(&terms, user(1));
    let used = bonuses.spend(&terms, user(1), of("50"), of("0.25"));
    assert_eq!((used.used, used.short), (of("0.25"), of("0.75")));
    assert_eq!(bonuses.left(user(1)), of("9.75"));
}

#[test]
fn refunds_undo_grants_and_uses_exactly() {
    let (terms, mut bonuses) = (bonus_terms(), Bonuses::default());
    let _ = bonuses.grant(&terms, user(1));
    let granted = bonuses.clone();
    let used = bonuses.spend(&terms, user(1), of("50"), of("100"));
    bonuses.give_back(user(1), used.used);
    assert_eq!(bonuses, granted);
    assert_eq!(bonuses.revoke(user(1)), of("10"));
    assert_eq!(bonuses, Bonuses::default());
}

#[test]
fn a_first_purchase_that_is_refunded_and_repeated_brings_no_second_bonus() {
    let (terms, mut bonuses) = (bonus_terms(), Bonuses::default());
    let mut used = Amount::ZERO;
    for _ in 0..30 {
        let _ = bonuses.grant(&terms, user(1));
        used = used
            .checked_add(bonuses.spend(&terms, user(1), of("50"), of("100")).used)
            .unwrap();
        let _ = bonuses.revoke(user(1));
    }
    assert_eq!(used, of("10"));
}
