//! Tests of `account`.

use super::*;
use proptest::prelude::*;

fn any_account() -> impl Strategy<Value = Account> {
    let user = (1..=i32::MAX as u32).prop_map(|n| UserId::new(n).unwrap());
    let tree = (1..=i32::MAX as u32).prop_map(|n| TreeNumber::new(n).unwrap());
    let tier = (1..=Tier::MAX).prop_map(|n| Tier::new(n).unwrap());
    let breakage = proptest::sample::select(BreakageCause::ALL.to_vec());
    let clearing = proptest::sample::select(ClearingCause::ALL.to_vec());
    (0..19usize, user, tree, tier, breakage, clearing, any::<u8>()).prop_map(
        |(which, user, tree, tier, breakage, clearing, fund)| {
            let fund = Fund::new(fund);
            match which {
                0 => Account::Custody,
                1 => Account::Held(Beneficiary::User(user)),
                2 => Account::Held(Beneficiary::Company),
                3 => Account::Held(Beneficiary::Residual(tier, tree)),
                4 => Account::Held(Beneficiary::Breakage(breakage)),
                5 => Account::Available(user),
                6 => Account::InTransit(user),
                7 => Account::Reserve(user, tier),
                8 => Account::Receivable(user),
                9 => Account::Company,
                10 => Account::Credit(user),
                11 => Account::Residual(tier, tree),
                12 => Account::Breakage(breakage),
                13 => Account::Revenue(fund),
                14 => Account::Tax,
                15 => Account::Held(Beneficiary::Fund(fund)),
                16 => Account::Deferred(user),
                17 => Account::Wallet(user),
                _ => Account::Clearing(clearing),
            }
        },
    )
}

proptest! {
    #[test]
    fn every_account_comes_back_from_its_id(account in any_account()) {
        prop_assert!(account.id().get() > 0);
        prop_assert_eq!(account.id().account(), Some(account));
    }

    #[test]
    fn a_number_names_at_most_one_account(number: i64) {
        if let Some(id) = AccountId::new(number) {
            prop_assert_eq!(id.account().unwrap().id(), id);
        }
    }
}

#[test]
fn numbers_that_name_nothing_are_refused() {
    for number in [
        0,
        -1,
        1,
        3 << 56,
        (16 << 56) | 1,
        (14 << 56) | (1 << 32) | 1,
        (3 << 56) | (1 << 32) | 1,
        i64::MAX,
    ] {
        assert_eq!(AccountId::new(number), None, "{number:#x}");
    }
}
