//! [`OrdersTerms`]: the checked parameters of orders, in exact base units.

use crate::component::{Booked, Terms};
use crate::fund::FundName;
use ledger::Fund;
use money::{Amount, Asset, Bps};

use super::PeriodNumber;
use crate::orders::table::{Compression, OrdersTable, Paycut, Period, PersonalVolume, RetailRule};
use plan_file::Encoder;
use plan_file::{Day, Finding};
use plan_file::{GENERATIONS_MAX, Refusal, field, percent, percent_of_100m};

/// Most retail customers that a plan may request: far above any rule known, and small enough to be a typing error
/// beyond it.
pub const CUSTOMERS_MAX: u32 = 1_000;
/// Longest hold after release in days: what is held for more than a year is not paid.
pub const HOLD_DAYS_MAX: u32 = 366;

/// The checked parameters of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersTerms {
    pub(super) period: Period,
    pub(super) pv: Bps,
    pub(super) paid_from: FundName,
    pub(super) fund: Bps,
    pub(super) generations: Vec<Generation>,
    pub(super) compression: Compression,
    pub(super) active_pv_min: Amount,
    pub(super) personal_volume: PersonalVolume,
    pub(super) customers_min: u32,
    pub(super) retail_share_min: Bps,
    pub(super) retail_rule: RetailRule,
    pub(super) paycut: Option<Paycut>,
    pub(super) hold_days: u32,
}

/// What one generation is paid, and what it requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation {
    pub(super) rate: Bps,
    pub(super) asks: Requirement,
}

/// Volumes of the period that a generation requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) personal: Amount,
    pub(super) group: Amount,
}

impl OrdersTerms {
    /// Checks the table, whose path in the plan file is `orders`.
    ///
    /// # Errors
    /// The first broken rule. `commissions_exceed_fund` when the rates can promise more than an order puts into the fund
    /// and no pay cut is declared.
    pub fn check(table: &OrdersTable, asset: Asset) -> Result<Self, Refusal> {
        let rates = field::shares("orders.generations_bps", &table.generations_bps)?;
        field::list_length("orders.generations_bps", rates.len(), 1, GENERATIONS_MAX)?;
        let personal = volumes(
            asset,
            "orders.own_pv_min",
            table.own_pv_min.as_deref(),
            rates.len(),
        )?;
        let group = volumes(
            asset,
            "orders.group_pv_min",
            table.group_pv_min.as_deref(),
            rates.len(),
        )?;
        let generations = rates.into_iter().zip(personal.into_iter().zip(group));
        let terms = Self {
            period: table.period,
            pv: field::bps("orders.pv_bps", table.pv_bps)?,
            paid_from: FundName::unchecked(&table.fund),
            fund: field::bps("orders.fund_bps", table.fund_bps)?,
            generations: generations
                .map(|(rate, (personal, group))| Generation {
                    rate,
                    asks: Requirement { personal, group },
                })
                .collect(),
            compression: table.compression,
            active_pv_min: field::amount(asset, "orders.active_pv_min", &table.active_pv_min)?,
            personal_volume: table.personal_volume,
            customers_min: field::number("orders.customers_min", table.customers_min, 0, CUSTOMERS_MAX)?,
            retail_share_min: field::bps("orders.retail_share_min_bps", table.retail_share_min_bps)?,
            retail_rule: retail_rule(table)?,
            paycut: table.paycut,
            hold_days: field::number("orders.hold_days", table.hold_days, 0, HOLD_DAYS_MAX)?,
        };
        terms.check_funding()?;
        Ok(terms)
    }

    /// Whether every order brings what its own commissions can cost. Compared as hundred-millionths of the amount, so that
    /// nothing is rounded; then the floored shares of any amount are within its floored fund part, too.
    fn check_funding(&self) -> Result<(), Refusal> {
        if self.paycut.is_some() || self.payout_max() <= self.fund_part() {
            return Ok(());
        }
        let (promised, funded) = (self.payout_max(), self.fund_part());
        let problem = format!(
            "the rates promise up to {} of an order and the fund receives only {}",
            percent_of_100m(promised),
            percent_of_100m(funded)
        );
        let hint = "raise fund_bps, lower generations_bps or pv_bps, or declare paycut = \"pro_rata\"";
        Err(Refusal::new(
            "commissions_exceed_fund",
            "orders.fund_bps",
            problem,
            hint,
        ))
    }

    /// The most that an order's commissions are, in hundred-millionths of its amount.
    pub fn payout_max(&self) -> u64 {
        self.rates_total().saturating_mul(u64::from(self.pv.get()))
    }

