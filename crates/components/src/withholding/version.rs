//! What a policy says from a day on.

use std::fmt;

use crate::withholding::table::{Basis, CeilingScope, Crossing, On, ThresholdScope, WithholdingTable};
use ledger::Reason;
use money::{Amount, Asset, Bps};
use plan_file::{Day, Encoder, Refusal, field, percent};

/// What a policy says from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// Place in the plan file, from 0. Not part of the rules, so the hash does not cover it.
    pub(super) entry: u8,
    pub(super) valid_from: Day,
    pub(super) rate: Bps,
    pub(super) no_tax_id_rate: Bps,
    pub(super) threshold: Amount,
    pub(super) crossing: Crossing,
    pub(super) ceiling: Option<(Amount, CeilingScope)>,
    pub(super) kinds: Kinds,
}

/// A set of kinds of rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinds {
    All,
    Only(u8),
}

/// Kinds of rewards by their names, in the order of their bits.
pub(super) const KINDS: [&str; 7] = [
    "direct",
    "pool_layer",
    "generation",
    "rank",
    "pair",
    "accrual",
    "bonus",
];

impl Version {
    pub(super) fn check(
        table: &WithholdingTable,
        asset: Asset,
        path: &dyn Fn(&str) -> String,
    ) -> Result<Self, Refusal> {
        let rate = field::bps(&path("rate_bps"), table.rate_bps)?;
        let no_tax_id_rate = match table.no_tax_id_rate_bps {
            Some(value) => field::bps(&path("no_tax_id_rate_bps"), value)?,
            None => rate,
        };
        if no_tax_id_rate < rate {
            let problem = format!("{} is below the rate of {}", no_tax_id_rate.get(), rate.get());
            let hint = "write a rate that is at least as high, or remove it";
            let code = "no_tax_id_rate_below_rate";
            return Err(Refusal::new(code, path("no_tax_id_rate_bps"), problem, hint));
        }
        let On::Gross = table.on;
        Ok(Self {
            entry: 0,
            valid_from: field::date(&path("valid_from"), &table.valid_from)?,
            rate,
            no_tax_id_rate,
            threshold: check_threshold(table, asset, path)?,
            crossing: table.crossing,
            ceiling: check_ceiling(table, asset, path)?,
            kinds: Kinds::check(table, path)?,
        })
    }

    pub(super) const fn entry(&self) -> u8 {
        self.entry
    }

    /// The rate for a user whose tax id is known, or is not.
    pub(super) const fn rate(&self, has_tax_id: bool) -> Bps {
        if has_tax_id {
            self.rate
        } else {
            self.no_tax_id_rate
        }
    }

    /// How much of a year's payments is taxed.
    pub(super) fn taxable(&self, paid: Amount) -> Amount {
        match self.crossing {
            _ if paid <= self.threshold => Amount::ZERO,
            Crossing::WholeAggregate => paid,
            Crossing::AboveOnly => paid.saturating_sub(self.threshold),
        }
    }

    /// From whom, of how much and how much at most.
    pub(super) fn conditions(&self, asset: Asset) -> String {
        let mut text = String::new();
        if self.no_tax_id_rate != self.rate {
            let rate = percent(u128::from(self.no_tax_id_rate.get()));
            text.push_str(&format!(", {rate} from users without a known tax id"));
        }
        if let Some((ceiling, scope)) = self.ceiling {
            let scope = match scope {
                CeilingScope::Payment => "of a payment",
                CeilingScope::FinancialYear => "in a financial year",
            };
            text.push_str(&format!(
                ", at most {} {asset} {scope}",
                asset.display_amount(ceiling)
            ));
        }
        if let Some(threshold) = self.threshold() {
            let threshold = asset.display_amount(threshold);
            text.push_str(&match self.crossing {
                Crossing::WholeAggregate => format!(
                    ", once a financial year's total exceeds {threshold} {asset}; the payment that crosses it bears \
                     the tax for the whole year"
                ),
                Crossing::AboveOnly => {
                    format!(", on the part above {threshold} {asset} in a financial year")
                }
            });
        }
        text
    }

    pub(super) fn threshold(&self) -> Option<Amount> {
        (!self.threshold.is_zero()).then_some(self.threshold)
    }

