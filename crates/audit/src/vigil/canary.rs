//! The canary of R20: a planted wei that the checks must find, every time they are asked.

use ledger::{Account, Beneficiary};
use money::Amount;

use crate::checks::finding::Findings;
use crate::checks::{Check, Counters, Ledger, Recount, Verdict, double_entry};

/// Whether the checks of this program find one wei that is debited and credited nowhere, and nothing without it.
pub fn canary_is_caught() -> bool {
    let counters = |account, debits: u128, credits: u128| Counters {
        account,
        debits_posted: Amount::new(debits),
        credits_posted: Amount::new(credits),
        debits_pending: Amount::ZERO,
        credits_pending: Amount::ZERO,
    };
    let verdict = |debits| {
        let balances = vec![
            counters(Account::Custody, debits, 0),
            counters(Account::Held(Beneficiary::Company), 0, 1_000),
        ];
        let books = Ledger {
            recount: Some(Recount {
                subjects: 0..=u32::MAX,
                counters: balances.clone(),
            }),
            balances,
            ..Ledger::default()
        };
        let mut out = Findings::of(Check::DoubleEntry);
        double_entry(&books, &mut out);
        out.verdict()
    };
    verdict(1_000) == Verdict::Passed && matches!(verdict(1_001), Verdict::Failed { .. })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_planted_wei_is_found() {
        assert!(super::canary_is_caught());
    }
}
