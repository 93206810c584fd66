//! Stored causes about users' money on its way out.

use alloy_primitives::Address;
use money::Amount;
use plan::{BatchEnd, Cause, PayoutOutcome, RequestedPayout, SettledPayout};
use serde::{Deserialize, Serialize};

use super::field::{Decimal, Hex};
use super::{CauseJson, CauseJsonError};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RequestedPayoutJson {
    wallet: Hex<20>,
    amount: Decimal,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SettledPayoutJson {
    wallet: Hex<20>,
    outcome: OutcomeJson,
    /// Zero when skipped.
    amount: Decimal,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeJson {
    Executed,
    Credited,
    CreditedFrozen,
    Skipped,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EndJson {
    Expired,
    Cancelled,
}

/// The form of a cause about users' money on its way out; of any other, what the parent module makes of it.
pub(super) fn write(cause: &Cause) -> CauseJson {
    match cause {
        Cause::BatchRequested { batch_id, payouts } => CauseJson::BatchRequested {
            batch_id: Hex(*batch_id),
            payouts: payouts.iter().map(RequestedPayoutJson::from).collect(),
        },
        Cause::BatchReleased { batch_id, end } => CauseJson::BatchReleased {
            batch_id: Hex(*batch_id),
            end: match end {
                BatchEnd::Expired => EndJson::Expired,
                BatchEnd::Cancelled => EndJson::Cancelled,
            },
        },
        Cause::BatchSettled {
            batch_id,
            manifest_hash,
            payouts,
        } => CauseJson::BatchSettled {
            batch_id: Hex(*batch_id),
            manifest_hash: Hex(*manifest_hash),
            payouts: payouts.iter().map(SettledPayoutJson::from).collect(),
        },
        Cause::BatchCancelled { batch_id } => CauseJson::BatchCancelled {
            batch_id: Hex(*batch_id),
        },
        Cause::Claimed {
            wallet,
            root,
            entitled,
            amount,
        } => CauseJson::Claimed {
            wallet: Hex(wallet.0),
            root: Hex(*root),
            entitled: Decimal(*entitled),
            amount: Decimal(*amount),
        },
        Cause::LeavesSettled { root, payouts } => CauseJson::LeavesSettled {
            root: Hex(*root),
            payouts: payouts.iter().map(SettledPayoutJson::from).collect(),
        },
        Cause::CreditWithdrawn { wallet, to, amount } => CauseJson::CreditWithdrawn {
            wallet: Hex(wallet.0),
            to: Hex(to.0),
            amount: Decimal(*amount),
        },
        Cause::TreasuryPaid { .. }
        | Cause::RootPublished { .. }
        | Cause::RootVetoed { .. }
        | Cause::Registered(_)
        | Cause::RetoppedUp(_)
        | Cause::Refunded { .. }
        | Cause::EscrowMatured { .. }
        | Cause::Funded { .. }
        | Cause::UserFrozen { .. }
        | Cause::UserUnfrozen { .. }
        | Cause::Noted
        | Cause::Reported(_)
        | Cause::ReserveChosen { .. }
        | Cause::Corrected { .. } => cause.into(),
    }
}

/// Reads a form that [`write`] writes; of any other, what the parent module makes of it.
pub(super) fn read(json: CauseJson) -> Result<Cause, CauseJsonError> {
    Ok(match json {
        CauseJson::BatchRequested { batch_id, payouts } => Cause::BatchRequested {
            batch_id: batch_id.0,
            payouts: payouts.iter().map(RequestedPayout::from).collect(),
        },
        CauseJson::BatchReleased { batch_id, end } => Cause::BatchReleased {
            batch_id: batch_id.0,
            end: match end {
                EndJson::Expired => BatchEnd::Expired,
                EndJson::Cancelled => BatchEnd::Cancelled,
            },
        },
        CauseJson::BatchSettled {
            batch_id,
            manifest_hash,
            payouts,
        } => Cause::BatchSettled {
            batch_id: batch_id.0,
            manifest_hash: manifest_hash.0,
            payouts: payouts
                .iter()
                .map(SettledPayout::try_from)
                .collect::<Result<_, _>>()?,
        },
        CauseJson::BatchCancelled { batch_id } => Cause::BatchCancelled { batch_id: batch_id.0 },
        CauseJson::Claimed {
            wallet,
            root,
            entitled,
            amount,
        } => Cause::Claimed {
            wallet: Address(wallet.0),
            root: root.0,
            entitled: entitled.0,
            amount: amount.0,
        },
        CauseJson::LeavesSettled { root, payouts } => Cause::LeavesSettled {
            root: root.0,
            payouts: payouts
                .iter()
                .map(SettledPayout::try_from)
                .collect::<Result<_, _>>()?,
        },
        CauseJson::CreditWithdrawn { wallet, to, amount } => Cause::CreditWithdrawn {
            wallet: Address(wallet.0),
            to: Address(to.0),
            amount: amount.0,
        },
        CauseJson::TreasuryPaid { .. }
        | CauseJson::RootPublished { .. }
        | CauseJson::RootVetoed { .. }
        | CauseJson::Registered(_)
        | CauseJson::RetoppedUp(_)
        | CauseJson::Refunded { .. }
        | CauseJson::EscrowMatured { .. }
        | CauseJson::Funded { .. }
        | CauseJson::UserFrozen { .. }
        | CauseJson::UserUnfrozen { .. }
        | CauseJson::Noted
        | CauseJson::Reported(_)
        | CauseJson::ReserveChosen { .. }
        | CauseJson::Corrected { .. } => json.try_into()?,
    })
}

impl From<&RequestedPayout> for RequestedPayoutJson {
    fn from(line: &RequestedPayout) -> Self {
        Self {
            wallet: Hex(line.wallet.0),
            amount: Decimal(line.amount),
        }
    }
}

impl From<&RequestedPayoutJson> for RequestedPayout {
    fn from(json: &RequestedPayoutJson) -> Self {
        Self {
            wallet: Address(json.wallet.0),
            amount: json.amount.0,
        }
    }
}

impl From<&SettledPayout> for SettledPayoutJson {
    fn from(line: &SettledPayout) -> Self {
        let (outcome, amount) = match line.outcome {
            PayoutOutcome::Executed(amount) => (OutcomeJson::Executed, amount),
            PayoutOutcome::Credited {
                amount,
                frozen: false,
            } => (OutcomeJson::Credited, amount),
            PayoutOutcome::Credited { amount, frozen: true } => (OutcomeJson::CreditedFrozen, amount),
            PayoutOutcome::Skipped => (OutcomeJson::Skipped, Amount::ZERO),
        };
        Self {
            wallet: Hex(line.wallet.0),
            outcome,
            amount: Decimal(amount),
        }
    }
}

impl TryFrom<&SettledPayoutJson> for SettledPayout {
    type Error = CauseJsonError;

    fn try_from(json: &SettledPayoutJson) -> Result<Self, CauseJsonError> {
        let amount = json.amount.0;
        let outcome = match json.outcome {
            OutcomeJson::Executed => PayoutOutcome::Executed(amount),
            OutcomeJson::Credited => PayoutOutcome::Credited {
                amount,
                frozen: false,
            },
            OutcomeJson::CreditedFrozen => PayoutOutcome::Credited { amount, frozen: true },
            OutcomeJson::Skipped if amount.is_zero() => PayoutOutcome::Skipped,
            OutcomeJson::Skipped => return Err(CauseJsonError::Field { field: "amount" }),
        };
        Ok(Self {
            wallet: Address(json.wallet.0),
            outcome,
        })
    }
}
