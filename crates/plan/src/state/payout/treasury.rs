//! What belongs to the operator: the only money that a treasury operation may take.

use std::collections::BTreeMap;

use ledger::{Account, BreakageCause, Reason, Tier, TreeNumber};
use money::Amount;

use crate::Outcome;
use crate::state::{plus, push};

/// Balances of the operator's accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Treasury {
    company: Amount,
    residuals: BTreeMap<(Tier, TreeNumber), Amount>,
    breakage: BTreeMap<BreakageCause, Amount>,
}

impl Treasury {
    /// Counts what a fact credits to the operator's accounts. Nothing but [`Treasury::take`] debits them.
    pub(in crate::state) fn follow(&mut self, out: &Outcome) {
        for leg in &out.legs {
            let balance = match leg.credit {
                Account::Company => &mut self.company,
                Account::Residual(tier, tree) => self.residuals.entry((tier, tree)).or_default(),
                Account::Breakage(cause) => self.breakage.entry(cause).or_default(),
                Account::Custody
                | Account::Held(_)
                | Account::Available(_)
                | Account::InTransit(_)
                | Account::Reserve(..)
                | Account::Receivable(_)
                | Account::Credit(_)
                | Account::Revenue
                | Account::Tax
                | Account::Clearing(_) => continue,
            };
            *balance = plus(*balance, leg.amount);
        }
    }

    /// Takes from company, then from residuals by tier and tree, then from breakage by cause; says what is missing.
    pub(super) fn take(&mut self, amount: Amount, out: &mut Outcome) -> Amount {
        let mut wanted = amount;
        take_from(Account::Company, &mut self.company, &mut wanted, out);
        for ((tier, tree), balance) in &mut self.residuals {
            take_from(Account::Residual(*tier, *tree), balance, &mut wanted, out);
        }
        for (cause, balance) in &mut self.breakage {
            take_from(Account::Breakage(*cause), balance, &mut wanted, out);
        }
        wanted
    }
}

fn take_from(account: Account, balance: &mut Amount, wanted: &mut Amount, out: &mut Outcome) {
    let part = (*balance).min(*wanted);
    *balance = balance.minus_or_zero(part);
    *wanted = wanted.minus_or_zero(part);
    push(out, account, Account::Custody, part, Reason::Treasury);
}
