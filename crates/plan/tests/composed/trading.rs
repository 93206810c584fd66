//! Histories in which months pass, funds are full, and few people pay, order, convert and send back: commissions, pairs and ranks are
//! paid, taxed, released and taken back.

use histories::Step;
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn any_trading(steps: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let pick = 0usize..1_000;
    // The amounts that a plan likes best.
    let liked = (0usize..2).prop_map(|pick| pick * 3);
    let percent = || prop_oneof![2 => Just(100u128), 1 => 1u128..110];
    let step = prop_oneof![
        6 => (pick.clone(), liked.clone(), 0u32..20)
            .prop_map(|(sponsor, amount, days)| Step::Register { sponsor, amount, days }),
        4 => (pick.clone(), liked.clone(), 0u32..40)
            .prop_map(|(user, amount, days)| Step::Pay { user, amount, days }),
        2 => pick.clone().prop_map(|deposit| Step::Refund { deposit }),
        6 => (prop_oneof![1u32..8, 20u32..35], 0u8..3).prop_map(|(days, order)| Step::Pass { days, order }),
        1 => (0u8..3, percent()).prop_map(|(fund, percent)| Step::Allocate { fund, percent }),
        2 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Withdraw { user, percent }),
        1 => (pick.clone(), 0u8..5).prop_map(|(user, which)| Step::Know { user, which }),
        8 => (pick.clone(), 0u8..9, liked, 0u32..20)
            .prop_map(|(user, customer, amount, days)| Step::Order { user, customer, amount, days }),
        2 => (pick.clone(), percent()).prop_map(|(order, percent)| Step::Return { order, percent }),
        6 => (1u32..3, any::<bool>()).prop_map(|(back, release)| Step::Period { back, release }),
        4 => (pick.clone(), 0u8..40, 90_000_000u64..200_000_000)
            .prop_map(|(user, referee, amount)| Step::Convert { user, referee, amount }),
        2 => (pick.clone(), percent()).prop_map(|(conversion, percent)| Step::Unconvert { conversion, percent }),
        1 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Correct { user, percent }),
        1 => (pick, 1u128..101).prop_map(|(user, percent)| Step::Claim { user, percent }),
        1 => (0usize..3).prop_map(|version| Step::Change { version }),
    ];
    let rich = [
        Step::Fund { amount: 500_000_000 },
        Step::Allocate { fund: 1, percent: 30 },
        Step::Allocate { fund: 2, percent: 30 },
    ];
    vec(step, steps).prop_map(move |steps| [rich.to_vec(), steps].concat())
}
