//! [`SubscriptionTerms`]: the checked parameters of subscriptions.

use crate::component::{Booked, Terms};
use crate::fund::FundName;
use ledger::Fund;
use money::{Amount, Asset, Bps};
use plan_file::Finding;

use crate::cap::MULTIPLE_MAX;
use crate::subscription::table::{
    AccrualDays, AllocationTable, MonthDivisor, NamedDivisor, SubscriptionTable, SubscriptionTierTable,
    WhenShort,
};
use plan_file::Day;
use plan_file::Encoder;
use plan_file::{Refusal, field};

/// Most tiers: each is looked at in every purchase, and people must be able to read the table.
pub const TIERS_MAX: usize = 16;
/// Maximum number of funds that share in a purchase: each is a leg of every purchase.
pub const ALLOCATIONS_MAX: usize = 8;
/// Smallest divisor of a month: no month has fewer than 20 working days, so none accrues more than its rate by them.
pub const MONTH_DIVISOR_MIN: u32 = 20;
/// Largest divisor of a month: the days of the longest one.
pub const MONTH_DIVISOR_MAX: u32 = 31;

/// The checked parameters of subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionTerms {
    tiers: Vec<SubscriptionTier>,
    amount_max: Option<Amount>,
    accrual_days: AccrualDays,
    month_divisor: MonthDivisor,
    fund: FundName,
    when_short: WhenShort,
    cap_multiple: Option<u32>,
    allocations: Vec<Allocation>,
}

/// A rate for amounts of at least `from`, up to the next tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionTier {
    /// Smallest amount, in base units.
    pub from: Amount,
    /// Nominal rate for a month.
    pub monthly: Bps,
}

/// A fund's share of what the generations leave of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The fund.
    pub fund: FundName,
    /// Its share.
    pub share: Bps,
}

impl SubscriptionTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `list_length`, `amount_malformed`, `price_out_of_range`, `bps_above_whole`, `shares_above_whole`, `out_of_range`,
    /// `tiers_not_ascending`, `amount_max_too_small`, `fund_malformed`, `fund_repeated`, `divisor_misfit`.
    pub fn check(table: &SubscriptionTable, asset: Asset) -> Result<Self, Refusal> {
        let tiers = check_tiers(&table.tiers, asset)?;
        let amount_max = check_amount_max(table, asset, &tiers)?;
        check_divisor(table)?;
        let cap_multiple = table.cap_multiple;
        let cap_multiple = cap_multiple
            .map(|multiple| field::number("subscription.cap_multiple", multiple, 1, MULTIPLE_MAX))
            .transpose()?;
        Ok(Self {
            tiers,
            amount_max,
            accrual_days: table.accrual_days,
            month_divisor: table.month_divisor,
            fund: FundName::check("subscription.fund", &table.fund)?,
            when_short: table.when_short,
            cap_multiple,
            allocations: check_allocations(&table.allocations)?,
        })
    }

    /// Ascending; never empty.
    pub fn tiers(&self) -> &[SubscriptionTier] {
        &self.tiers
    }

    /// The nominal monthly rate of a subscription of this amount; `None` when none can be bought for it.
    pub fn rate(&self, amount: Amount) -> Option<Bps> {
        if self.amount_max.is_some_and(|max| amount > max) {
            return None;
        }
        let tier = self.tiers.get(self.tier_of(amount)?);
        tier.map(|tier| tier.monthly)
    }

    /// Position of the tier in which a payment is.
    pub fn tier_of(&self, amount: Amount) -> Option<usize> {
        self.tiers.iter().rposition(|tier| tier.from <= amount)
    }

    /// Largest amount of one subscription.
    pub const fn amount_max(&self) -> Option<Amount> {
        self.amount_max
    }

    /// On which days subscriptions accrue.
    pub const fn accrual_days(&self) -> AccrualDays {
        self.accrual_days
    }

    /// By what a monthly rate is divided for one day.
    pub const fn month_divisor(&self) -> MonthDivisor {
        self.month_divisor
    }

    /// The fund that pays accruals.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.fund
    }

    /// What happens on a day on which the fund does not cover all accruals.
    pub const fn when_short(&self) -> WhenShort {
        self.when_short
    }

    /// A subscription accrues at most this multiple of what was paid for it.
    pub const fn cap_multiple(&self) -> Option<u32> {
        self.cap_multiple
    }

    /// Who shares in what the generations leave of a purchase, in the order of the file.
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// Whether subscriptions accrue on this day.
    pub fn accrues_on(&self, day: Day) -> bool {
        match self.accrual_days {
            AccrualDays::Working => day.is_working_day(),
            AccrualDays::All => true,
        }
    }

    /// By what a monthly rate is divided on this day; never zero.
    pub fn divisor_on(&self, day: Day) -> u32 {
        match self.month_divisor {
            MonthDivisor::Days(days) => days,
            MonthDivisor::Named(NamedDivisor::WorkingDays) => working_days_of_month(day),
        }
    }

    /// What a subscription may accrue altogether for which so much was paid.
    pub fn accrual_max(&self, cash: Amount) -> Amount {
        let endless = Amount::new(u128::MAX);
        self.cap_multiple.map_or(endless, |multiple| {
            cash.checked_mul(u128::from(multiple)).unwrap_or(endless)
        })
    }
}

impl Terms for SubscriptionTerms {
    type Tables<'a> = Option<&'a SubscriptionTable>;
    type Rules = Booked;
    const NAME: &'static str = "subscription";

    fn read(table: Option<&SubscriptionTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("subscription.fund", declared)?;
        for (index, allocation) in self.allocations.iter_mut().enumerate() {
            let field = format!("subscription.allocations[{index}].fund");
            allocation.fund.find(&field, declared)?;
        }
        Ok(())
    }

