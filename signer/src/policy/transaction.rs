//! When a transaction may be signed.
//!
//! It calls the one contract, or sends nothing to its own sender; it never carries value. A batch or a root is sent only
//! with a valid authorization: its signature recovers to the signer that it names, which the contract knows. A claim is
//! sent only with a proof that leads from the leaf to the root. What it costs is capped, and each attempt of a nonce does
//! the same as the one before, dearer; only a transaction that does nothing may take the place of one that does something.

mod rule;

pub use rule::TransactionRule;

use abi::typed_data;
use alloy::primitives::{Address, B256, Signature, U256, keccak256};
use alloy::sol_types::SolValue;
use money::Amount;
use signer_client::{Call, ProofNode, SignedBy, TransactionTerms};

use crate::policy::Scope;
use crate::policy::batch::check_list;
use crate::policy::scope::check_not_passed;
use crate::{Refusal, message};

/// Gas of a transaction that does nothing; no transaction takes less.
const GAS_LIMIT_MIN: u64 = 21_000;

/// Siblings in a proof: enough for more users than the chain has accounts.
const PROOF_LENGTH_MAX: usize = 64;

/// Day buckets of one sweep: a year of them fits into a transaction many times.
const SWEEP_DAYS_MAX: u64 = 366;

/// The contract counts liabilities in 96 bits.
const SUM_MAX: Amount = Amount::new((1 << 96) - 1);

/// A replacement pays this many per cent of what it replaces, in both prices: the rule by which nodes keep or drop it.
const REPLACEMENT_PERCENT: u128 = 110;

/// What transactions may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionLimits {
    /// The largest gas limit.
    pub gas_limit_max: u64,
    /// The largest price of gas, tip included, in wei.
    pub fee_per_gas_max: u128,
    /// The largest tip per gas, in wei.
    pub tip_per_gas_max: u128,
    /// Claims for users in any day.
    pub claims_per_day_max: u32,
}

/// Whose signature a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorized {
    /// A signer of batches.
    Batch(Address),
    /// A signer of roots.
    Root(Address),
    /// Nobody's: the call needs none.
    Nobody,
}

impl TransactionLimits {
    /// Checks everything about a transaction that depends neither on the time nor on the chain nor on memory, and tells
    /// whose authorization it carries.
    pub(crate) fn check_terms(
        &self,
        scope: &Scope,
        terms: &TransactionTerms,
        sender: Address,
    ) -> Result<Authorized, Refusal> {
        scope.check_place(terms.chain_id, terms.contract)?;
        self.check_cost(terms)?;
        if i64::try_from(terms.nonce).is_err() {
            return Err(TransactionRule::NonceTooLarge(terms.nonce).into());
        }
        let domain = typed_data::domain(scope.chain_id, scope.contract);
        match &terms.call {
            Call::ExecuteBatch { batch, authorization } => {
                check_list(batch)?;
                if !batch.submitter.is_zero() && batch.submitter != sender {
                    return Err(TransactionRule::WrongSubmitter(batch.submitter).into());
                }
                check_signed(authorization, message::batch_digest(batch, &domain))?;
                Ok(Authorized::Batch(authorization.signer))
            }
            Call::PublishRoot { root, authorization } => {
                check_signed(authorization, message::root_digest(root, &domain))?;
                Ok(Authorized::Root(authorization.signer))
            }
            Call::Claim {
                user,
                entitled,
                root,
                proof,
            } => {
                check_proof(*user, *entitled, *root, proof)?;
                Ok(Authorized::Nobody)
            }
            Call::SweepMatured { max_days } if (1..=SWEEP_DAYS_MAX).contains(max_days) => {
                Ok(Authorized::Nobody)
            }
            Call::SweepMatured { max_days } => Err(TransactionRule::SweepDays(*max_days).into()),
            Call::Noop {} => Ok(Authorized::Nobody),
        }
    }

    fn check_cost(&self, terms: &TransactionTerms) -> Result<(), TransactionRule> {
        let (gas, fee, tip) = (
            terms.gas_limit,
            terms.max_fee_per_gas,
            terms.max_priority_fee_per_gas,
        );
        if gas < GAS_LIMIT_MIN {
            return Err(TransactionRule::GasLimitTooLow(gas));
        }
        if gas > self.gas_limit_max {
            return Err(TransactionRule::GasLimitAboveMax {
                found: gas,
                max: self.gas_limit_max,
            });
        }
        if fee > self.fee_per_gas_max {
            return Err(TransactionRule::FeeAboveMax {
                found: fee,
                max: self.fee_per_gas_max,
            });
        }
        if tip > self.tip_per_gas_max {
            return Err(TransactionRule::TipAboveMax {
                found: tip,
                max: self.tip_per_gas_max,
            });
        }
        if tip > fee {
            return Err(TransactionRule::TipAboveFee { tip, fee });
        }
        Ok(())
    }
}

fn check_signed(authorization: &SignedBy, digest: B256) -> Result<(), TransactionRule> {
    let signature = Signature::try_from(&authorization.signature[..]).ok();
    let recovered = signature.and_then(|signature| signature.recover_address_from_prehash(&digest).ok());
    if recovered == Some(authorization.signer) && !authorization.signer.is_zero() {
        Ok(())
    } else {
        Err(TransactionRule::NotSignedBy(authorization.signer))
    }
}

