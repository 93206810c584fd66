//! [`Cause`] as JSON, as the inbox keeps it: amounts as decimal strings, addresses and hashes in lower-case
//! hexadecimal with prefix, one canonical text for each cause.
//!
//! The types here are the file format; the compiler holds that they have the fields of what they stand for. Renaming a field
//! changes fingerprints, and with them the hash chain.

mod field;
mod payout;
mod report;

use alloy_primitives::{Address, B256, keccak256};
use money::Amount;
use plan::{BatchEnd, Cause, Intake, Report, RequestedPayout, ReserveChoice, SettledPayout, Tier};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use field::{decimal, tier};
use payout::{requested, settled};
use report::ReportForm;

/// A stored text is not the JSON of a cause.
#[derive(Debug, Error)]
#[error("not the JSON of a cause")]
pub struct CauseJsonError(#[from] serde_json::Error);

/// A cause, ready for the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseText {
    /// The canonical text.
    pub text: String,
    /// keccak256 of it.
    pub fingerprint: B256,
}

/// The canonical text of a cause, and its fingerprint.
pub fn write(cause: &Cause) -> CauseText {
    let mut text = Vec::new();
    CauseForm::serialize(cause, &mut serde_json::Serializer::new(&mut text))
        .expect("maps with text keys, numbers and strings are always JSON");
    let text = String::from_utf8(text).expect("JSON is UTF-8");
    let fingerprint = keccak256(&text);
    CauseText { text, fingerprint }
}

/// Reads a stored cause.
///
/// # Errors
/// The text is not what [`write`] writes.
pub fn read(text: &str) -> Result<Cause, CauseJsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let cause = CauseForm::deserialize(&mut reader)?;
    reader.end()?;
    Ok(cause)
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Cause", tag = "type", rename_all = "snake_case")]
enum CauseForm {
    Registered(#[serde(with = "IntakeForm")] Intake),
    RetoppedUp(#[serde(with = "IntakeForm")] Intake),
    Refunded {
        deposit_ref: B256,
        wallet: Address,
        to: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    EscrowMatured {
        through_day: u32,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    Funded {
        from: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    UserFrozen {
        wallet: Address,
        until: u64,
    },
    UserUnfrozen {
        wallet: Address,
    },
    Noted,
    Reported(#[serde(with = "ReportForm")] Report),
    ReserveChosen {
        wallet: Address,
        #[serde(with = "tier")]
        tier: Tier,
        #[serde(with = "ChoiceForm")]
        choice: ReserveChoice,
    },
    Corrected {
        wallet: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    BatchRequested {
        batch_id: B256,
        #[serde(with = "requested")]
        payouts: Vec<RequestedPayout>,
    },
    BatchReleased {
        batch_id: B256,
        #[serde(with = "EndForm")]
        end: BatchEnd,
    },
    BatchSettled {
        batch_id: B256,
        manifest_hash: B256,
        #[serde(with = "settled")]
        payouts: Vec<SettledPayout>,
    },
    BatchCancelled {
        batch_id: B256,
    },
    Claimed {
        wallet: Address,
        root: B256,
        #[serde(with = "decimal")]
        entitled: Amount,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    LeavesSettled {
        root: B256,
        #[serde(with = "settled")]
        payouts: Vec<SettledPayout>,
    },
    CreditWithdrawn {
        wallet: Address,
        to: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    TreasuryPaid {
        to: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    RootPublished {
        root: B256,
        #[serde(with = "decimal")]
        total: Amount,
        as_of_seq: u64,
        claimable_from: u64,
    },
    RootVetoed {
        root: B256,
    },
    Continued {
        part: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Intake")]
struct IntakeForm {
    deposit_ref: B256,
    wallet: Address,
    sponsor: Option<Address>,
    #[serde(with = "decimal")]
    amount: Amount,
    refundable_until: u64,
    plan_hash: B256,
    disclosure_hash: B256,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReserveChoice", rename_all = "snake_case")]
enum ChoiceForm {
    In,
    Out,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BatchEnd", rename_all = "snake_case")]
enum EndForm {
    Expired,
    Cancelled,
}