    /// The fund that pays commissions.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.paid_from
    }

    /// What an order puts into the fund, in hundred-millionths of its amount.
    pub fn fund_part(&self) -> u64 {
        u64::from(self.fund.get()).saturating_mul(u64::from(Bps::WHOLE.get()))
    }

    /// The rates of all generations together, in basis points of the volume.
    pub(super) fn rates_total(&self) -> u64 {
        let rates = self.generations.iter();
        rates.fold(0, |sum, generation| {
            sum.saturating_add(u64::from(generation.rate.get()))
        })
    }

    /// The period that contains a day.
    pub fn period_of(&self, day: Day) -> PeriodNumber {
        PeriodNumber::new(match self.period {
            Period::Month => day.month().get(),
            Period::Week => day.week().get(),
        })
    }

    /// Whether the period of this day ends with it.
    pub fn ends_period(&self, day: Day) -> bool {
        match self.period {
            Period::Month => day.ends_month(),
            Period::Week => day.ends_week(),
        }
    }

    /// The volume of an order that brings no points of its own, in base units: the most that an order may have.
    pub fn volume_of(&self, amount: Amount) -> Amount {
        self.pv.floor_of(amount)
    }

    /// The smallest own order with which a participant may be paid every generation, as far as own volume decides; `None` if
    /// orders bring no volume.
    pub fn order_to_be_paid(&self) -> Option<Amount> {
        let asked = self.generations.iter().map(|generation| generation.asks.personal);
        let volume = asked.fold(self.active_pv_min, Amount::max);
        let scaled = volume.checked_mul(u128::from(Bps::WHOLE.get())).ok()?;
        let pv = u128::from(self.pv.get());
        (pv > 0).then(|| Amount::new(scaled.base_units().div_ceil(pv)))
    }

    /// Customers without whom a participant is not paid, or not in full.
    pub fn customers_to_be_paid(&self) -> u32 {
        let for_share = match self.retail_rule {
            RetailRule::None => 0,
            RetailRule::Scale | RetailRule::Block => 1,
        };
        self.customers_min.max(for_share)
    }

    /// What an order of this amount puts into the fund.
    pub fn fund_of(&self, amount: Amount) -> Amount {
        self.fund.floor_of(amount)
    }

    /// Rates of the generations in basis points of the volume; the first is generation 1.
    pub fn rates(&self) -> impl Iterator<Item = Bps> {
        self.generations.iter().map(|generation| generation.rate)
    }

    /// Days from release until a commission matures.
    pub const fn hold_days(&self) -> u32 {
        self.hold_days
    }
}

impl Terms for OrdersTerms {
    type Tables<'a> = Option<&'a OrdersTable>;
    type Rules = Booked;
    const NAME: &'static str = "orders";

    fn read(table: Option<&OrdersTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.paid_from.find("orders.fund", declared)
    }

    fn encode(&self, out: &mut Encoder) {
        out.text("orders");
        out.u32(match self.period {
            Period::Month => 1,
            Period::Week => 2,
        });
        out.u32(u32::from(self.pv.get()));
        out.u32(u32::from(self.fund.get()));
        out.length(self.generations.len());
        for generation in &self.generations {
            out.u32(u32::from(generation.rate.get()));
            out.amount(generation.asks.personal);
            out.amount(generation.asks.group);
        }
        out.u32(match self.compression {
            Compression::None => 0,
            Compression::Standard => 1,
            Compression::Generous => 2,
        });
        out.amount(self.active_pv_min);
        out.u32(match self.personal_volume {
            PersonalVolume::Own => 1,
            PersonalVolume::OwnAndCustomers => 2,
        });
        out.u32(self.customers_min);
        out.u32(u32::from(self.retail_share_min.get()));
        out.u32(match self.retail_rule {
            RetailRule::None => 0,
            RetailRule::Scale => 1,
            RetailRule::Block => 2,
        });
        out.u32(match self.paycut {
            None => 0,
            Some(Paycut::ProRata) => 1,
        });
        out.u32(self.hold_days);
        // Late orders count in the open period: the only rule there is.
        out.u32(1);
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        super::findings::of(self, asset)
    }

    /// Days must belong to the same commission periods, which one fund pays.
    fn can_follow(&self, earlier: &Self) -> bool {
        self.period == earlier.period && self.paid_from.number() == earlier.paid_from.number()
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        (self.payout_max() > 0).then_some(("commissions", self.paid_from.number()))
    }
}

/// One volume for each generation; zero where the plan requests none.
fn volumes(
    asset: Asset,
    path: &str,
    texts: Option<&[String]>,
    generations: usize,
) -> Result<Vec<Amount>, Refusal> {
    let Some(texts) = texts else {
        return Ok(vec![Amount::ZERO; generations]);
    };
    field::list_length(path, texts.len(), generations, generations)?;
    let entries = texts.iter().enumerate();
    entries
        .map(|(index, text)| field::amount(asset, &format!("{path}[{index}]"), text))
        .collect()
}

/// The rule belongs to the share: one without the other says nothing.
fn retail_rule(table: &OrdersTable) -> Result<RetailRule, Refusal> {
    match (table.retail_share_min_bps, table.retail_rule) {
        (0, None) => Ok(RetailRule::None),
        (1.., Some(rule)) => Ok(rule),
        (0, Some(RetailRule::None)) => Ok(RetailRule::None),
        (0, Some(RetailRule::Scale | RetailRule::Block)) => Err(Refusal::new(
            "retail_share_missing",
            "orders.retail_share_min_bps",
            "retail_rule is set, but the minimum retail share is 0",
            "write a minimum retail share, such as 7000, or remove retail_rule",
        )),
        (share @ 1.., None) => Err(Refusal::new(
            "retail_rule_missing",
            "orders.retail_rule",
            format!(
                "the minimum retail share is {}, but retail_rule does not define what happens below it",
                percent(u128::from(share))
            ),
            "write \"scale\", \"block\" or \"none\"",
        )),
    }
}