    /// `list(u128(from)  u32(monthly bps))  u128(amount at most, 0 = unlimited)  u32(days: 0 working, 1 all)
    /// u32(divisor, 0 = working days)  text(fund)  u32(when short: 0 pro rata, 1 queue)  u32(multiple, 0 = no cap)
    /// list(text(fund)  u32(bps))`.
    fn encode(&self, out: &mut Encoder) {
        out.length(self.tiers.len());
        for tier in &self.tiers {
            out.amount(tier.from);
            out.u32(u32::from(tier.monthly.get()));
        }
        out.amount(self.amount_max.unwrap_or(Amount::ZERO));
        out.u32(match self.accrual_days {
            AccrualDays::Working => 0,
            AccrualDays::All => 1,
        });
        out.u32(match self.month_divisor {
            MonthDivisor::Days(days) => days,
            MonthDivisor::Named(NamedDivisor::WorkingDays) => 0,
        });
        out.text(self.fund.as_str());
        out.u32(match self.when_short {
            WhenShort::ProRata => 0,
            WhenShort::Queue => 1,
        });
        out.u32(self.cap_multiple.unwrap_or(0));
        out.length(self.allocations.len());
        for allocation in &self.allocations {
            out.text(allocation.fund.as_str());
            out.u32(u32::from(allocation.share.get()));
        }
    }

    /// What it needs of others is said of all together.
    fn findings(&self, _asset: Asset) -> Vec<Finding> {
        Vec::new()
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        Some(("accruals", self.fund.number()))
    }
}

fn check_tiers(tables: &[SubscriptionTierTable], asset: Asset) -> Result<Vec<SubscriptionTier>, Refusal> {
    field::list_length("subscription.tiers", tables.len(), 1, TIERS_MAX)?;
    let mut tiers: Vec<SubscriptionTier> = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        let path = format!("subscription.tiers[{index}].from");
        let from = field::price(asset, &path, &table.from)?;
        if let Some(below) = tiers.last().filter(|below| below.from >= from) {
            let (from, below) = (asset.display_amount(from), asset.display_amount(below.from));
            let problem = format!("it starts at {from}, but the previous tier starts at {below}");
            let hint = "order the tiers by minimum amount, each larger than the one before";
            return Err(Refusal::new("tiers_not_ascending", path, problem, hint));
        }
        let path = format!("subscription.tiers[{index}].monthly_bps");
        let monthly = field::number(
            &path,
            u32::from(table.monthly_bps),
            1,
            u32::from(Bps::WHOLE.get()),
        )?;
        let monthly = field::bps(&path, u16::try_from(monthly).unwrap_or(u16::MAX))?;
        tiers.push(SubscriptionTier { from, monthly });
    }
    Ok(tiers)
}

fn check_amount_max(
    table: &SubscriptionTable,
    asset: Asset,
    tiers: &[SubscriptionTier],
) -> Result<Option<Amount>, Refusal> {
    let path = "subscription.amount_max";
    let Some(text) = &table.amount_max else {
        return Ok(None);
    };
    let max = field::price(asset, path, text)?;
    if let Some(last) = tiers.last().filter(|last| max < last.from) {
        let (max, last) = (asset.display_amount(max), asset.display_amount(last.from));
        let problem = format!("it is {max}, but the last tier starts at {last} and could never be bought");
        let hint = "raise it, or remove the tier";
        return Err(Refusal::new("amount_max_too_small", path, problem, hint));
    }
    Ok(Some(max))
}

fn check_divisor(table: &SubscriptionTable) -> Result<(), Refusal> {
    let path = "subscription.month_divisor";
    match (table.month_divisor, table.accrual_days) {
        (MonthDivisor::Days(days), AccrualDays::Working | AccrualDays::All) => {
            field::number(path, days, MONTH_DIVISOR_MIN, MONTH_DIVISOR_MAX).map(|_| ())
        }
        (MonthDivisor::Named(NamedDivisor::WorkingDays), AccrualDays::Working) => Ok(()),
        (MonthDivisor::Named(NamedDivisor::WorkingDays), AccrualDays::All) => {
            let problem = "a month has more days than working days: more than the monthly rate would accrue";
            let hint = "write accrual_days = \"working\", or a number of days as the divisor";
            Err(Refusal::new("divisor_misfit", path, problem, hint))
        }
    }
}

fn check_allocations(tables: &[AllocationTable]) -> Result<Vec<Allocation>, Refusal> {
    field::list_length("subscription.allocations", tables.len(), 0, ALLOCATIONS_MAX)?;
    let shares: Vec<u16> = tables.iter().map(|table| table.bps).collect();
    let shares = field::shares("subscription.allocations", &shares)?;
    let mut allocations: Vec<Allocation> = Vec::with_capacity(tables.len());
    for (index, (table, share)) in tables.iter().zip(shares).enumerate() {
        let path = format!("subscription.allocations[{index}].fund");
        let fund = FundName::check(&path, &table.fund)?;
        if allocations.iter().any(|earlier| earlier.fund == fund) {
            return Err(field::fund_repeated(&path, &table.fund));
        }
        allocations.push(Allocation { fund, share });
    }
    Ok(allocations)
}

/// Days from Monday to Friday in the month that contains a day: 20 to 23.
fn working_days_of_month(day: Day) -> u32 {
    // 31 days before and after contain the month.
    let first = day.get().saturating_sub(31);
    let days = (first..=day.get().saturating_add(31)).map(Day::new);
    let counted = days.filter(|other| other.month() == day.month() && other.is_working_day());
    u32::try_from(counted.count()).unwrap_or(0).max(MONTH_DIVISOR_MIN)
}
