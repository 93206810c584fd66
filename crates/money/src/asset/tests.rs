//! Tests of `asset`.

use super::*;

#[test]
fn decimal_texts_become_base_units_exactly() {
    for (asset, text, base_units) in [
        (Asset::Bnb, "20", 20_000_000_000_000_000_000),
        (Asset::Bnb, "0.000000000000000001", 1),
        (Asset::Usdt, "1.5", 1_500_000),
        (Asset::Inr, "0.01", 1),
        (Asset::Inr, "0", 0),
    ] {
        assert_eq!(asset.parse_amount(text), Ok(Amount::new(base_units)));
        assert_eq!(asset.display_amount(Amount::new(base_units)), text);
    }
}

#[test]
fn what_is_no_plain_decimal_is_refused() {
    for text in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "1.2.3", "١"] {
        assert_eq!(
            Asset::Bnb.parse_amount(text),
            Err(AssetError::NotADecimal),
            "{text:?}"
        );
    }
    assert_eq!(
        Asset::Inr.parse_amount("0.001"),
        Err(AssetError::TooPrecise { decimals: 2 })
    );
    assert_eq!(
        Asset::Bnb.parse_amount(&"9".repeat(39)),
        Err(AssetError::Amount(AmountError::TooLarge))
    );
}
