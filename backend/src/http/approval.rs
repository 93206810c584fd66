//! The messages that operators sign, as a wallet shows them, and their signatures.

use approval::Domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Problem;
use super::parse;
use super::schema::{Hash, Wallet, WalletSignature};
use super::typed_data::TypedData;
use crate::app::approve::{Signed, Wanted};

/// A message for an operator's wallet (`eth_signTypedData_v4`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalAnswer {
    /// What it agrees to, in a sentence.
    summary: String,
    typed_data: TypedData,
    /// What is hashed and signed: 32 bytes.
    digest: Hash,
    /// Expiry of the signature, in seconds of the chain's time; part of the message.
    expires: u64,
    /// The people whose signatures count already.
    signed_by: Vec<String>,
}

/// A signature over such a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `expires` of the message.
    pub(super) expires: u64,
    /// 65 bytes in hexadecimal with prefix, or what a contract wallet takes (EIP-1271).
    pub(super) signature: WalletSignature,
    /// The wallet that signed, when it is another one of the same person than the one that is signed in.
    #[serde(default)]
    pub(super) wallet: Option<Wallet>,
}

impl ApprovalAnswer {
    pub(super) fn of(wanted: Wanted, domain: &Domain) -> Self {
        let message = wanted.proposal.message(wanted.expires);
        Self {
            summary: wanted.proposal.summary(),
            digest: message.digest(domain).into(),
            typed_data: TypedData::of(&message, domain),
            expires: wanted.expires,
            signed_by: wanted.signed_by,
        }
    }
}

impl Signature {
    pub(super) fn read(&self) -> Result<Signed, Problem> {
        let signature = parse::signature(&self.signature)?;
        if i64::try_from(self.expires).is_err() {
            return Err(Problem::field("expires", "not a time of the chain in seconds"));
        }
        let wallet = self.wallet.as_deref();
        Ok(Signed {
            wallet: wallet.map(|wallet| parse::wallet("wallet", wallet)).transpose()?,
            expires: self.expires,
            signature,
        })
    }
}

#[cfg(test)]
mod tests;
