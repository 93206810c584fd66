//! Names of funds, and the funds that they name.

use components::fund::{FundName, NAME_BYTES_MAX};
use ledger::Fund;

#[test]
fn a_name_has_one_to_32_plain_characters() {
    let check =
        |name: &str| FundName::check("ranks.fund", name).map_err(|refusal| (refusal.code, refusal.field));
    for good in ["a", "z9-_", &"f".repeat(NAME_BYTES_MAX)] {
        assert_eq!(
            check(good).map(|fund| fund.as_str().to_owned()),
            Ok(good.to_owned())
        );
    }
    for bad in ["", "A", "f f", "fünd", &"f".repeat(NAME_BYTES_MAX + 1)] {
        assert_eq!(
            check(bad),
            Err(("fund_malformed", "ranks.fund".to_owned())),
            "{bad}"
        );
    }
}

#[test]
fn a_fund_has_the_number_of_its_place_in_the_list() {
    let declared = ["first".to_owned(), "second".to_owned()];
    let mut fund = FundName::check("ranks.fund", "second").unwrap();
    assert_eq!(fund.number(), Fund::UNALLOCATED);
    fund.find("ranks.fund", &declared).unwrap();
    assert_eq!(fund.number(), Fund::new(2));
    let refusal = fund.find("ranks.fund", &declared[..1]).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.field.as_str()),
        ("unknown_reference", "ranks.fund")
    );
    let found: Vec<_> = [0, 254, 255].map(components::fund::numbered).into();
    assert_eq!(found, [Some(Fund::new(1)), Some(Fund::new(255)), None]);
}
