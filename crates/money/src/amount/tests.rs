//! Tests of `amount`.

use super::*;

#[test]
fn arithmetic_refuses_what_does_not_fit() {
    let largest = Amount::new(u128::MAX);
    assert_eq!(largest.checked_add(Amount::new(1)), Err(AmountError::TooLarge));
    assert_eq!(largest.checked_mul(2), Err(AmountError::TooLarge));
    assert_eq!(
        Amount::ZERO.checked_sub(Amount::new(1)),
        Err(AmountError::Negative)
    );
    assert_eq!(Amount::new(3).saturating_sub(Amount::new(5)), Amount::ZERO);
    assert_eq!(Amount::new(3).checked_add(Amount::new(5)), Ok(Amount::new(8)));
}

#[test]
fn a_proportion_is_exact_beyond_128_bits() {
    let of = |units, part, whole| {
        Amount::new(units)
            .proportion(Amount::new(part), Amount::new(whole))
            .base_units()
    };
    assert_eq!(of(18, 12, 20), 10);
    assert_eq!(of(u128::MAX, u128::MAX - 1, u128::MAX), u128::MAX - 1);
    assert_eq!(of(u128::MAX, 1, 2), u128::MAX / 2);
    assert_eq!(of(7, 9, 8), 7);
    assert_eq!(of(7, 0, 0), 0);
    assert_eq!(of(7, 0, 8), 0);
}

#[test]
fn only_canonical_integers_are_read() {
    for (text, expected) in [
        ("0", Ok(Amount::ZERO)),
        (
            "20000000000000000000",
            Ok(Amount::new(20_000_000_000_000_000_000)),
        ),
        (
            "340282366920938463463374607431768211455",
            Ok(Amount::new(u128::MAX)),
        ),
        (
            "340282366920938463463374607431768211456",
            Err(AmountError::TooLarge),
        ),
        ("", Err(AmountError::NotAnInteger)),
        ("00", Err(AmountError::NotAnInteger)),
        ("01", Err(AmountError::NotAnInteger)),
        ("+1", Err(AmountError::NotAnInteger)),
        ("-1", Err(AmountError::NotAnInteger)),
        ("1.0", Err(AmountError::NotAnInteger)),
        ("1e3", Err(AmountError::NotAnInteger)),
        (" 1", Err(AmountError::NotAnInteger)),
        ("0x10", Err(AmountError::NotAnInteger)),
        ("١", Err(AmountError::NotAnInteger)),
    ] {
        assert_eq!(text.parse::<Amount>(), expected, "{text:?}");
    }
}
