//! The JSON of the signer's API.
//!
//! Amounts are decimal strings; addresses, hashes and signatures are hexadecimal with prefix and full length. Unknown
//! fields are refused: a signer must not overlook what someone wanted to say.

mod fields;
mod justification;
mod settlement;
mod transaction;

pub use fields::MalformedField;
pub use justification::{
    APPROVALS_MAX, ApprovalFields, AttestationFields, AttestedRootFields, JustificationFields,
};
pub use settlement::{PayoutBatchFields, PayoutBatchRequest, PayoutLine, RootFields, RootRequest};
pub use transaction::{CallFields, ProofLine, TransactionRequest, TransactionResponse};

use ::settlement::authorization::{IntakeKind, IntakeTerms};
use serde::{Deserialize, Serialize};

use crate::Authorization;
use crate::wire::fields::{address, amount, hash, lower_hex, signature};

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
#[must_use]
pub const fn path_of(kind: IntakeKind) -> &'static str {
    match kind {
        IntakeKind::Registration => REGISTRATION_PATH,
        IntakeKind::Retopup => RETOPUP_PATH,
    }
}

/// A request: the terms. Their kind is in the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeRequest {
    /// The chain.
    pub chain_id: u64,
    /// The contract's address.
    pub contract: String,
    /// The paying user's address.
    pub user: String,
    /// The sponsor's address; null or absent for nobody.
    #[serde(default)]
    pub sponsor: Option<String>,
    /// Base units, decimal.
    pub amount: String,
    /// The compiled plan's hash.
    pub plan_hash: String,
    /// The disclosure's hash.
    pub disclosure_hash: String,
    /// The intake's reference.
    pub deposit_ref: String,
    /// Unix seconds of the chain's clock.
    pub deadline: u64,
}

/// The answer to a request that is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationResponse {
    /// The signing account's address.
    pub signer: String,
    /// 65 bytes.
    pub signature: String,
    /// The EIP-712 digest.
    pub digest: String,
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
    #[must_use]
    pub fn of(terms: &IntakeTerms) -> Self {
        Self {
            chain_id: terms.chain_id,
            contract: lower_hex(terms.contract),
            user: lower_hex(terms.user),
            sponsor: terms.sponsor.map(lower_hex),
            amount: terms.amount.to_string(),
            plan_hash: lower_hex(terms.plan_hash),
            disclosure_hash: lower_hex(terms.disclosure_hash),
            deposit_ref: lower_hex(terms.deposit_ref),
            deadline: terms.deadline,
        }
    }

    /// The terms that are requested.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn terms(&self, kind: IntakeKind) -> Result<IntakeTerms, MalformedField> {
        Ok(IntakeTerms {
            kind,
            chain_id: self.chain_id,
            contract: address("contract", &self.contract)?,
            user: address("user", &self.user)?,
            sponsor: self
                .sponsor
                .as_deref()
                .map(|sponsor| address("sponsor", sponsor))
                .transpose()?,
            amount: amount("amount", &self.amount)?,
            plan_hash: hash("plan_hash", &self.plan_hash)?,
            disclosure_hash: hash("disclosure_hash", &self.disclosure_hash)?,
            deposit_ref: hash("deposit_ref", &self.deposit_ref)?,
            deadline: self.deadline,
        })
    }
}

impl AuthorizationResponse {
    /// The answer with this authorization.
    #[must_use]
    pub fn of(authorization: &Authorization) -> Self {
        Self {
            signer: lower_hex(authorization.signer),
            signature: lower_hex(authorization.signature),
            digest: lower_hex(authorization.digest),
        }
    }

    /// The authorization in the answer.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn authorization(&self) -> Result<Authorization, MalformedField> {
        Ok(Authorization {
            signer: address("signer", &self.signer)?,
            signature: signature(&self.signature)?,
            digest: hash("digest", &self.digest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};
    use money::Amount;

    use super::*;

    fn terms() -> IntakeTerms {
        IntakeTerms {
            kind: IntakeKind::Registration,
            chain_id: 31337,
            contract: Address::repeat_byte(0xc0),
            user: Address::repeat_byte(0xaa),
            sponsor: Some(Address::repeat_byte(0xbb)),
            amount: Amount::new(u128::MAX),
            plan_hash: B256::repeat_byte(1),
            disclosure_hash: B256::repeat_byte(2),
            deposit_ref: B256::repeat_byte(3),
            deadline: 1_800_000_000,
        }
    }

    #[test]
    fn terms_survive_the_wire() {
        for sponsor in [None, Some(Address::repeat_byte(9))] {
            let terms = IntakeTerms { sponsor, ..terms() };
            let json = serde_json::to_string(&IntakeRequest::of(&terms)).unwrap();
            let read: IntakeRequest = serde_json::from_str(&json).unwrap();
            assert_eq!(read.terms(IntakeKind::Registration), Ok(terms));
        }
    }

    #[test]
    fn an_authorization_survives_the_wire() {
        let authorization = Authorization {
            signer: Address::repeat_byte(7),
            signature: [8; 65],
            digest: B256::repeat_byte(9),
        };
        let json = serde_json::to_string(&AuthorizationResponse::of(&authorization)).unwrap();
        let read: AuthorizationResponse = serde_json::from_str(&json).unwrap();
        assert_eq!(read.authorization(), Ok(authorization));
    }

    #[test]
    fn what_is_not_exactly_a_value_is_refused_with_its_field() {
        let good = IntakeRequest::of(&terms());
        type Change = fn(&mut IntakeRequest);
        let table: [(Change, &str); 9] = [
            (|request| request.user = "aa".repeat(20), "user"),
            (|request| request.user.push_str("00"), "user"),
            (
                |request| request.user = format!("0x0x{}", "aa".repeat(19)),
                "user",
            ),
            (
                |request| request.user = format!("0x0x{}", "aa".repeat(20)),
                "user",
            ),
            (|request| request.contract.clear(), "contract"),
            (|request| request.sponsor = Some(String::new()), "sponsor"),
            (|request| request.amount = "1.0".to_owned(), "amount"),
            (|request| request.amount = "-1".to_owned(), "amount"),
            (|request| request.plan_hash.truncate(64), "plan_hash"),
        ];
        for (row, (change, field)) in table.into_iter().enumerate() {
            let mut request = good.clone();
            change(&mut request);
            let error = request.terms(IntakeKind::Registration).unwrap_err();
            assert_eq!(error.field, field, "row {row}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let mut json = serde_json::to_value(IntakeRequest::of(&terms())).unwrap();
        json["digest"] = "0x00".into();
        assert!(serde_json::from_value::<IntakeRequest>(json).is_err());
    }
}
