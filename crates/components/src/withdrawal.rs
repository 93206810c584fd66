//! Withdrawals: what a user moves from the wallet balance to what the chain may pay, and what that costs.
//!
//! Order of deductions: gross → tax that is withheld from withdrawals → the operator's fee → net. It is the user's own
//! command, done at once: no operator is asked. Not responsible for balances or accounts.

pub mod table;

use crate::component::{Booked, Terms};
use std::fmt;

use money::{Amount, Asset, Bps};

pub use crate::withdrawal::table::WithdrawalTable;

use crate::withholding::{Occasion, Payment, Withheld, Withholding, WithholdingTerms};
use ledger::UserId;
use plan_file::Day;
use plan_file::Encoder;
use plan_file::{Finding, Severity, percent};
use plan_file::{Refusal, field};

/// The largest fee: what takes more than half of a user's own money is no fee.
pub const FEE_BPS_MAX: u16 = 5_000;

/// What a withdrawal costs. By default nothing, and any amount can be withdrawn: for a plan that only withholds tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithdrawalTerms {
    fee: Bps,
    min: Amount,
}

/// A user's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who.
    pub user: UserId,
    /// What leaves the wallet balance, in base units.
    pub gross: Amount,
    /// What the wallet balance holds.
    pub wallet: Amount,
    /// When.
    pub day: Day,
}

/// How a withdrawal is divided: `gross = withheld + fee + net`, to the last base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What leaves the wallet balance.
    pub gross: Amount,
    /// Tax.
    pub withheld: Amount,
    /// The operator's.
    pub fee: Amount,
    /// What the user gets.
    pub net: Amount,
}

/// Why a withdrawal is not made. Nothing changes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawalRefused {
    /// More than the wallet balance holds.
    AboveWallet {
        /// What it holds.
        wallet: Amount,
    },
    /// Less than the plan's smallest withdrawal.
    BelowMin {
        /// The smallest.
        min: Amount,
    },
    /// Tax and fee would leave the user nothing: a larger withdrawal, or a later one, leaves something.
    NothingLeft,
}

impl WithdrawalTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `withdrawal_fee_too_large`, and those of single fields.
    pub fn check(table: &WithdrawalTable, asset: Asset) -> Result<Self, Refusal> {
        let fee = field::bps("withdrawal.fee_bps", table.fee_bps)?;
        if fee.get() > FEE_BPS_MAX {
            let problem = format!(
                "a fee of {} takes most of what users earned",
                percent(u128::from(fee.get()))
            );
            let hint = format!("write at most {FEE_BPS_MAX}");
            let code = "withdrawal_fee_too_large";
            return Err(Refusal::new(code, "withdrawal.fee_bps", problem, hint));
        }
        let min = match &table.min {
            Some(text) => field::price(asset, "withdrawal.min", text)?,
            None => Amount::ZERO,
        };
        Ok(Self { fee, min })
    }

    /// The fee's share of what tax leaves.
    pub const fn fee(&self) -> Bps {
        self.fee
    }

    /// The smallest withdrawal, before deductions.
    pub const fn min(&self) -> Amount {
        self.min
    }

    /// Divides a withdrawal. The fee is inside it, rounded down, and never taken of the tax.
    pub fn quote(&self, gross: Amount, withheld: Amount) -> Quote {
        let withheld = withheld.min(gross);
        let rest = gross.saturating_sub(withheld);
        let fee = self.fee.floor_of(rest);
        Quote {
            gross,
            withheld,
            fee,
            net: rest.saturating_sub(fee),
        }
    }

    /// What a request would give now. Changes nothing: for previews.
    pub fn preview(
        &self,
        policies: &WithholdingTerms,
        withholding: &Withholding,
        request: &Request,
    ) -> Result<(Withheld, Quote), WithdrawalRefused> {
        if request.gross > request.wallet {
            let wallet = request.wallet;
            return Err(WithdrawalRefused::AboveWallet { wallet });
        }
        if request.gross < self.min {
            return Err(WithdrawalRefused::BelowMin { min: self.min });
        }
        let payment = Payment {
            user: request.user,
            gross: request.gross,
            occasion: Occasion::Payout,
            day: request.day,
        };
        let withheld = withholding.preview(policies, &payment);
        let quote = self.quote(request.gross, withheld.total());
        if quote.net.is_zero() {
            return Err(WithdrawalRefused::NothingLeft);
        }
        Ok((withheld, quote))
    }

    /// Makes the withdrawal: what is withheld from it is remembered.
    ///
    /// # Errors
    /// The broken rule; then nothing is remembered.
    pub fn withdraw(
        &self,
        policies: &WithholdingTerms,
        withholding: &mut Withholding,
        request: &Request,
    ) -> Result<(Withheld, Quote), WithdrawalRefused> {
        let (withheld, quote) = self.preview(policies, withholding, request)?;
        withholding.commit(&withheld);
        Ok((withheld, quote))
    }
}

impl Terms for WithdrawalTerms {
    type Tables<'a> = Option<&'a WithdrawalTable>;
    type Rules = Booked;
    const NAME: &'static str = "withdrawal";

    fn read(table: Option<&WithdrawalTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn encode(&self, out: &mut Encoder) {
        out.u32(u32::from(self.fee.get()));
        out.amount(self.min);
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        let mut found = Vec::new();
        let fee = self.fee.get();
        if fee > 0 {
            found.push(Finding {
                code: "withdrawal_fee",
                severity: Severity::Info,
                text: format!(
                    "The operator's fee is {} of a withdrawal after tax.",
                    percent(u128::from(fee))
                ),
                figures: vec![("fee_bps", u128::from(fee))],
            });
        }
        if !self.min.is_zero() {
            let min = asset.display_amount(self.min);
            found.push(Finding {
                code: "withdrawal_minimum",
                severity: Severity::Warning,
                text: format!(
                    "A wallet balance below {min} {asset} cannot be withdrawn: a user who stops before that receives none of it."
                ),
                figures: vec![("min_units", self.min.base_units())],
            });
        }
        found
    }
}

impl WithdrawalRefused {
    /// Stable code of the broken rule.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AboveWallet { .. } => "withdrawal_above_wallet",
            Self::BelowMin { .. } => "withdrawal_below_min",
            Self::NothingLeft => "withdrawal_leaves_nothing",
        }
    }
}

impl fmt::Display for WithdrawalRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AboveWallet { wallet } => write!(f, "the wallet balance holds {wallet} base units"),
            Self::BelowMin { min } => write!(f, "the smallest withdrawal is {min} base units"),
            Self::NothingLeft => f.write_str("nothing would be left after tax and fee"),
        }
    }
}

impl std::error::Error for WithdrawalRefused {}
