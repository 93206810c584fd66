//! Stored lines of batches and of settled leaves.

use alloy_primitives::Address;
use money::Amount;
use plan::{PayoutOutcome, RequestedPayout, SettledPayout};
use serde::{Deserialize, Serialize};

use super::field::decimal;

#[derive(Serialize, Deserialize)]
#[serde(remote = "RequestedPayout")]
struct RequestedForm {
    wallet: Address,
    #[serde(with = "decimal")]
    amount: Amount,
}

#[derive(Serialize, Deserialize)]
struct SettledForm {
    wallet: Address,
    outcome: OutcomeForm,
    /// Zero when skipped.
    #[serde(with = "decimal")]
    amount: Amount,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeForm {
    Executed,
    Credited,
    CreditedFrozen,
    Skipped,
}

/// The lines of a requested batch.
pub(super) mod requested {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, RequestedForm, RequestedPayout, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Line(#[serde(with = "RequestedForm")] RequestedPayout);

    pub(in super::super) fn serialize<S: Serializer>(
        lines: &[RequestedPayout],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(lines.iter().copied().map(Line))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<RequestedPayout>, D::Error> {
        let lines = Vec::<Line>::deserialize(from)?;
        Ok(lines.into_iter().map(|line| line.0).collect())
    }
}

/// What a batch, or a call that settles leaves, did for each user.
pub(super) mod settled {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{Deserialize as _, SettledForm, SettledPayout};

    pub(in super::super) fn serialize<S: Serializer>(
        lines: &[SettledPayout],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(lines.iter().map(SettledForm::from))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<SettledPayout>, D::Error> {
        let lines = Vec::<SettledForm>::deserialize(from)?
            .into_iter()
            .map(SettledPayout::try_from);
        lines.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

impl From<&SettledPayout> for SettledForm {
    fn from(line: &SettledPayout) -> Self {
        let (outcome, amount) = match line.outcome {
            PayoutOutcome::Executed(amount) => (OutcomeForm::Executed, amount),
            PayoutOutcome::Credited {
                amount,
                frozen: false,
            } => (OutcomeForm::Credited, amount),
            PayoutOutcome::Credited { amount, frozen: true } => (OutcomeForm::CreditedFrozen, amount),
            PayoutOutcome::Skipped => (OutcomeForm::Skipped, Amount::ZERO),
        };
        Self {
            wallet: line.wallet,
            outcome,
            amount,
        }
    }
}

impl TryFrom<SettledForm> for SettledPayout {
    type Error = &'static str;

    fn try_from(
        SettledForm {
            wallet,
            outcome,
            amount,
        }: SettledForm,
    ) -> Result<Self, Self::Error> {
        let outcome = match outcome {
            OutcomeForm::Executed => PayoutOutcome::Executed(amount),
            OutcomeForm::Credited => PayoutOutcome::Credited {
                amount,
                frozen: false,
            },
            OutcomeForm::CreditedFrozen => PayoutOutcome::Credited { amount, frozen: true },
            OutcomeForm::Skipped if amount.is_zero() => PayoutOutcome::Skipped,
            OutcomeForm::Skipped => return Err("a skipped payout has no amount"),
        };
        Ok(Self { wallet, outcome })
    }
}
