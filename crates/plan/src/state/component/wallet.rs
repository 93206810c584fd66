//! Wallet balances: matured rewards that a user can take out at any time, and what that costs.

use ledger::{Account, Leg, Reason, UserId};
use money::Amount;

use super::super::{State, ignore, plus};
use super::grant::report_withheld;
use crate::compiled::CompiledPlan;
use crate::decision::Rule;
use crate::effect::ComponentEffect;
use crate::withdrawal::{Request, WithdrawalRefused};
use crate::{IgnoredCause, Outcome};

impl State {
    /// What a user may still take out of the wallet balance.
    pub fn wallet(&self, user: UserId) -> Amount {
        self.components
            .wallets
            .get(&user)
            .copied()
            .unwrap_or(Amount::ZERO)
    }

    /// A user takes money out: tax and fee leave it, and the rest is what the chain may pay. Nobody has to agree.
    pub(super) fn withdraw_wallet(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        amount: Amount,
        out: &mut Outcome,
    ) {
        if !plan.pays_into_wallet() {
            return ignore(IgnoredCause::NoSuchComponent, out);
        }
        let components = &plan.terms.components;
        let request = Request {
            user,
            gross: amount,
            wallet: self.wallet(user),
            day: self.components.today(),
        };
        let terms = components.withdrawal.unwrap_or_default();
        let withholding = &mut self.components.withholding;
        let (withheld, quote) = match terms.withdraw(components.withholding(), withholding, &request) {
            Ok(made) => made,
            Err(WithdrawalRefused::AboveWallet { .. }) => return ignore(IgnoredCause::ExceedsBalance, out),
            Err(WithdrawalRefused::BelowMin { .. } | WithdrawalRefused::NothingLeft) => {
                return ignore(IgnoredCause::BelowMinimum, out);
            }
        };
        if let Some(balance) = self.components.wallets.get_mut(&user) {
            *balance = balance.saturating_sub(amount);
        }
        report_withheld(&withheld, out);
        let (mark, owed) = (out.mark(), self.owed_told(user, out));
        let netted = self.net(user, quote.net);
        let net = quote.net.saturating_sub(netted);
        for (credit, part, reason) in [
            (Account::Tax, quote.withheld, Reason::Withheld),
            (Account::Company, quote.fee, Reason::Fee),
            (Account::Receivable(user), netted, Reason::Netting),
            (Account::Available(user), net, Reason::Withdrawal),
        ] {
            let leg = Leg::new((Account::Wallet(user), credit), part, reason);
            out.moves(leg.about(Some(user)));
        }
        out.because(mark, |why| {
            (why.owed, why.taxed) = (owed, withheld.lines().copied().collect());
            why.rule = Some(Rule::Withdrawn {
                gross: amount,
                withheld: quote.withheld,
            });
        });
        self.entitle(user, net);
        let withdrawn = ComponentEffect::Withdrawn { user, amount };
        out.change(withdrawn);
    }

    /// A user owes money: what matures next pays it first.
    pub(super) fn owe(&mut self, user: UserId, amount: Amount) {
        if !amount.is_zero() {
            let debt = self.debts.entry(user).or_default();
            debt.open = plus(debt.open, amount);
        }
    }
}
