//! What operators and the calendar do in every plan with components: days end, funds are filled from outside, users are
//! checked; and users who take money out at once.

use ledger::{Account, Fund};
use money::{Amount, Asset};
use plan::fact::ComponentFact;
use plan::{CompiledPlan, Day, Fact, Outcome, UserId};

use crate::Books;
use crate::parameters::{Activity, Withdrawals};

/// Operators and the calendar.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    activity: Activity,
    funds: Vec<Fund>,
    /// Whether the plan grants something for being verified, and withholds tax.
    verifies: bool,
    withholds: bool,
    /// Whether there is a wallet balance, and the least that leaves it.
    wallet_min: Option<Amount>,
    months: u32,
    has_begun: bool,
    /// Users whose wallet grew today; empty unless they take it out at once.
    grown: Vec<UserId>,
}

impl Operator {
    pub(super) fn new(plan: &CompiledPlan, activity: Activity) -> Self {
        let has = |name| plan.component_names().any(|known| known == name);
        Self {
            activity,
            funds: plan.funds().map(|(fund, _)| fund).collect(),
            verifies: has("bonus"),
            withholds: has("withholding"),
            wallet_min: plan.pays_into_wallet().then(|| plan.withdrawal_min()),
            months: 0,
            has_begun: false,
            grown: Vec::new(),
        }
    }

    /// Money from outside goes to a fund.
    pub(super) fn fill(fund: Fund, amount: Amount, books: &mut Books<'_>) {
        if !amount.is_zero() {
            books.apply(&Fact::Funded { amount });
            books.apply(&Fact::Component(ComponentFact::FundAllocated { fund, amount }));
        }
    }

    pub(super) fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        let yesterday = today.get().checked_sub(1).map(Day::new);
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(day) = yesterday
        {
            // The plan knows which day it is by the one that ended.
            books.apply(&Fact::Component(ComponentFact::DayEnded { day }));
        }
        if yesterday.is_none_or(Day::ends_month) {
            let pays = self
                .activity
                .outside_revenue_months
                .is_none_or(|months| self.months < months);
            self.months = self.months.saturating_add(1);
            for fund in self.funds.iter().filter(|_| pays) {
                Self::fill(*fund, self.activity.outside_revenue, books);
            }
        }
    }

    /// Operators learn who a new user is.
    pub(super) fn welcome(&self, user: UserId, books: &mut Books<'_>) {
        if self.verifies {
            books.apply(&Fact::Component(ComponentFact::UserVerified { user }));
        }
        if self.withholds {
            books.apply(&Fact::Component(ComponentFact::TaxIdRecorded { user }));
        }
    }

    /// Applies a fact that may bring money into wallets.
    pub(super) fn apply(&mut self, fact: &Fact, books: &mut Books<'_>) {
        let out = books.apply(fact);
        self.follow(out);
    }

    fn follow(&mut self, out: &Outcome) {
        match self.activity.withdrawals {
            Withdrawals::Never => {}
            Withdrawals::AtOnce => self.grown.extend(out.legs.iter().filter_map(|leg| {
                let Account::Wallet(user) = leg.credit else {
                    return None;
                };
                Some(user)
            })),
        }
    }

    /// The day ends; then who takes money out does.
    pub(super) fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        let ended = Fact::Component(ComponentFact::DayEnded { day: today });
        self.apply(&ended, books);
        let Some(min) = self.wallet_min else { return };
        let mut grown = std::mem::take(&mut self.grown);
        grown.sort_unstable();
        grown.dedup();
        for user in grown.drain(..) {
            let amount = books.state().wallet(user);
            if !amount.is_zero() && amount >= min {
                let asked = ComponentFact::WithdrawalRequested { user, amount };
                books.apply(&Fact::Component(asked));
            }
        }
        self.grown = grown;
    }

    pub(super) fn assumptions(&self, asset: Asset) -> Vec<String> {
        let amount = asset.display_amount(self.activity.outside_revenue);
        let months = self.activity.outside_revenue_months;
        let mut sentences = vec![match (self.activity.outside_revenue.is_zero(), months) {
            (true, _) => "Operators add no outside money to any fund.".to_owned(),
            (false, None) => format!(
                "Operators add {amount} {asset} of outside money to each fund on the first \
                 day of every month."
            ),
            (false, Some(months)) => format!(
                "Operators add {amount} {asset} of outside money to each fund on the first day of \
                 the first {months} months and nothing afterwards."
            ),
        }];
        if self.verifies {
            sentences.push("Operators verify newcomers' identities immediately.".to_owned());
        }
        if self.withholds {
            sentences.push("Every user has provided a tax id.".to_owned());
        }
        let withdrawals = match (self.wallet_min.is_some(), self.activity.withdrawals) {
            (true, Withdrawals::AtOnce) => {
                "Users withdraw their whole wallet balance at the end of the day on which it reaches the plan's \
                 minimum; fee and tax do not count as received. Nobody pays it in again."
            }
            (true, Withdrawals::Never) | (false, _) => {
                "Nobody withdraws: rewards stay in the books and count as received."
            }
        };
        sentences.push(withdrawals.to_owned());
        sentences
    }
}
