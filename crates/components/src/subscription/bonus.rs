//! The registration bonus: a right to have a part of purchases paid by a fund.
//!
//! Granting it moves no money, so nothing is promised that is not there: the fund pays at the moment of use, and what
//! it does not cover the user pays. Bonus money cannot be withdrawn, buys no room under a cap and earns uplines nothing.

use crate::component::{Booked, Terms};
use crate::fund::FundName;
use std::collections::BTreeMap;

use ledger::UserId;
use money::{Amount, Asset, Bps};

use crate::subscription::table::{BonusGrant, BonusTable};
use plan_file::Encoder;
use plan_file::{Finding, Severity, percent};
use plan_file::{Refusal, field};

/// The checked parameters of the registration bonus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BonusTerms {
    amount: Amount,
    grant: BonusGrant,
    use_share: Bps,
    use_max: Option<Amount>,
    fund: FundName,
}

/// Who has how much of the bonus left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bonuses {
    /// Users without a line have neither a bonus nor used one.
    lines: BTreeMap<UserId, BonusLine>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct BonusLine {
    left: Amount,
    used: Amount,
}

/// What bonus money pays of a purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BonusUse {
    /// What the fund pays.
    pub used: Amount,
    /// What it would have paid if there were enough in it: the user pays that.
    pub short: Amount,
}

impl BonusTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `amount_malformed`, `price_out_of_range`, `out_of_range`, `fund_malformed`.
    pub fn check(table: &BonusTable, asset: Asset) -> Result<Self, Refusal> {
        let share = u32::from(table.use_bps_max);
        // A purchase that bonus money pays in full would be one that nobody paid for.
        let share = field::number(
            "bonus.use_bps_max",
            share,
            1,
            u32::from(Bps::WHOLE.get()).saturating_sub(1),
        )?;
        let use_max = table.use_max.as_deref();
        Ok(Self {
            amount: field::price(asset, "bonus.amount", &table.amount)?,
            grant: table.grant,
            use_share: field::bps("bonus.use_bps_max", u16::try_from(share).unwrap_or(u16::MAX))?,
            use_max: use_max
                .map(|text| field::price(asset, "bonus.use_max", text))
                .transpose()?,
            fund: FundName::check("bonus.fund", &table.fund)?,
        })
    }

    /// How much a user gets, once.
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// When a user gets it.
    pub const fn grant(&self) -> BonusGrant {
        self.grant
    }

    /// The fund that pays for it.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.fund
    }

    /// The most that bonus money may pay of a purchase of this price.
    pub fn usable(&self, price: Amount) -> Amount {
        let share = self.use_share.floor_of(price);
        self.use_max.map_or(share, |max| share.min(max))
    }
}

impl Terms for BonusTerms {
    type Tables<'a> = Option<&'a BonusTable>;
    type Rules = Booked;
    const NAME: &'static str = "bonus";

    fn read(table: Option<&BonusTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("bonus.fund", declared)
    }

    /// `u128(amount)  u32(grant: 0 first purchase, 1 verified)  u32(share in bps)  u128(at most, 0 = unlimited)
    /// text(fund)`.
    fn encode(&self, out: &mut Encoder) {
        out.amount(self.amount);
        out.u32(match self.grant {
            BonusGrant::FirstPurchase => 0,
            BonusGrant::Verified => 1,
        });
        out.u32(u32::from(self.use_share.get()));
        out.amount(self.use_max.unwrap_or(Amount::ZERO));
        out.text(self.fund.as_str());
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        let amount = asset.display_amount(self.amount);
        let share = u128::from(self.use_share.get());
        let most = self.use_max.map_or_else(String::new, |max| {
            format!(" and at most {} {asset}", asset.display_amount(max))
        });
        let mut figures = vec![("amount", self.amount.base_units()), ("use_bps_max", share)];
        figures.extend(self.use_max.map(|max| ("use_max", max.base_units())));
        vec![Finding {
            code: "bonus_not_withdrawable",
            severity: Severity::Info,
            text: format!(
                "The registration bonus of {amount} {asset} cannot be withdrawn: it adds at most {} to what the user pays \
                 for a purchase{most}, while the fund {:?} and the funds that back it have money.",
                percent(share),
                self.fund.as_str(),
            ),
            figures,
        }]
    }
}

impl Bonuses {
    /// What a user has left.
    pub fn left(&self, user: UserId) -> Amount {
        self.lines.get(&user).map_or(Amount::ZERO, |line| line.left)
    }

    /// Gives a user the bonus, and says how much that adds: nothing to who has it, and never more in a life than the
    /// plan's amount.
    pub fn grant(&mut self, terms: &BonusTerms, user: UserId) -> Amount {
        let line = self.lines.get(&user).copied().unwrap_or_default();
        let left = terms.amount.saturating_sub(line.used);
        self.set(user, BonusLine { left, ..line });
        left.saturating_sub(line.left)
    }

    /// Takes back what is left, because the purchase that earned the bonus was refunded; returns the amount.
    pub fn revoke(&mut self, user: UserId) -> Amount {
        let line = self.lines.get(&user).copied().unwrap_or_default();
        self.set(
            user,
            BonusLine {
                left: Amount::ZERO,
                ..line
            },
        );
        line.left
    }

    /// Uses as much as is allowed for a purchase of this price, and as the fund has.
    #[must_use]
    pub fn spend(&mut self, terms: &BonusTerms, user: UserId, price: Amount, in_fund: Amount) -> BonusUse {
        let line = self.lines.get(&user).copied().unwrap_or_default();
        let wanted = line.left.min(terms.usable(price));
        let used = wanted.min(in_fund);
        let line = BonusLine {
            left: line.left.saturating_sub(used),
            // At most the plan's amount.
            used: line.used.checked_add(used).unwrap_or(line.used),
        };
        self.set(user, line);
        BonusUse {
            used,
            short: wanted.saturating_sub(used),
        }
    }

    /// A purchase that used so much was refunded.
    pub fn give_back(&mut self, user: UserId, amount: Amount) {
        let line = self.lines.get(&user).copied().unwrap_or_default();
        let back = amount.min(line.used);
        let line = BonusLine {
            left: line.left.checked_add(back).unwrap_or(line.left),
            used: line.used.saturating_sub(back),
        };
        self.set(user, line);
    }

    fn set(&mut self, user: UserId, line: BonusLine) {
        if line == BonusLine::default() {
            self.lines.remove(&user);
        } else {
            self.lines.insert(user, line);
        }
    }
}
