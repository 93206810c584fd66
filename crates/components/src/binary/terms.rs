//! The terms of a binary plan in exact base units: checked tables, and what they say about one pair.

use super::Exempt;
use crate::component::{Booked, Terms};
use crate::fund::FundName;
use ledger::Fund;
use money::{Amount, Asset, Bps};
use plan_file::Finding;

use crate::binary::table::{BinaryTable, BookingTable, CountsFrom, Excess, Placement, WhenShort};
use plan_file::Encoder;
use plan_file::{Refusal, field};

/// Maximum number of pairs of a user in a month: each is a decision of its own, with tax and instalment, in one closing.
pub const PAIRS_PER_MONTH_MAX: u32 = 1_000;
/// Most pairs without an instalment: above it the rule never applies, and leaving it out says so better.
pub const FULL_PAIRS_MAX: u32 = 1_000_000;
/// Maximum number of directs that may be required.
pub const DIRECTS_REQUIRED_MAX: u32 = 1_000;
/// Longest hold in days: what is held for more than a year is not paid.
pub const HOLD_DAYS_MAX: u32 = 366;
/// The only quantity that is paired.
pub const QUANTITY: &str = "member";

/// Everything that decides what a binary plan does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryTerms {
    pub(super) pair_value: Amount,
    pub(super) pairs_max: u32,
    pub(super) excess: Excess,
    pub(super) full_pairs: u32,
    pub(super) instalment: Bps,
    pub(super) activation: Amount,
    pub(super) counts_from: CountsFrom,
    pub(super) directs_required: u32,
    pub(super) when_short: WhenShort,
    pub(super) direct_bonus: Option<Amount>,
    pub(super) price: Amount,
    pub(super) first_payment_min: Amount,
    pub(super) fund: FundName,
    hold_days: u32,
}

impl BinaryTerms {
    /// Checks both tables.
    ///
    /// # Errors
    /// The first broken rule: those of [`field`], `activation_above_price`, `first_payment_above_price`,
    /// `quantity_unknown`, `fund_malformed`.
    pub fn check(binary: &BinaryTable, booking: &BookingTable, asset: Asset) -> Result<Self, Refusal> {
        let price = field::price(asset, "booking.price", &booking.price)?;
        let first = field::price(asset, "booking.first_payment_min", &booking.first_payment_min)?;
        at_most_the_price(
            "first_payment_above_price",
            "booking.first_payment_min",
            asset,
            first,
            price,
        )?;
        let activation = field::price(asset, "binary.activation_amount", &binary.activation_amount)?;
        at_most_the_price(
            "activation_above_price",
            "binary.activation_amount",
            asset,
            activation,
            price,
        )?;
        check_quantity(binary.quantity.as_deref())?;
        let fund = FundName::check("binary.fund", &binary.fund)?;
        let bonus = binary.direct_bonus.as_ref();
        // There is only one way of placing: the match fails to compile when another is added.
        match binary.placement.unwrap_or(Placement::LevelOrder) {
            Placement::LevelOrder => {}
        }
        Ok(Self {
            pair_value: field::price(asset, "binary.pair_value", &binary.pair_value)?,
            pairs_max: field::number(
                "binary.pairs_max_per_month",
                binary.pairs_max_per_month,
                1,
                PAIRS_PER_MONTH_MAX,
            )?,
            excess: binary.excess,
            full_pairs: field::number("binary.full_pairs", binary.full_pairs, 0, FULL_PAIRS_MAX)?,
            instalment: field::bps("binary.instalment_bps", binary.instalment_bps)?,
            activation,
            counts_from: binary.counts_from.unwrap_or(CountsFrom::Activation),
            directs_required: field::number(
                "binary.directs_required",
                binary.directs_required.unwrap_or(0),
                0,
                DIRECTS_REQUIRED_MAX,
            )?,
            when_short: binary.when_short.unwrap_or(WhenShort::Queue),
            direct_bonus: bonus
                .map(|text| field::price(asset, "binary.direct_bonus", text))
                .transpose()?,
            price,
            first_payment_min: first,
            fund,
            hold_days: field::number("binary.hold_days", binary.hold_days, 0, HOLD_DAYS_MAX)?,
        })
    }

    /// What one pair grants, when the fund has enough.
    pub const fn pair_value(&self) -> Amount {
        self.pair_value
    }

    /// Pairs of one user that are paid in a month.
    pub const fn pairs_max_per_month(&self) -> u32 {
        self.pairs_max
    }

    /// Days for which a pair is held.
    pub const fn hold_days(&self) -> u32 {
        self.hold_days
    }

