//! What each purpose may sign, decided by the request, the chain and the configuration.
//!
//! Not responsible for what earlier signatures leave room for: `protection` asks these rules again with its memory. Rules of
//! intakes are in `settlement`.

mod attested;
mod batch;
mod root;
mod scope;
mod transaction;

pub use attested::{AttestationRule, Attestors};
pub use batch::{BatchLimits, BatchRule};
pub use root::{RootLimits, RootRule};
pub use scope::Scope;
pub use transaction::{TransactionLimits, TransactionRule};

pub(crate) use attested::{check_journal, domain as attested_domain};
pub(crate) use batch::{Account, Day, JustifiedBatch, Past, check_list};
pub(crate) use root::{Floor, JustifiedRoot, RootPast};
pub(crate) use transaction::{Attempt, Authorized, JustifiedTransaction, Nonces, check_authorized};

use alloy::primitives::{Address, B256, keccak256};
use money::Amount;
use settlement::authorization;

use crate::purpose::Purpose;

/// What one process may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Intakes and batches.
    Authorizations {
        /// Where, under which plans.
        scope: Scope,
        /// The largest amount of one intake.
        amount_max: Amount,
        /// The most that batches may promise.
        batches: BatchLimits,
        /// Who attests batches.
        attestors: Attestors,
    },
    /// Roots.
    Roots {
        /// Where, under which plans.
        scope: Scope,
        /// The most that roots may promise.
        limits: RootLimits,
        /// Who attests roots.
        attestors: Attestors,
    },
    /// Transactions.
    Transactions {
        /// Where. It has no plans: calls name none.
        scope: Scope,
        /// What they may cost.
        limits: TransactionLimits,
        /// Who attests the roots that claims are made against.
        attestors: Attestors,
    },
}

impl Policy {
    /// Whose policy it is.
    pub const fn purpose(&self) -> Purpose {
        match self {
            Self::Authorizations { .. } => Purpose::Authorizations,
            Self::Roots { .. } => Purpose::Roots,
            Self::Transactions { .. } => Purpose::Transactions,
        }
    }

    /// Where it allows anything.
    pub const fn scope(&self) -> &Scope {
        match self {
            Self::Authorizations { scope, .. }
            | Self::Roots { scope, .. }
            | Self::Transactions { scope, .. } => scope,
        }
    }

    /// Its chain.
    pub const fn chain_id(&self) -> u64 {
        self.scope().chain_id
    }

    /// Its contract.
    pub const fn contract(&self) -> Address {
        self.scope().contract
    }

    /// Who may attest.
    pub const fn attestors(&self) -> &Attestors {
        match self {
            Self::Authorizations { attestors, .. }
            | Self::Roots { attestors, .. }
            | Self::Transactions { attestors, .. } => attestors,
        }
    }

    /// The rules of intakes.
    pub(crate) fn intakes(&self) -> Option<authorization::Policy> {
        match self {
            Self::Authorizations {
                scope, amount_max, ..
            } => Some(authorization::Policy {
                chain_id: scope.chain_id,
                contract: scope.contract,
                plan_hashes: scope.plan_hashes.clone(),
                amount_max: *amount_max,
            }),
            Self::Roots { .. } | Self::Transactions { .. } => None,
        }
    }

    /// Everything that it allows, for records.
    pub fn describe(&self) -> serde_json::Value {
        let scope = self.scope();
        let limits = match self {
            Self::Authorizations {
                amount_max, batches, ..
            } => serde_json::json!({
                "amount_max": amount_max.to_string(),
                "batch_max": batches.batch_max.to_string(),
                "day_max": batches.day_max.to_string(),
                "wallet_day_max": batches.wallet_day_max.to_string(),
                "first_payout_max": batches.first_payout_max.to_string(),
                "large_total": batches.large_total.to_string(),
                "large_age": batches.large_age,
            }),
            Self::Roots { limits, .. } => serde_json::json!({
                "day_max": limits.day_max.to_string(),
                "unseen_max": limits.unseen_max.to_string(),
                "large_total": limits.large_total.to_string(),
                "large_age": limits.large_age,
            }),
            Self::Transactions { limits, .. } => serde_json::json!({
                "gas_limit_max": limits.gas_limit_max,
                "fee_per_gas_max": limits.fee_per_gas_max.to_string(),
                "tip_per_gas_max": limits.tip_per_gas_max.to_string(),
                "claims_per_day_max": limits.claims_per_day_max,
            }),
        };
        let attestors = self.attestors();
        serde_json::json!({
            "purpose": self.purpose().name(),
            "chain_id": scope.chain_id,
            "contract": scope.contract,
            "plan_hashes": scope.plan_hashes,
            "limits": limits,
            "attestors": attestors.accounts,
            "attestation_age_max": attestors.age_max,
        })
    }

    /// A name for it in records: changes with whatever it allows.
    pub fn hash(&self) -> B256 {
        // The fields of the text are always in the same order, so one policy has one text.
        keccak256(format!("trellis signer policy 3 {}", self.describe()))
    }
}
