//! What is assumed of plans with components: purchases, orders, conversions, and money from outside.

use money::{Amount, Asset, AssetError};
use serde::{Serialize, Serializer};

use crate::text::Text;

use super::{DELAY_DAYS_MAX, ParameterError, delay, share};

/// Most different amounts that people pay.
pub const AMOUNTS_MAX: usize = 8;
/// Maximum number of customers of a participant.
pub const CUSTOMERS_MAX: u32 = 100;
/// Maximum number of conversions of a participant in a month.
pub const CONVERSIONS_MAX: u32 = 100;

/// What people and operators do in plans with components. Chances are in ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Activity {
    /// What operators put into each fund on the first day of a month, out of money of no participant.
    #[serde(serialize_with = "crate::text::text")]
    pub outside_revenue: Amount,
    /// For how many months they do; `None` for all.
    pub outside_revenue_months: Option<u32>,
    /// When users take money out of their wallet balance.
    #[serde(serialize_with = "withdrawals_name")]
    pub withdrawals: Withdrawals,
    /// What people pay at a time; `None` for amounts that suit the plan.
    pub amounts: Option<Amounts>,
    /// Chance that a participant orders for their own use in a month.
    pub order_bps: u16,
    /// Most retail customers of a participant; any number up to it has the same chance.
    pub customers_max: u32,
    /// Chance that a customer orders in a month.
    pub customer_order_bps: u16,
    /// Maximum number of conversions of a participant in a month; any number up to it has the same chance.
    pub conversions_max: u32,
    /// Chance that a customer's order, or a conversion, goes back.
    pub send_back_bps: u16,
    /// Days from it to that.
    pub send_back_after_days: u32,
}

names::names! {
    /// When users take money out of their wallet balance.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Withdrawals {
        /// Never: everything stays in the books.
        Never = "never",
        /// At the end of the day on which the balance reaches what the plan lets out at least; then all of it.
        AtOnce = "at-once",
    }
}

fn withdrawals_name<S: Serializer>(withdrawals: &Withdrawals, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(withdrawals.name())
}

/// Amounts that people pay, each with its chance; together the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    list: [(Amount, u16); AMOUNTS_MAX],
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Chance {
            amount: Text<Amount>,
            bps: u16,
        }
        serializer.collect_seq(self.iter().map(|(amount, bps)| Chance {
            amount: Text(amount),
            bps,
        }))
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            outside_revenue: Amount::ZERO,
            outside_revenue_months: None,
            withdrawals: Withdrawals::Never,
            amounts: None,
            order_bps: 6_000,
            customers_max: 4,
            customer_order_bps: 5_000,
            conversions_max: 1,
            send_back_bps: 500,
            send_back_after_days: 10,
        }
    }
}

impl Activity {
    pub(super) fn check(&self) -> Result<(), ParameterError> {
        share("order", self.order_bps, 0, 10_000)?;
        share("customer_order", self.customer_order_bps, 0, 10_000)?;
        share("send_back", self.send_back_bps, 0, 10_000)?;
        delay("send_back_after", self.send_back_after_days, DELAY_DAYS_MAX)?;
        for (name, count, max) in [
            ("customers", self.customers_max, CUSTOMERS_MAX),
            ("conversions", self.conversions_max, CONVERSIONS_MAX),
        ] {
            if count > max {
                return Err(ParameterError::Count { name, count, max });
            }
        }
        match self.amounts.map(|amounts| amounts.total_bps()) {
            None | Some(10_000) => Ok(()),
            Some(total) => Err(ParameterError::Amounts(total)),
        }
    }
}

impl Amounts {
    /// These amounts with their chances; what is beyond [`AMOUNTS_MAX`] is left out.
    pub fn new(amounts: &[(Amount, u16)]) -> Self {
        let mut list = [(Amount::ZERO, 0); AMOUNTS_MAX];
        for (to, from) in list.iter_mut().zip(amounts) {
            *to = *from;
        }
        Self { list }
    }

    /// Amounts in units of an asset, such as `50:6000,200:4000`.
    ///
    /// # Errors
    /// Text of another form, or more amounts than fit.
    pub fn parse(asset: Asset, text: &str) -> Result<Self, AmountsError> {
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() > AMOUNTS_MAX {
            return Err(AmountsError::TooMany(parts.len()));
        }
        let amounts: Result<Vec<_>, AmountsError> = parts
            .into_iter()
            .map(|part| {
                let malformed = || AmountsError::Malformed(part.to_owned());
                let (amount, bps) = part.split_once(':').ok_or_else(malformed)?;
                let bps = bps.trim().parse().map_err(|_| malformed())?;
                Ok((asset.parse_amount(amount.trim())?, bps))
            })
            .collect();
        Ok(Self::new(&amounts?))
    }

    /// The amounts that have a chance, with it.
    pub fn iter(&self) -> impl Iterator<Item = (Amount, u16)> + '_ {
        self.list.iter().copied().filter(|(_, bps)| *bps > 0)
    }

    /// The amount that a number below 10,000 stands for.
    pub fn at(&self, number: u32) -> Amount {
        let mut until = 0u32;
        let mut last = Amount::ZERO;
        for (amount, bps) in self.iter() {
            last = amount;
            until = until.saturating_add(u32::from(bps));
            if number < until {
                break;
            }
        }
        last
    }

    /// The same chances, each amount changed.
    pub fn map(&self, change: impl Fn(Amount) -> Amount) -> Self {
        Self {
            list: self.list.map(|(amount, bps)| (change(amount), bps)),
        }
    }

    /// In words: `50 (6000 of 10,000), 200 (4000)`.
    pub fn sentence(&self, asset: Asset) -> String {
        let parts: Vec<String> = self
            .iter()
            .map(|(amount, bps)| format!("{} in {bps}", asset.display_amount(amount)))
            .collect();
        format!("{} of 10,000 cases ({})", parts.join(", "), asset.code())
    }

    fn total_bps(&self) -> u32 {
        self.iter()
            .fold(0u32, |sum, (_, bps)| sum.saturating_add(u32::from(bps)))
    }
}

/// Why a text is no list of amounts.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum AmountsError {
    /// Too many.
    #[error("{0} amounts; at most {AMOUNTS_MAX} can be simulated")]
    TooMany(usize),
    /// Not an amount and its chance.
    #[error("{0:?} is not an amount with its share in basis points, such as 50:6000")]
    Malformed(String),
    /// Not an amount of the asset.
    #[error("an amount cannot be read")]
    Amount(#[from] AssetError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_up_as_often_as_they_say() {
        let amounts = Amounts::parse(Asset::Usdt, "50:6000, 200:4000").unwrap();
        let of = |text| Asset::Usdt.parse_amount(text).unwrap();
        assert_eq!(amounts.at(0), of("50"));
        assert_eq!(amounts.at(5_999), of("50"));
        assert_eq!(amounts.at(6_000), of("200"));
        assert_eq!(amounts.at(9_999), of("200"));
        let refused = |text| Amounts::parse(Asset::Usdt, text).is_err();
        assert!(
            refused("50")
                && refused("50:x")
                && refused("x:1")
                && refused("1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1")
        );
    }
}
