//! Tests of `cap`.

use super::*;

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

fn of(units: u128) -> Amount {
    Amount::new(units)
}

fn caps() -> Caps {
    Caps::new(Some(CapTerms::check(&CapTable { multiple: 3 }).unwrap()))
}

#[test]
fn rewards_are_granted_up_to_the_cap_in_their_order() {
    let mut caps = caps();
    caps.invest(user(1), of(500));
    assert_eq!(caps.take(user(1), of(1_450)), of(1_450));
    assert_eq!(caps.room(user(1)), of(50));
    assert_eq!(caps.take(user(1), of(100)), of(50));
    assert_eq!(caps.take(user(1), of(100)), Amount::ZERO);
    caps.give_back(user(1), of(20));
    assert_eq!(caps.take(user(1), of(100)), of(20));
}

#[test]
fn who_paid_in_nothing_has_no_room() {
    let mut caps = caps();
    assert!(caps.is_missing(caps.stake(user(9))));
    assert_eq!(caps.take(user(9), of(1)), Amount::ZERO);
    assert_eq!(caps, self::caps());
}

#[test]
fn a_refund_after_rewards_leaves_no_room_and_an_excess() {
    let mut caps = caps();
    caps.invest(user(2), of(100));
    caps.invest(user(2), of(100));
    assert_eq!(caps.take(user(2), of(450)), of(450));
    caps.reduce_stake(user(2), of(100));
    assert_eq!((caps.room(user(2)), caps.over(user(2))), (Amount::ZERO, of(150)));
    caps.give_back(user(2), of(150));
    assert_eq!(
        (caps.room(user(2)), caps.over(user(2))),
        (Amount::ZERO, Amount::ZERO)
    );
    caps.give_back(user(2), of(300));
    caps.reduce_stake(user(2), of(100));
    assert_eq!(caps, self::caps());
}

#[test]
fn without_a_cap_everybody_has_room() {
    let mut caps = Caps::new(None);
    assert!(!caps.is_missing(caps.stake(user(1))));
    assert_eq!(caps.take(user(1), of(7)), of(7));
    assert_eq!((caps.earned(user(1)), caps.over(user(1))), (of(7), Amount::ZERO));
}

/// A change of the plan is a change for what was paid in before, too.
#[test]
fn other_terms_hold_for_everything_that_was_paid_in() {
    let mut caps = caps();
    caps.invest(user(1), of(100));
    assert_eq!(caps.take(user(1), of(1_000)), of(300));
    caps.set_terms(Some(CapTerms::check(&CapTable { multiple: 4 }).unwrap()));
    assert_eq!(caps.room(user(1)), of(100));
    caps.set_terms(None);
    assert_eq!(caps.take(user(1), of(1_000)), of(1_000));
}

#[test]
fn participants_are_told_the_multiple() {
    let found = CapTerms::check(&CapTable { multiple: 7 }).unwrap();
    let found = found.findings(Asset::Usdt);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code, found[0].severity),
        ("earnings_capped", Severity::Info)
    );
    assert_eq!(found[0].figures, [("cap_multiple", 7)]);
}

#[test]
fn a_multiple_is_a_number_from_1_to_100() {
    for multiple in [0, 101] {
        let refusal = CapTerms::check(&CapTable { multiple }).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field.as_str()),
            ("out_of_range", "cap.multiple")
        );
    }
}
