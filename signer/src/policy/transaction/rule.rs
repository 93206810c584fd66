//! The rules that a transaction can break.

use alloy::primitives::Address;
use thiserror::Error;

use super::SWEEP_DAYS_MAX;

/// The rule that a transaction breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransactionRule {
    /// Less gas than any transaction takes.
    #[error("{0} gas is less than any transaction needs")]
    GasLimitTooLow(u64),
    /// More gas than allowed.
    #[error("{found} gas is above the limit {max}")]
    GasLimitAboveMax {
        /// As requested.
        found: u64,
        /// The limit.
        max: u64,
    },
    /// A higher price than allowed.
    #[error("{found} wei per gas are above the limit {max}")]
    FeeAboveMax {
        /// As requested.
        found: u128,
        /// The limit.
        max: u128,
    },
    /// A higher tip than allowed.
    #[error("a tip of {found} wei per gas is above the limit {max}")]
    TipAboveMax {
        /// As requested.
        found: u128,
        /// The limit.
        max: u128,
    },
    /// The tip is part of the price.
    #[error("a tip of {tip} wei per gas is above the price {fee}")]
    TipAboveFee {
        /// The tip.
        tip: u128,
        /// The price.
        fee: u128,
    },
    /// No account has that many transactions.
    #[error("the nonce {0} is too large")]
    NonceTooLarge(u64),
    /// The batch is someone else's to submit.
    #[error("only {0:#x} may submit the batch")]
    WrongSubmitter(Address),
    /// The authorization's signature is not its signer's.
    #[error("the authorization is not signed by {0:#x}")]
    NotSignedBy(Address),
    /// The contract does not take the signer's authorizations.
    #[error("the contract does not list the signer {0:#x}")]
    UnknownSigner(Address),
    /// The proof does not lead to the root.
    #[error("the proof does not lead to the root")]
    ProofInvalid,
    /// Nothing to sweep, or too much.
    #[error("{0} days are not within 1 and {SWEEP_DAYS_MAX}")]
    SweepDays(u64),
    /// The chain has a transaction with this nonce.
    #[error("the nonce {nonce} is used: the next one is {next}")]
    NonceUsed {
        /// As requested.
        nonce: u64,
        /// The chain's next.
        next: u64,
    },
    /// A nonce below would be missing.
    #[error("the nonce {nonce} leaves a gap: the next one is {next}")]
    NonceGap {
        /// As requested.
        nonce: u64,
        /// The highest that may be new.
        next: u64,
    },
    /// Attempts count upwards.
    #[error("the attempt {attempt} is not above {last}, which was signed")]
    AttemptNotAbove {
        /// As requested.
        attempt: u32,
        /// The last that was signed.
        last: u32,
    },
    /// Another thing was signed for the nonce.
    #[error("an earlier attempt with this nonce had a different call")]
    PayloadDiffers,
    /// The prices would not make a node replace the earlier attempt.
    #[error("the prices are not both at least a tenth above those of the attempt before")]
    PriceNotRaised,
    /// As many claims as a day may have.
    #[error("{0} claims were signed in a day, which is the limit")]
    TooManyClaims(u32),
    /// Another nonce may carry the batch already.
    #[error("the batch already uses the nonce {0}")]
    BatchElsewhere(u64),
}

impl TransactionRule {
    /// Its stable name on the wire and in records.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::GasLimitTooLow(_) => "gas_limit_too_low",
            Self::GasLimitAboveMax { .. } => "gas_limit_above_max",
            Self::FeeAboveMax { .. } => "fee_above_max",
            Self::TipAboveMax { .. } => "tip_above_max",
            Self::TipAboveFee { .. } => "tip_above_fee",
            Self::NonceTooLarge(_) => "nonce_too_large",
            Self::WrongSubmitter(_) => "wrong_submitter",
            Self::NotSignedBy(_) => "not_signed",
            Self::UnknownSigner(_) => "unknown_signer",
            Self::ProofInvalid => "proof_invalid",
            Self::SweepDays(_) => "sweep_days",
            Self::NonceUsed { .. } => "nonce_used",
            Self::NonceGap { .. } => "nonce_gap",
            Self::AttemptNotAbove { .. } => "attempt_not_above",
            Self::PayloadDiffers => "payload_differs",
            Self::PriceNotRaised => "price_not_raised",
            Self::TooManyClaims(_) => "too_many_claims",
            Self::BatchElsewhere(_) => "batch_elsewhere",
        }
    }
}