    pub(super) fn encode(&self, out: &mut Encoder) {
        out.u32(self.valid_from.get());
        out.u32(u32::from(self.rate.get()));
        out.u32(u32::from(self.no_tax_id_rate.get()));
        out.amount(self.threshold);
        out.u32(match self.crossing {
            Crossing::WholeAggregate => 1,
            Crossing::AboveOnly => 2,
        });
        let (ceiling, scope) = match self.ceiling {
            None => (Amount::ZERO, 0),
            Some((ceiling, CeilingScope::Payment)) => (ceiling, 1),
            Some((ceiling, CeilingScope::FinancialYear)) => (ceiling, 2),
        };
        out.u32(scope);
        out.amount(ceiling);
        out.u32(match self.kinds {
            Kinds::All => u32::MAX,
            Kinds::Only(bits) => u32::from(bits),
        });
    }
}

impl Kinds {
    fn check(table: &WithholdingTable, path: &dyn Fn(&str) -> String) -> Result<Self, Refusal> {
        let Some(names) = &table.kinds else {
            return Ok(Self::All);
        };
        field::list_length(&path("kinds"), names.len(), 1, KINDS.len())?;
        if table.basis == Basis::Payout {
            let problem = "a withdrawal has no kind: it mixes rewards of all kinds";
            let hint = "remove kinds, or withhold at credit";
            return Err(Refusal::new("kinds_at_payout", path("kinds"), problem, hint));
        }
        let mut bits = 0u8;
        for (index, name) in names.iter().enumerate() {
            let Some(bit) = Self::bit(name) else {
                let place = format!("{}[{index}]", path("kinds"));
                let problem = format!("{name:?} is not a kind of reward");
                let hint = format!("write one of {}", KINDS.join(", "));
                return Err(Refusal::new("kind_unknown", place, problem, hint));
            };
            bits |= bit;
        }
        Ok(Self::Only(bits))
    }

    pub(super) fn has(self, reason: Reason) -> bool {
        self.has_name(reason.name())
    }

    pub(super) fn has_name(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(bits) => Self::bit(name).is_some_and(|bit| bits & bit != 0),
        }
    }

    fn bit(name: &str) -> Option<u8> {
        let place = KINDS.iter().position(|kind| *kind == name)?;
        1u8.checked_shl(u32::try_from(place).ok()?)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Only(_) = self else { return Ok(()) };
        let mut before = " of the kinds ";
        for name in KINDS.iter().filter(|name| self.has_name(name)) {
            write!(f, "{before}{name}")?;
            before = " and ";
        }
        Ok(())
    }
}

fn check_threshold(
    table: &WithholdingTable,
    asset: Asset,
    path: &dyn Fn(&str) -> String,
) -> Result<Amount, Refusal> {
    match (&table.threshold, table.threshold_scope) {
        (Some(text), ThresholdScope::FinancialYear) => field::price(asset, &path("threshold"), text),
        (Some(_), ThresholdScope::None) => Err(Refusal::new(
            "threshold_without_scope",
            path("threshold_scope"),
            "a threshold is set without threshold_scope",
            "write threshold_scope = \"financial_year\", or remove the threshold",
        )),
        (None, ThresholdScope::FinancialYear) => Err(Refusal::new(
            "scope_without_threshold",
            path("threshold"),
            "threshold_scope is set without a threshold",
            "write the threshold, or remove threshold_scope",
        )),
        (None, ThresholdScope::None) if table.crossing != Crossing::default() => Err(Refusal::new(
            "crossing_without_threshold",
            path("crossing"),
            "crossing is set without a threshold",
            "write a threshold, or remove crossing",
        )),
        (None, ThresholdScope::None) => Ok(Amount::ZERO),
    }
}

fn check_ceiling(
    table: &WithholdingTable,
    asset: Asset,
    path: &dyn Fn(&str) -> String,
) -> Result<Option<(Amount, CeilingScope)>, Refusal> {
    match (&table.ceiling, table.ceiling_scope) {
        (Some(text), Some(scope)) => Ok(Some((field::price(asset, &path("ceiling"), text)?, scope))),
        (Some(_), None) => Err(Refusal::new(
            "ceiling_without_scope",
            path("ceiling_scope"),
            "a ceiling is set without ceiling_scope",
            "write ceiling_scope = \"payment\" or \"financial_year\"",
        )),
        (None, Some(_)) => Err(Refusal::new(
            "scope_without_ceiling",
            path("ceiling"),
            "ceiling_scope is set without a ceiling",
            "write the ceiling, or remove ceiling_scope",
        )),
        (None, None) => Ok(None),
    }
}