/// As `SumTree.sol` does it, except for the total, which only the contract knows.
fn check_proof(
    user: Address,
    entitled: Amount,
    root: B256,
    proof: &[ProofNode],
) -> Result<(), TransactionRule> {
    if proof.len() > PROOF_LENGTH_MAX {
        return Err(TransactionRule::ProofInvalid);
    }
    let wei = |amount: Amount| U256::from(amount.base_units());
    let mut hash = keccak256((user, wei(entitled)).abi_encode());
    let mut sum = entitled;
    for sibling in proof {
        let pair = if sibling.hash < hash {
            (sibling.hash, wei(sibling.sum), hash, wei(sum))
        } else {
            (hash, wei(sum), sibling.hash, wei(sibling.sum))
        };
        hash = keccak256(pair.abi_encode());
        sum = sum
            .checked_add(sibling.sum)
            .map_err(|_| TransactionRule::ProofInvalid)?;
    }
    // Sums only grow, so the last one being small means that all were.
    if sum > SUM_MAX || hash != root {
        return Err(TransactionRule::ProofInvalid);
    }
    Ok(())
}

/// Checks what the chain says of an authorization: whether it still is one at this time, and of a signer it knows.
pub(crate) fn check_authorized(call: &Call, head: u64, known: bool) -> Result<(), Refusal> {
    let (deadline, signer) = match call {
        Call::ExecuteBatch { batch, authorization } => (batch.deadline, authorization.signer),
        Call::PublishRoot { root, authorization } => (root.deadline, authorization.signer),
        Call::Claim { .. } | Call::SweepMatured { .. } | Call::Noop {} => return Ok(()),
    };
    check_not_passed(deadline, head)?;
    if known {
        Ok(())
    } else {
        Err(TransactionRule::UnknownSigner(signer).into())
    }
}

/// A transaction that request and chain justify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JustifiedTransaction {
    /// Chain and sender.
    pub(crate) account: String,
    pub(crate) nonce: u64,
    pub(crate) attempt: u32,
    pub(crate) payload: B256,
    pub(crate) noop: bool,
    pub(crate) fee_per_gas: u128,
    pub(crate) tip_per_gas: u128,
    pub(crate) batch_id: Option<B256>,
    /// It claims for a user.
    pub(crate) claim: bool,
    pub(crate) claims_per_day_max: u32,
    /// The account's next nonce by the chain.
    pub(crate) next_nonce: u64,
}

/// The last attempt that was recorded for a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) attempt: u32,
    pub(crate) payload: B256,
    pub(crate) fee_per_gas: u128,
    pub(crate) tip_per_gas: u128,
}

/// What is remembered of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Nonces {
    /// The last attempt of this nonce.
    pub(crate) last: Option<Attempt>,
    /// The highest nonce of any attempt.
    pub(crate) highest: Option<u64>,
    /// Another nonce whose last attempt executes the same batch.
    pub(crate) batch_elsewhere: Option<u64>,
    /// Nonces of the last day that claim.
    pub(crate) claims_in_day: i64,
}

impl JustifiedTransaction {
    /// Checks the transaction against what was signed before.
    pub(crate) fn admit(&self, nonces: &Nonces) -> Result<(), TransactionRule> {
        if let Some(nonce) = nonces.batch_elsewhere {
            return Err(TransactionRule::BatchElsewhere(nonce));
        }
        if let Some(last) = &nonces.last {
            return self.replace(last);
        }
        let max = self.claims_per_day_max;
        if self.claim && nonces.claims_in_day >= i64::from(max) {
            return Err(TransactionRule::TooManyClaims(max));
        }
        self.begin(nonces.highest)
    }

    /// A new nonce is the chain's next one or follows those that were signed; one below them was left out and is welcome.
    fn begin(&self, highest: Option<u64>) -> Result<(), TransactionRule> {
        if self.nonce < self.next_nonce {
            return Err(TransactionRule::NonceUsed {
                nonce: self.nonce,
                next: self.next_nonce,
            });
        }
        let next = highest
            .map_or(0, |highest| highest.saturating_add(1))
            .max(self.next_nonce);
        if self.nonce > next {
            return Err(TransactionRule::NonceGap {
                nonce: self.nonce,
                next,
            });
        }
        Ok(())
    }

    fn replace(&self, last: &Attempt) -> Result<(), TransactionRule> {
        if self.attempt <= last.attempt {
            return Err(TransactionRule::AttemptNotAbove {
                attempt: self.attempt,
                last: last.attempt,
            });
        }
        if !self.noop && self.payload != last.payload {
            return Err(TransactionRule::PayloadDiffers);
        }
        if !is_raised(self.fee_per_gas, last.fee_per_gas) || !is_raised(self.tip_per_gas, last.tip_per_gas) {
            return Err(TransactionRule::PriceNotRaised);
        }
        Ok(())
    }
}

/// The nodes' rule: strictly above, and at least a tenth, rounded down.
fn is_raised(new: u128, old: u128) -> bool {
    new > old && new >= old.saturating_mul(REPLACEMENT_PERCENT) / 100
}

#[cfg(test)]
mod tests;
