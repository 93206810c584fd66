//! Tests of `maturity`.

use super::*;
use crate::{Fact, compile};

#[test]
fn what_matured_leaves_nothing_in_memory() {
    let plan = compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let (mut state, mut out) = (State::new(&plan), Outcome::default());
    for number in 1..=20 {
        let fact = Fact::Registered {
            user: UserId::new(number).unwrap(),
            sponsor: UserId::new(number - 1),
            deposit: DepositId::new(number).unwrap(),
            amount: plan.registration_price(),
            day: Day::new(number % 3),
        };
        state.apply(&plan, &fact, &mut out);
    }
    let amount = plan.registration_price().checked_mul(20).unwrap();
    let through = Day::new(2);
    state.apply(&plan, &Fact::EscrowMatured { through, amount }, &mut out);
    assert!(state.escrow.is_empty());
    assert_eq!(state.spare, Bucket::default());
    let empty = Release {
        slots: vec![0; 20],
        ..Release::default()
    };
    assert_eq!(state.release, empty);
    assert!(state.components.pools.next_due().is_none());
}
