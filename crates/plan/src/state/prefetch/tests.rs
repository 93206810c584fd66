//! Tests of `ahead`.

use super::*;
use crate::workload::Workload;
use crate::{Day, DepositId, compile};
use money::Amount;

/// Purchases of a few users again and again, and what matures of them.
fn purchases() -> Vec<Fact> {
    let (mut facts, mut taken) = (Vec::new(), [Amount::ZERO; 50]);
    for number in 1..=2_000u32 {
        let deposit = DepositId::new(number).unwrap();
        let amount = Amount::new(50_000_000 + u128::from(number % 7) * 1_000_000);
        let today = number / 40;
        if number % 40 == 0 && today >= 4 {
            facts.push(Fact::EscrowMatured {
                through: Day::new(today),
                amount: taken[today as usize - 4],
            });
        }
        if let Some(sum) = taken.get_mut(today as usize) {
            *sum = sum.checked_add(amount).unwrap();
        }
        let day = Day::new(today + 4);
        facts.push(if number % 3 == 1 {
            let user = number / 3 + 1;
            Fact::Registered {
                user: UserId::new(user).unwrap(),
                sponsor: UserId::new(user - user.div_ceil(4)),
                deposit,
                amount,
                day,
            }
        } else {
            let user = UserId::new(1 + number * 7 % number.div_ceil(3)).unwrap();
            Fact::RetoppedUp {
                user,
                deposit,
                amount,
                day,
            }
        });
    }
    facts
}

#[test]
fn facts_applied_together_do_what_each_does_alone() {
    let pools = compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let subscriptions = compile(include_str!("../../../../../plans/subscription.toml")).unwrap();
    let days = Workload::new(&pools, 7).take(80_000).collect();
    for (plan, facts) in [(pools, days), (subscriptions, purchases())] {
        let (mut alone, mut together) = (State::new(&plan), State::new(&plan));
        let (mut one, mut out) = (Outcome::default(), Outcome::default());
        let (mut count, mut matured) = (0usize, 0usize);
        together.apply_all(&plan, &facts, &mut out, |fact, out| {
            alone.apply(&plan, fact, &mut one);
            assert_eq!(*out, one, "{fact:?}");
            assert_eq!(Some(fact), facts.get(count));
            count += 1;
            matured += usize::from(matches!(fact, Fact::EscrowMatured { .. }) && !one.legs.is_empty());
        });
        assert_eq!(count, facts.len());
        assert!(matured > 0);
        assert_eq!(together, alone);
    }
}