    /// The fund that pays pairs.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.fund
    }

    /// What a sponsor gets once for the first payment of a direct.
    pub const fn direct_bonus(&self) -> Option<Amount> {
        self.direct_bonus
    }

    /// What is bought costs this.
    pub const fn price(&self) -> Amount {
        self.price
    }

    /// The least first payment for what is booked.
    pub const fn first_payment_min(&self) -> Amount {
        self.first_payment_min
    }

    /// Payments, instalments included, that make an active buyer.
    pub const fn activation_amount(&self) -> Amount {
        self.activation
    }

    /// Payments, instalments included, from which on a user counts as a member on the sides above.
    pub const fn counts_at(&self) -> Amount {
        match self.counts_from {
            CountsFrom::Activation => self.activation,
            CountsFrom::FirstPayment => self.first_payment_min,
        }
    }

    /// The first pairs of a user, which pay no instalment.
    pub const fn full_pairs(&self) -> u32 {
        self.full_pairs
    }

    /// The part of pair `number` that pays its user's instalment: a share of `net`, what withholding left of the
    /// pair, at most what is outstanding. `paid` is what the user has paid at that moment, earlier instalments included.
    pub fn instalment(&self, number: u32, net: Amount, paid: Amount) -> Result<Amount, Exempt> {
        if number <= self.full_pairs {
            Err(Exempt::FirstPairs)
        } else if paid >= self.activation {
            Err(Exempt::ActiveBuyer)
        } else {
            Ok(self.instalment.floor_of(net).min(self.price.saturating_sub(paid)))
        }
    }
}

impl Terms for BinaryTerms {
    type Tables<'a> = (Option<&'a BinaryTable>, Option<&'a BookingTable>);
    type Rules = Booked;
    const NAME: &'static str = "binary";

    fn read(tables: Self::Tables<'_>, asset: Asset) -> Result<Option<Self>, Refusal> {
        let (table, problem, hint) = match tables {
            (None, None) => return Ok(None),
            (Some(binary), Some(booking)) => return Self::check(binary, booking, asset).map(Some),
            (Some(_), None) => (
                "binary",
                "the table [booking] is missing",
                "add [booking] to define what is booked",
            ),
            (None, Some(_)) => (
                "booking",
                "the table [binary] is missing",
                "add [binary], or remove it",
            ),
        };
        Err(Refusal::new("component_misplaced", table, problem, hint))
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("binary.fund", declared)
    }

    fn encode(&self, out: &mut Encoder) {
        out.text("binary");
        out.amount(self.pair_value);
        out.u32(self.pairs_max);
        out.u32(match self.excess {
            Excess::Carry => 1,
            Excess::Flush => 2,
        });
        out.u32(self.full_pairs);
        out.u32(u32::from(self.instalment.get()));
        out.amount(self.activation);
        out.u32(match self.counts_from {
            CountsFrom::Activation => 1,
            CountsFrom::FirstPayment => 2,
        });
        out.u32(self.directs_required);
        out.text(QUANTITY);
        out.text(self.fund.as_str());
        out.u32(match self.when_short {
            WhenShort::Queue => 1,
            WhenShort::ProRata => 2,
        });
        let bonus: Vec<Amount> = self.direct_bonus.into_iter().collect();
        out.amounts(&bonus);
        out.amount(self.price);
        out.amount(self.first_payment_min);
        out.u32(self.hold_days);
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        self.all_findings(asset)
    }

    /// It must say the same of what users agree to with their first payment: the price, the least first payment, and
    /// from which sum on they count and are active buyers.
    fn can_follow(&self, earlier: &Self) -> bool {
        let agreed = |terms: &Self| {
            (
                terms.price,
                terms.first_payment_min,
                terms.activation,
                terms.counts_from,
            )
        };
        agreed(self) == agreed(earlier)
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        Some(("pairs", self.fund.number()))
    }
}

fn at_most_the_price(
    code: &'static str,
    field: &str,
    asset: Asset,
    amount: Amount,
    price: Amount,
) -> Result<(), Refusal> {
    if amount <= price {
        return Ok(());
    }
    let (amount, price) = (asset.display_amount(amount), asset.display_amount(price));
    let problem = format!("{amount} is more than the price of {price}, so no payment can reach it");
    Err(Refusal::new(
        code,
        field,
        problem,
        format!("write at most {price}"),
    ))
}

fn check_quantity(quantity: Option<&str>) -> Result<(), Refusal> {
    match quantity {
        None | Some(QUANTITY) => Ok(()),
        Some(other) => {
            let problem = format!("{other:?}cannot be paired");
            let hint = "write \"member\": every member counts once, regardless of the amount paid";
            Err(Refusal::new("quantity_unknown", "binary.quantity", problem, hint))
        }
    }
}
