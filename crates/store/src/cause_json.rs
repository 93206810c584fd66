//! [`Cause`] as JSON, as the inbox keeps it: amounts as decimal strings, addresses and hashes in lower-case
//! hexadecimal with prefix, one canonical text for each cause.
//!
//! The types here are the file format. Renaming a field changes fingerprints, and with them the hash chain.

mod field;
mod report;
mod settlement;

use alloy_primitives::{Address, B256, keccak256};
use plan::{Cause, Intake, ReserveChoice, Tier};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use field::{Decimal, Hex};
use report::ReportJson;
use settlement::{EndJson, RequestedPayoutJson, SettledPayoutJson};

/// Why a stored cause cannot be read.
#[derive(Debug, Error)]
pub enum CauseJsonError {
    /// It is not JSON of a cause.
    #[error("not the JSON of a cause")]
    Json(#[from] serde_json::Error),
    /// A field has a value that it cannot have.
    #[error("the field `{field}` of a cause is not valid")]
    Field {
        /// Which.
        field: &'static str,
    },
}

/// A cause, ready for the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseText {
    /// The canonical text.
    pub text: String,
    /// keccak256 of it.
    pub fingerprint: B256,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CauseJson {
    Registered(IntakeJson),
    RetoppedUp(IntakeJson),
    Refunded {
        deposit_ref: Hex<32>,
        wallet: Hex<20>,
        to: Hex<20>,
        amount: Decimal,
    },
    EscrowMatured {
        through_day: u32,
        amount: Decimal,
    },
    Funded {
        from: Hex<20>,
        amount: Decimal,
    },
    UserFrozen {
        wallet: Hex<20>,
        until: u64,
    },
    UserUnfrozen {
        wallet: Hex<20>,
    },
    Noted,
    Reported(ReportJson),
    ReserveChosen {
        wallet: Hex<20>,
        tier: u8,
        choice: ChoiceJson,
    },
    Corrected {
        wallet: Hex<20>,
        amount: Decimal,
    },
    BatchRequested {
        batch_id: Hex<32>,
        payouts: Vec<RequestedPayoutJson>,
    },
    BatchReleased {
        batch_id: Hex<32>,
        end: EndJson,
    },
    BatchSettled {
        batch_id: Hex<32>,
        manifest_hash: Hex<32>,
        payouts: Vec<SettledPayoutJson>,
    },
    BatchCancelled {
        batch_id: Hex<32>,
    },
    Claimed {
        wallet: Hex<20>,
        root: Hex<32>,
        entitled: Decimal,
        amount: Decimal,
    },
    LeavesSettled {
        root: Hex<32>,
        payouts: Vec<SettledPayoutJson>,
    },
    CreditWithdrawn {
        wallet: Hex<20>,
        to: Hex<20>,
        amount: Decimal,
    },
    TreasuryPaid {
        to: Hex<20>,
        amount: Decimal,
    },
    RootPublished {
        root: Hex<32>,
        total: Decimal,
        as_of_seq: u64,
        claimable_from: u64,
    },
    RootVetoed {
        root: Hex<32>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct IntakeJson {
    deposit_ref: Hex<32>,
    wallet: Hex<20>,
    sponsor: Option<Hex<20>>,
    amount: Decimal,
    refundable_until: u64,
    plan_hash: Hex<32>,
    disclosure_hash: Hex<32>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChoiceJson {
    In,
    Out,
}

/// The canonical text of a cause, and its fingerprint.
#[must_use]
pub fn write(cause: &Cause) -> CauseText {
    let text = serde_json::to_string(&CauseJson::from(cause))
        .expect("maps with text keys, numbers and strings are always JSON");
    let fingerprint = keccak256(&text);
    CauseText { text, fingerprint }
}

/// Reads a stored cause.
///
/// # Errors
/// The text is not what [`write`] writes.
pub fn read(text: &str) -> Result<Cause, CauseJsonError> {
    serde_json::from_str::<CauseJson>(text)?.try_into()
}

impl From<&Cause> for CauseJson {
    fn from(cause: &Cause) -> Self {
        match cause {
            Cause::Registered(intake) => Self::Registered(intake.into()),
            Cause::RetoppedUp(intake) => Self::RetoppedUp(intake.into()),
            Cause::Refunded {
                deposit_ref,
                wallet,
                to,
                amount,
            } => Self::Refunded {
                deposit_ref: Hex(*deposit_ref),
                wallet: Hex(wallet.0),
                to: Hex(to.0),
                amount: Decimal(*amount),
            },
            Cause::EscrowMatured { through_day, amount } => Self::EscrowMatured {
                through_day: *through_day,
                amount: Decimal(*amount),
            },
            Cause::Funded { from, amount } => Self::Funded {
                from: Hex(from.0),
                amount: Decimal(*amount),
            },
            Cause::UserFrozen { wallet, until } => Self::UserFrozen {
                wallet: Hex(wallet.0),
                until: *until,
            },
            Cause::UserUnfrozen { wallet } => Self::UserUnfrozen {
                wallet: Hex(wallet.0),
            },
            Cause::Noted => Self::Noted,
            Cause::Reported(report) => Self::Reported(report.into()),
            Cause::ReserveChosen { wallet, tier, choice } => Self::ReserveChosen {
                wallet: Hex(wallet.0),
                tier: tier.get(),
                choice: match choice {
                    ReserveChoice::In => ChoiceJson::In,
                    ReserveChoice::Out => ChoiceJson::Out,
                },
            },
            Cause::Corrected { wallet, amount } => Self::Corrected {
                wallet: Hex(wallet.0),
                amount: Decimal(*amount),
            },
            Cause::BatchRequested { .. }
            | Cause::BatchReleased { .. }
            | Cause::BatchSettled { .. }
            | Cause::BatchCancelled { .. }
            | Cause::Claimed { .. }
            | Cause::LeavesSettled { .. }
            | Cause::CreditWithdrawn { .. } => settlement::write(cause),
            Cause::TreasuryPaid { to, amount } => Self::TreasuryPaid {
                to: Hex(to.0),
                amount: Decimal(*amount),
            },
            Cause::RootPublished {
                root,
                total,
                as_of_seq,
                claimable_from,
            } => Self::RootPublished {
                root: Hex(*root),
                total: Decimal(*total),
                as_of_seq: *as_of_seq,
                claimable_from: *claimable_from,
            },
            Cause::RootVetoed { root } => Self::RootVetoed { root: Hex(*root) },
        }
    }
}

impl TryFrom<CauseJson> for Cause {
    type Error = CauseJsonError;

    fn try_from(json: CauseJson) -> Result<Self, CauseJsonError> {
        Ok(match json {
            CauseJson::Registered(intake) => Self::Registered(intake.into()),
            CauseJson::RetoppedUp(intake) => Self::RetoppedUp(intake.into()),
            CauseJson::Refunded {
                deposit_ref,
                wallet,
                to,
                amount,
            } => Self::Refunded {
                deposit_ref: deposit_ref.0,
                wallet: Address(wallet.0),
                to: Address(to.0),
                amount: amount.0,
            },
            CauseJson::EscrowMatured { through_day, amount } => Self::EscrowMatured {
                through_day,
                amount: amount.0,
            },
            CauseJson::Funded { from, amount } => Self::Funded {
                from: Address(from.0),
                amount: amount.0,
            },
            CauseJson::UserFrozen { wallet, until } => Self::UserFrozen {
                wallet: Address(wallet.0),
                until,
            },
            CauseJson::UserUnfrozen { wallet } => Self::UserUnfrozen {
                wallet: Address(wallet.0),
            },
            CauseJson::Noted => Self::Noted,
            CauseJson::Reported(report) => Self::Reported(report.into()),
            CauseJson::ReserveChosen { wallet, tier, choice } => Self::ReserveChosen {
                wallet: Address(wallet.0),
                tier: Tier::new(tier).ok_or(CauseJsonError::Field { field: "tier" })?,
                choice: match choice {
                    ChoiceJson::In => ReserveChoice::In,
                    ChoiceJson::Out => ReserveChoice::Out,
                },
            },
            CauseJson::Corrected { wallet, amount } => Self::Corrected {
                wallet: Address(wallet.0),
                amount: amount.0,
            },
            CauseJson::BatchRequested { .. }
            | CauseJson::BatchReleased { .. }
            | CauseJson::BatchSettled { .. }
            | CauseJson::BatchCancelled { .. }
            | CauseJson::Claimed { .. }
            | CauseJson::LeavesSettled { .. }
            | CauseJson::CreditWithdrawn { .. } => settlement::read(json)?,
            CauseJson::TreasuryPaid { to, amount } => Self::TreasuryPaid {
                to: Address(to.0),
                amount: amount.0,
            },
            CauseJson::RootPublished {
                root,
                total,
                as_of_seq,
                claimable_from,
            } => Self::RootPublished {
                root: root.0,
                total: total.0,
                as_of_seq,
                claimable_from,
            },
            CauseJson::RootVetoed { root } => Self::RootVetoed { root: root.0 },
        })
    }
}

impl From<&Intake> for IntakeJson {
    fn from(intake: &Intake) -> Self {
        Self {
            deposit_ref: Hex(intake.deposit_ref),
            wallet: Hex(intake.wallet.0),
            sponsor: intake.sponsor.map(|sponsor| Hex(sponsor.0)),
            amount: Decimal(intake.amount),
            refundable_until: intake.refundable_until,
            plan_hash: Hex(intake.plan_hash),
            disclosure_hash: Hex(intake.disclosure_hash),
        }
    }
}

impl From<IntakeJson> for Intake {
    fn from(json: IntakeJson) -> Self {
        Self {
            deposit_ref: json.deposit_ref.0,
            wallet: Address(json.wallet.0),
            sponsor: json.sponsor.map(|sponsor| Address(sponsor.0)),
            amount: json.amount.0,
            refundable_until: json.refundable_until,
            plan_hash: json.plan_hash.0,
            disclosure_hash: json.disclosure_hash.0,
        }
    }
}
