//! The books at the end of a month.

use ledger::{AccountKind, BreakageCause, Fund, Tier};
use money::Amount;
use plan::{Day, Waiting};
use serde::{Serialize, Serializer};

use crate::Books;
use crate::books::FundCount;
use crate::text::{Text, text, texts};

/// The books at the end of a month; as JSON without what only plans with components have. Everything but `joined` counts from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MonthRow {
    /// Which month, from 1.
    pub month: u32,
    /// Its first day.
    #[serde(serialize_with = "text")]
    pub first_day: Day,
    /// Who joined in it.
    pub joined: u32,
    /// Users so far.
    pub users: u64,
    /// Retopups so far.
    pub retopups: u64,
    /// Refunds so far.
    pub refunds: u64,
    /// Places taken in pools so far.
    pub placements: u64,
    /// Moves to a next tier so far.
    pub progressions: u64,
    /// What people paid so far.
    #[serde(serialize_with = "text")]
    pub paid_in: Amount,
    /// What of it went back.
    #[serde(serialize_with = "text")]
    pub refunded: Amount,
    /// What the contract holds.
    #[serde(serialize_with = "text")]
    pub custody: Amount,
    /// What users could take out.
    #[serde(serialize_with = "text")]
    pub available: Amount,
    /// What is held for users until its cooling-off time is over.
    #[serde(serialize_with = "text")]
    pub held_for_users: Amount,
    /// What is held for all others.
    #[serde(serialize_with = "text")]
    pub held_for_others: Amount,
    /// What users reserve for the next tier, by tier from 1.
    #[serde(serialize_with = "texts")]
    pub reserves: Vec<Amount>,
    /// The company's.
    #[serde(serialize_with = "text")]
    pub company: Amount,
    /// Shares of ancestors that trees do not have.
    #[serde(serialize_with = "text")]
    pub residual: Amount,
    /// What rules did not pay, by cause; causes of nothing are left out.
    pub breakage: Vec<BreakageRow>,
    /// Money of no user, from which plans may pay.
    #[serde(serialize_with = "text")]
    pub revenue: Amount,
    /// Everything else: tax, clearing, transit, credits.
    #[serde(serialize_with = "text")]
    pub other: Amount,
    /// Money of no participant that came in from outside so far.
    #[serde(skip)]
    pub funded: Amount,
    /// What waits in users' wallet balances.
    #[serde(skip)]
    pub wallets: Amount,
    /// Rewards from funds that wait for their day.
    #[serde(skip)]
    pub deferred: Amount,
    /// What users owe, because what caused a reward went back after it was theirs.
    #[serde(skip)]
    pub receivable: Amount,
    /// Revenue that no fund has.
    #[serde(skip)]
    pub unallocated: Amount,
    /// The plan's funds, in their order.
    #[serde(skip)]
    pub funds: Vec<FundRow>,
}

/// A fund at the end of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FundRow {
    /// Its name in the plan.
    pub name: String,
    /// What it holds.
    #[serde(serialize_with = "text")]
    pub balance: Amount,
    /// What it did so far.
    #[serde(flatten)]
    pub count: FundCount,
    /// What waits to be paid out of it.
    #[serde(flatten, serialize_with = "waiting")]
    pub waiting: Waiting,
}

/// What rules did not pay for one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BreakageRow {
    /// Why not.
    #[serde(serialize_with = "cause_name")]
    pub cause: BreakageCause,
    /// How much.
    #[serde(serialize_with = "text")]
    pub amount: Amount,
}

impl MonthRow {
    pub(crate) fn read(month: u32, first_day: Day, joined: u32, books: &Books<'_>) -> Self {
        let (counts, balances) = (books.counts(), books.balances());
        let of = |kind| amount(balances.of(kind));
        let others = [
            AccountKind::Tax,
            AccountKind::Clearing,
            AccountKind::InTransit,
            AccountKind::Credit,
        ];
        let held_for_users = amount(balances.held_for_users());
        Self {
            month,
            first_day,
            joined,
            users: counts.joined,
            retopups: counts.retopups,
            refunds: counts.refunds,
            placements: counts.placements,
            progressions: counts.progressions,
            paid_in: counts.paid_in,
            refunded: counts.refunded,
            custody: of(AccountKind::Custody),
            available: of(AccountKind::Available),
            held_for_users,
            held_for_others: of(AccountKind::Held).saturating_sub(held_for_users),
            reserves: (1..=books.plan().tiers())
                .filter_map(Tier::new)
                .map(|tier| amount(balances.reserve(tier)))
                .collect(),
            company: of(AccountKind::Company),
            residual: of(AccountKind::Residual),
            breakage: BreakageCause::ALL
                .into_iter()
                .map(|cause| BreakageRow {
                    cause,
                    amount: amount(balances.breakage(cause)),
                })
                .filter(|row| !row.amount.is_zero())
                .collect(),
            revenue: of(AccountKind::Revenue),
            other: others
                .into_iter()
                .fold(Amount::ZERO, |sum, kind| sum.checked_add(of(kind)).unwrap_or(sum)),
            funded: counts.funded,
            wallets: of(AccountKind::Wallet),
            deferred: of(AccountKind::Deferred),
            receivable: of(AccountKind::Receivable),
            unallocated: books.state().fund(Fund::UNALLOCATED),
            funds: books
                .plan()
                .funds()
                .map(|(fund, name)| FundRow {
                    name: name.to_owned(),
                    balance: books.state().fund(fund),
                    count: books.fund(fund),
                    waiting: books.state().waiting(books.plan(), fund),
                })
                .collect(),
        }
    }

    /// Which month, as `2026-01`.
    pub fn name(&self) -> String {
        let date = self.first_day.to_string();
        date.get(..7).unwrap_or(&date).to_owned()
    }

    /// All breakage together.
    pub fn breakage_total(&self) -> Amount {
        let amounts = self.breakage.iter().map(|row| row.amount);
        Amount::sum_of(amounts).unwrap_or(Amount::ZERO)
    }

    /// All reserves together.
    pub fn reserves_total(&self) -> Amount {
        Amount::sum_of(self.reserves.iter().copied()).unwrap_or(Amount::ZERO)
    }

    /// All funds together, with what no fund has yet: the revenue.
    pub fn funds_total(&self) -> Amount {
        let balances = self.funds.iter().map(|fund| fund.balance);
        let funds = Amount::sum_of(balances).unwrap_or(Amount::ZERO);
        funds.checked_add(self.unallocated).unwrap_or(funds)
    }

    /// All that is owed to anyone, less what users owe.
    pub fn owed(&self) -> Amount {
        let parts = [
            self.available,
            self.held_for_users,
            self.held_for_others,
            self.reserves_total(),
            self.company,
            self.residual,
            self.breakage_total(),
            self.revenue,
            self.other,
            self.wallets,
            self.deferred,
        ];
        let owed = Amount::sum_of(parts).unwrap_or(Amount::ZERO);
        owed.saturating_sub(self.receivable)
    }
}

/// A balance of an account that cannot be overdrawn.
fn amount(balance: i128) -> Amount {
    Amount::new(u128::try_from(balance).unwrap_or(0))
}

fn cause_name<S: Serializer>(cause: &BreakageCause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.name())
}

/// What waits, beside what was paid.
pub(super) fn waiting<S: Serializer>(waiting: &Waiting, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Fields {
        waiting: u64,
        waiting_amount: Text<Amount>,
    }
    let fields = Fields {
        waiting: waiting.count,
        waiting_amount: Text(waiting.amount),
    };
    fields.serialize(serializer)
}
