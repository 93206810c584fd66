//! The JSON of the signer's API.
//!
//! Amounts are decimal strings; addresses, hashes and signatures are hexadecimal with prefix and full length. Unknown
//! fields are refused: a signer must not overlook what someone wanted to say.

pub(crate) mod fields;
mod justification;

pub use fields::explain;
pub use justification::APPROVALS_MAX;

pub(crate) use justification::{AttestationFields, approvals};

use alloy_primitives::{Address, B256};
use money::Amount;
use serde::{Deserialize, Serialize};
use settlement::authorization::{IntakeKind, IntakeTerms};

/// Where the authorization of a registration is requested.
pub const REGISTRATION_PATH: &str = "/v1/authorizations/registration";
/// Where the authorization of a retopup is requested.
pub const RETOPUP_PATH: &str = "/v1/authorizations/retopup";
/// Where the authorization of a batch is requested.
pub const BATCH_PAYOUT_PATH: &str = "/v1/authorizations/batch-payout";
/// Where the authorization of a liabilities root is requested.
pub const ROOT_PATH: &str = "/v1/roots";
/// Where a signed transaction is requested.
pub const TRANSACTION_PATH: &str = "/v1/transactions";

/// The path for a kind of intake.
pub const fn path_of(kind: IntakeKind) -> &'static str {
    match kind {
        IntakeKind::Registration => REGISTRATION_PATH,
        IntakeKind::Retopup => RETOPUP_PATH,
    }
}

/// A request for an intake: the terms. Their kind is in the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeRequest {
    chain_id: u64,
    #[serde(with = "fields::contract")]
    contract: Address,
    #[serde(with = "fields::user")]
    user: Address,
    /// Null or absent for nobody.
    #[serde(default, with = "fields::sponsor")]
    sponsor: Option<Address>,
    #[serde(with = "fields::amount")]
    amount: Amount,
    #[serde(with = "fields::plan_hash")]
    plan_hash: B256,
    #[serde(with = "fields::disclosure_hash")]
    disclosure_hash: B256,
    #[serde(with = "fields::deposit_ref")]
    deposit_ref: B256,
    /// Unix seconds of the chain's clock.
    deadline: u64,
}

/// The answer to a request that is refused, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The meaning of the status.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The broken rule with its values.
    pub detail: String,
    /// The stable name of the broken rule.
    pub code: String,
}

impl IntakeRequest {
    /// The request for these terms.
    pub fn of(terms: &IntakeTerms) -> Self {
        Self {
            chain_id: terms.chain_id,
            contract: terms.contract,
            user: terms.user,
            sponsor: terms.sponsor,
            amount: terms.amount,
            plan_hash: terms.plan_hash,
            disclosure_hash: terms.disclosure_hash,
            deposit_ref: terms.deposit_ref,
            deadline: terms.deadline,
        }
    }

    /// The terms that are requested.
    pub fn terms(&self, kind: IntakeKind) -> IntakeTerms {
        IntakeTerms {
            kind,
            chain_id: self.chain_id,
            contract: self.contract,
            user: self.user,
            sponsor: self.sponsor,
            amount: self.amount,
            plan_hash: self.plan_hash,
            disclosure_hash: self.disclosure_hash,
            deposit_ref: self.deposit_ref,
            deadline: self.deadline,
        }
    }
}

#[cfg(test)]
mod tests;
