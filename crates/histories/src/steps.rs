//! Steps of random histories: intentions, without the references and figures that only the book has.

use plan::Day;
use proptest::collection::vec;
use proptest::prelude::*;

/// What someone wants. Numbers are places in lists, taken modulo their lengths.
#[derive(Clone, Debug)]
pub enum Step {
    Register {
        sponsor: usize,
        amount: usize,
        days: u32,
    },
    Pay {
        user: usize,
        amount: usize,
        days: u32,
    },
    Refund {
        deposit: usize,
    },
    /// So many days pass: the chain matures, the plan's days end, in this order, the other, or only one.
    Pass {
        days: u32,
        order: u8,
    },
    EndOddly {
        day: u32,
    },
    Fund {
        amount: u64,
    },
    Allocate {
        fund: u8,
        percent: u128,
    },
    Withdraw {
        user: usize,
        percent: u128,
    },
    Know {
        user: usize,
        which: u8,
    },
    Order {
        user: usize,
        customer: u8,
        amount: usize,
        days: u32,
    },
    Return {
        order: usize,
        percent: u128,
    },
    /// So many periods before that of the last day.
    Period {
        back: u32,
        release: bool,
    },
    Convert {
        user: usize,
        referee: u8,
        amount: u64,
    },
    Unconvert {
        conversion: usize,
        percent: u128,
    },
    Correct {
        user: usize,
        percent: u128,
    },
    Claim {
        user: usize,
        percent: u128,
    },
    Treasury {
        percent: u128,
    },
    Change {
        version: usize,
    },
    Extreme {
        which: u8,
        user: usize,
        amount: u128,
        number: u32,
    },
}

/// Steps of which payments and days are most.
pub fn any_history(steps: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let pick = 0usize..1_000;
    let percent = || prop_oneof![2 => Just(100u128), 2 => 1u128..100, 1 => 100u128..120];
    let step = prop_oneof![
        12 => (pick.clone(), pick.clone(), 0u32..30)
            .prop_map(|(sponsor, amount, days)| Step::Register { sponsor, amount, days }),
        8 => (pick.clone(), pick.clone(), 0u32..30)
            .prop_map(|(user, amount, days)| Step::Pay { user, amount, days }),
        4 => pick.clone().prop_map(|deposit| Step::Refund { deposit }),
        12 => (prop_oneof![4 => 1u32..5, 1 => 5u32..40], 0u8..6).prop_map(|(days, order)| Step::Pass { days, order }),
        1 => prop_oneof![Just(0), Just(u32::MAX), any::<u32>()].prop_map(|day| Step::EndOddly { day }),
        4 => prop_oneof![1u64..5_000_000, 1u64..100_000_000_000].prop_map(|amount| Step::Fund { amount }),
        5 => (0u8..5, percent()).prop_map(|(fund, percent)| Step::Allocate { fund, percent }),
        4 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Withdraw { user, percent }),
        3 => (pick.clone(), 0u8..5).prop_map(|(user, which)| Step::Know { user, which }),
        5 => (pick.clone(), 0u8..9, pick.clone(), 0u32..40)
            .prop_map(|(user, customer, amount, days)| Step::Order { user, customer, amount, days }),
        3 => (pick.clone(), percent()).prop_map(|(order, percent)| Step::Return { order, percent }),
        4 => (0u32..3, any::<bool>()).prop_map(|(back, release)| Step::Period { back, release }),
        5 => (pick.clone(), 0u8..40, 50_000_000u64..300_000_000)
            .prop_map(|(user, referee, amount)| Step::Convert { user, referee, amount }),
        2 => (pick.clone(), percent()).prop_map(|(conversion, percent)| Step::Unconvert { conversion, percent }),
        1 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Correct { user, percent }),
        2 => (pick.clone(), 1u128..101).prop_map(|(user, percent)| Step::Claim { user, percent }),
        2 => (1u128..101).prop_map(|percent| Step::Treasury { percent }),
        1 => (0usize..3).prop_map(|version| Step::Change { version }),
    ];
    vec(step, steps)
}

/// Few users who pay often, full funds and weeks that pass: caps are reached and subscriptions end.
pub fn any_busy_history(steps: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let pick = 0usize..1_000;
    let percent = || prop_oneof![2 => Just(100u128), 1 => 1u128..110];
    let step = prop_oneof![
        4 => (pick.clone(), pick.clone(), 0u32..40)
            .prop_map(|(sponsor, amount, days)| Step::Register { sponsor, amount, days }),
        8 => (pick.clone(), pick.clone(), 0u32..40)
            .prop_map(|(user, amount, days)| Step::Pay { user, amount, days }),
        4 => pick.clone().prop_map(|deposit| Step::Refund { deposit }),
        5 => (prop_oneof![2 => 1u32..5, 1 => 5u32..50], 0u8..6).prop_map(|(days, order)| Step::Pass { days, order }),
        1 => prop_oneof![1u64..50_000_000, 1u64..20_000_000_000].prop_map(|amount| Step::Fund { amount }),
        2 => (prop_oneof![2 => Just(1u8), 1 => Just(3)], percent())
            .prop_map(|(fund, percent)| Step::Allocate { fund, percent }),
        1 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Withdraw { user, percent }),
        1 => pick.clone().prop_map(|user| Step::Know { user, which: 0 }),
        1 => (pick.clone(), percent()).prop_map(|(user, percent)| Step::Correct { user, percent }),
        1 => (pick, 1u128..101).prop_map(|(user, percent)| Step::Claim { user, percent }),
        1 => (0usize..3).prop_map(|version| Step::Change { version }),
    ];
    let rich = vec![
        Step::Fund {
            amount: 50_000_000_000,
        },
        Step::Allocate { fund: 1, percent: 50 },
    ];
    vec(step, steps).prop_map(move |steps| [rich.clone(), steps].concat())
}

/// Histories with commands and amounts that no source should send.
pub fn any_hostile_history(steps: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![
        Just(u128::MAX),
        Just((1u128 << 96) - 1),
        Just(1u128 << 96),
        Just(0),
        any::<u128>(),
    ];
    let number = prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(Day::LAST.get()),
        Just(Day::LAST.get() - 1),
        Just(Day::LAST.get() + 1),
        any::<u32>()
    ];
    let extreme = (any::<u8>(), 0usize..1_000, amount, number).prop_map(|(which, user, amount, number)| {
        Step::Extreme {
            which,
            user,
            amount,
            number,
        }
    });
    (any_history(1..40), vec(extreme, steps), any_history(1..40))
        .prop_map(|(before, extreme, after)| [before, extreme, after].concat())
}
