//! The rules that a transaction can break.

use alloy::primitives::Address;
use thiserror::Error;

use super::SWEEP_DAYS_MAX;

settlement::rules! {
    /// The rule that a transaction breaks.
    #[derive(Debug, Clone, PartialEq, Eq, Error)]
    pub enum TransactionRule {
        /// Less gas than any transaction takes.
        #[error("{0} gas is less than any transaction needs")]
        GasLimitTooLow(u64) = "gas_limit_too_low",
        /// More gas than allowed.
        #[error("{found} gas is above the limit {max}")]
        GasLimitAboveMax {
            /// As requested.
            found: u64,
            /// The limit.
            max: u64,
        } = "gas_limit_above_max",
        /// A higher price than allowed.
        #[error("{found} wei per gas are above the limit {max}")]
        FeeAboveMax {
            /// As requested.
            found: u128,
            /// The limit.
            max: u128,
        } = "fee_above_max",
        /// A higher tip than allowed.
        #[error("a tip of {found} wei per gas is above the limit {max}")]
        TipAboveMax {
            /// As requested.
            found: u128,
            /// The limit.
            max: u128,
        } = "tip_above_max",
        /// The tip is part of the price.
        #[error("a tip of {tip} wei per gas is above the price {fee}")]
        TipAboveFee {
            /// The tip.
            tip: u128,
            /// The price.
            fee: u128,
        } = "tip_above_fee",
        /// No account has that many transactions.
        #[error("the nonce {0} is too large")]
        NonceTooLarge(u64) = "nonce_too_large",
        /// The batch is someone else's to submit.
        #[error("only {0:#x} may submit the batch")]
        WrongSubmitter(Address) = "wrong_submitter",
        /// The authorization's signature is not its signer's.
        #[error("the authorization is not signed by {0:#x}")]
        NotSignedBy(Address) = "not_signed",
        /// The contract does not take the signer's authorizations.
        #[error("the contract does not list the signer {0:#x}")]
        UnknownSigner(Address) = "unknown_signer",
        /// The proof does not lead to the root.
        #[error("the proof does not lead to the root")]
        ProofInvalid = "proof_invalid",
        /// Nothing to sweep, or too much.
        #[error("{0} days are not within 1 and {SWEEP_DAYS_MAX}")]
        SweepDays(u64) = "sweep_days",
        /// The chain has a transaction with this nonce.
        #[error("the nonce {nonce} is used: the next one is {next}")]
        NonceUsed {
            /// As requested.
            nonce: u64,
            /// The chain's next.
            next: u64,
        } = "nonce_used",
        /// A nonce below would be missing.
        #[error("the nonce {nonce} leaves a gap: the next one is {next}")]
        NonceGap {
            /// As requested.
            nonce: u64,
            /// The highest that may be new.
            next: u64,
        } = "nonce_gap",
        /// Attempts count upwards.
        #[error("the attempt {attempt} is not above {last}, which was signed")]
        AttemptNotAbove {
            /// As requested.
            attempt: u32,
            /// The last that was signed.
            last: u32,
        } = "attempt_not_above",
        /// Another thing was signed for the nonce.
        #[error("an earlier attempt with this nonce had a different call")]
        PayloadDiffers = "payload_differs",
        /// The prices would not make a node replace the earlier attempt.
        #[error("the prices are not both at least a tenth above those of the attempt before")]
        PriceNotRaised = "price_not_raised",
        /// As many claims as a day may have.
        #[error("{0} claims were signed in a day, which is the limit")]
        TooManyClaims(u32) = "too_many_claims",
        /// Another nonce may carry the batch already.
        #[error("the batch already uses the nonce {0}")]
        BatchElsewhere(u64) = "batch_elsewhere",
    }
}
