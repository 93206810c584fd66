//! The operator's money: the only money that a treasury operation may use.

use std::collections::BTreeMap;

use ledger::{Account, BreakageCause, Reason, Tier, TreeNumber};
use money::Amount;

use crate::Outcome;
use crate::state::{plus, push};

/// Balances of the operator's accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Treasury {
    pub(in crate::state) company: Amount,
    pub(in crate::state) residuals: BTreeMap<(Tier, TreeNumber), Amount>,
    pub(in crate::state) breakage: BTreeMap<BreakageCause, Amount>,
}

impl Treasury {
    /// Counts what a fact moves to and from the operator's accounts, except what [`Treasury::take`] counted already.
    pub(in crate::state) fn follow(&mut self, out: &Outcome) {
        for leg in &out.legs {
            if let Some(balance) = self.balance_mut(leg.credit) {
                *balance = plus(*balance, leg.amount);
            }
            if leg.reason != Reason::Treasury
                && let Some(balance) = self.balance_mut(leg.debit)
            {
                *balance = balance.saturating_sub(leg.amount);
            }
        }
    }

    fn balance_mut(&mut self, account: Account) -> Option<&mut Amount> {
        match account {
            Account::Company => Some(&mut self.company),
            Account::Residual(tier, tree) => Some(self.residuals.entry((tier, tree)).or_default()),
            Account::Breakage(cause) => Some(self.breakage.entry(cause).or_default()),
            Account::Custody
            | Account::Held(_)
            | Account::Available(_)
            | Account::InTransit(_)
            | Account::Reserve(..)
            | Account::Receivable(_)
            | Account::Credit(_)
            | Account::Revenue(_)
            | Account::Tax
            | Account::Clearing(_)
            | Account::Deferred(_)
            | Account::Wallet(_) => None,
        }
    }

    /// What the company has that was not taken out.
    pub(in crate::state) const fn company(&self) -> Amount {
        self.company
    }

    /// What a cause of breakage has that was not taken out.
    pub(in crate::state) fn breakage(&self, cause: BreakageCause) -> Amount {
        self.breakage.get(&cause).copied().unwrap_or(Amount::ZERO)
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
    *balance = balance.saturating_sub(part);
    *wanted = wanted.saturating_sub(part);
    push(out, account, Account::Custody, part, Reason::Treasury);
}
