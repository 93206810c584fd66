//! What holds must keep to, in any history.

use std::collections::BTreeMap;

use ledger::{Account, Movement, TransferId};
use plan::Effect;
use proptest::prelude::*;

use crate::history::{any_history, any_terms};
use crate::{run, signed};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_hold_ends_once_as_it_began_and_never_exceeds_what_is_available(
        terms in any_terms(),
        steps in any_history(1..320),
    ) {
        let mut open: BTreeMap<TransferId, (Account, Account, i128)> = BTreeMap::new();
        let mut fact_seq = 0;
        run(&terms, &steps, |book, cause, out, balances| {
            fact_seq += 1;
            for (leg, number) in out.legs.iter().zip(0..) {
                let terms = (leg.debit, leg.credit, signed(leg.amount));
                match leg.movement {
                    Movement::Single => {}
                    Movement::Pending => {
                        open.insert(TransferId { fact_seq, leg: number }, terms);
                    }
                    Movement::Post(pending) | Movement::Void(pending) => {
                        prop_assert_eq!(open.remove(&pending), Some(terms), "after {:?}", cause);
                    }
                }
            }
            let mut held: BTreeMap<Account, i128> = BTreeMap::new();
            for (account, _, amount) in open.values() {
                prop_assert_eq!(held.insert(*account, *amount), None, "two holds of one account");
            }
            for (account, amount) in held {
                let Account::Available(user) = account else { panic!("{account} is held back") };
                prop_assert!(amount <= balances[&account]);
                prop_assert_eq!(signed(book.state().payments(user).held), amount);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_effects_say_was_paid_is_what_left_or_was_credited(
        terms in any_terms(),
        steps in any_history(1..320),
    ) {
        let mut paid: BTreeMap<plan::UserId, i128> = BTreeMap::new();
        run(&terms, &steps, |book, _, out, _| {
            for effect in &out.effects {
                if let Effect::Paid { user, amount } = effect {
                    *paid.entry(*user).or_default() += signed(*amount);
                }
            }
            for (user, amount) in &paid {
                prop_assert_eq!(signed(book.state().payments(*user).paid), *amount);
            }
            Ok(())
        })?;
    }
}
