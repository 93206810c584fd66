//! Random facts, sensible or not.

use money::Amount;
use plan::{Day, DepositId, Fact, ReserveChoice, Tier, UserId};
use proptest::prelude::*;

/// Facts that no source would send beside some that could be: small ids often exist.
pub(crate) fn any_fact() -> impl Strategy<Value = Fact> {
    let ids = prop_oneof![9 => 1u32..20, 1 => 1u32..=i32::MAX as u32];
    let user = ids.clone().prop_map(|id| UserId::new(id).unwrap());
    let deposit = ids.prop_map(|id| DepositId::new(id).unwrap());
    let bnb = 1_000_000_000_000_000_000u128;
    let amount = prop_oneof![Just(20 * bnb), Just(40 * bnb), Just(0), 0..60 * bnb].prop_map(Amount::new);
    let day = prop_oneof![9 => 0u32..9, 1 => any::<u32>()].prop_map(Day::new);
    let tier = (1u8..=60).prop_map(|tier| Tier::new(tier).unwrap());
    let choice = proptest::sample::select(vec![ReserveChoice::In, ReserveChoice::Out]);
    (
        0..12,
        user.clone(),
        proptest::option::of(user),
        deposit,
        amount,
        (any::<u128>(), day, tier, choice),
    )
        .prop_map(
            |(which, user, sponsor, deposit, amount, (huge, day, tier, choice))| match which {
                0..=2 => Fact::Registered {
                    user,
                    sponsor,
                    deposit,
                    amount,
                    day,
                },
                3..=4 => Fact::RetoppedUp {
                    user,
                    deposit,
                    amount,
                    day,
                },
                5 => Fact::Refunded { deposit, amount },
                6 => Fact::EscrowMatured {
                    through: day,
                    amount: Amount::new(huge),
                },
                7 => Fact::ReserveChosen { user, tier, choice },
                8 => Fact::Corrected {
                    user,
                    amount: Amount::new(huge),
                },
                9 => Fact::Frozen {
                    user,
                    until: u64::MAX,
                },
                10 => Fact::UnexpectedIntake {
                    amount: Amount::new(huge),
                },
                _ => Fact::UnexpectedRefund {
                    amount: Amount::new(huge),
                },
            },
        )
}
