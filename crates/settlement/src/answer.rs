//! A node's answer to a sent transaction, and what it proves: almost nothing.
//!
//! A node that answers an error may have passed the transaction on; one that answers nothing may, too. So no text says
//! that a transaction is not on its way; only when every endpoint refuses it for a reason that lies in its own bytes
//! or in the sender's balance is it withheld. Everything else is decided by the chain.

names::names! {
    /// What a node's answer means.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Answer {
        /// Taken.
        Accepted = "accepted",
        /// The pool has exactly this transaction.
        AlreadyKnown = "already_known",
        /// The price is below what the pool takes at all.
        Underpriced = "underpriced",
        /// The price is not enough above that of the transaction with the same nonce.
        ReplacementUnderpriced = "replacement_underpriced",
        /// The nonce was used: by an attempt of this submission, or by someone else.
        NonceTooLow = "nonce_too_low",
        /// Transactions before it are missing.
        NonceTooHigh = "nonce_too_high",
        /// The pool is full.
        PoolFull = "pool_full",
        /// The price is below the block's base price.
        BelowBaseFee = "below_base_fee",
        /// More than this node lets a transaction cost.
        AboveNodeFeeCap = "above_node_fee_cap",
        /// The node has answered too often.
        RateLimited = "rate_limited",
        /// No answer in time.
        TimedOut = "timed_out",
        /// The sender cannot pay for it.
        InsufficientFunds = "insufficient_funds",
        /// Less gas than such a transaction needs at least.
        IntrinsicGas = "intrinsic_gas",
        /// More gas than a block or a transaction may have.
        GasLimitTooHigh = "gas_limit_too_high",
        /// More bytes than a node takes.
        Oversized = "oversized",
        /// It is signed for another chain.
        WrongChain = "wrong_chain",
        /// Anything else, a broken connection for one.
        Other = "other",
    }
}

/// Words in the answers of geth and BSC, erigon, nethermind, besu, reth and anvil, in lower case. The first row that
/// occurs counts, so what is special stands before what is general.
const WORDS: [(&str, Answer); 42] = [
    ("already known", Answer::AlreadyKnown),
    ("alreadyknown", Answer::AlreadyKnown),
    ("known transaction", Answer::AlreadyKnown),
    ("already imported", Answer::AlreadyKnown),
    ("already in the mempool", Answer::AlreadyKnown),
    (
        "replacement transaction underpriced",
        Answer::ReplacementUnderpriced,
    ),
    ("replacement_underpriced", Answer::ReplacementUnderpriced),
    ("replacementnotallowed", Answer::ReplacementUnderpriced),
    ("could not replace existing tx", Answer::ReplacementUnderpriced),
    (
        "another transaction with same nonce",
        Answer::ReplacementUnderpriced,
    ),
    ("nonce too low", Answer::NonceTooLow),
    ("nonce is too low", Answer::NonceTooLow),
    ("oldnonce", Answer::NonceTooLow),
    ("nonce_too_low", Answer::NonceTooLow),
    ("nonce too high", Answer::NonceTooHigh),
    ("nonce gap", Answer::NonceTooHigh),
    ("nonce is too distant", Answer::NonceTooHigh),
    ("txpool is full", Answer::PoolFull),
    ("transaction pool is full", Answer::PoolFull),
    ("pool limit exceeded", Answer::PoolFull),
    ("account limit exceeded", Answer::PoolFull),
    ("exceeds the configured cap", Answer::AboveNodeFeeCap),
    ("less than block base fee", Answer::BelowBaseFee),
    ("below the current base fee", Answer::BelowBaseFee),
    ("underpriced", Answer::Underpriced),
    ("fee too low", Answer::Underpriced),
    ("feetoolow", Answer::Underpriced),
    ("gas price too low", Answer::Underpriced),
    ("too many requests", Answer::RateLimited),
    ("rate limit", Answer::RateLimited),
    ("timed out", Answer::TimedOut),
    ("timeout", Answer::TimedOut),
    ("deadline exceeded", Answer::TimedOut),
    ("insufficient funds for gas", Answer::InsufficientFunds),
    ("insufficient funds for transfer", Answer::InsufficientFunds),
    ("intrinsic gas too low", Answer::IntrinsicGas),
    ("exceeds block gas limit", Answer::GasLimitTooHigh),
    ("gas limit too high", Answer::GasLimitTooHigh),
    ("oversized data", Answer::Oversized),
    ("transaction size exceeds", Answer::Oversized),
    ("invalid chain id", Answer::WrongChain),
    ("incorrect chain id", Answer::WrongChain),
];

/// Characters of a text that are looked at: nodes may answer anything.
const TEXT_MAX: usize = 4_096;

impl Answer {
    /// What an error's text means.
    pub fn of_error(text: &str) -> Self {
        let text: String = text.chars().take(TEXT_MAX).collect();
        let text = text.to_ascii_lowercase();
        let found = WORDS.iter().find(|(words, _)| text.contains(words));
        found.map_or(Self::Other, |(_, answer)| *answer)
    }

    /// Why no node will ever take these bytes, as long as the sender's balance stays as it is.
    pub const fn rejection(self) -> Option<Rejection> {
        match self {
            Self::InsufficientFunds => Some(Rejection::InsufficientFunds),
            Self::IntrinsicGas => Some(Rejection::IntrinsicGas),
            Self::GasLimitTooHigh => Some(Rejection::GasLimitTooHigh),
            Self::Oversized => Some(Rejection::Oversized),
            Self::WrongChain => Some(Rejection::WrongChain),
            Self::Accepted
            | Self::AlreadyKnown
            | Self::Underpriced
            | Self::ReplacementUnderpriced
            | Self::NonceTooLow
            | Self::NonceTooHigh
            | Self::PoolFull
            | Self::BelowBaseFee
            | Self::AboveNodeFeeCap
            | Self::RateLimited
            | Self::TimedOut
            | Self::Other => None,
        }
    }
}

names::names! {
    /// The only answers that change anything, and only when all endpoints agree that they refuse.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Rejection {
        /// The sender cannot pay for it.
        InsufficientFunds = "insufficient_funds",
        /// Less gas than such a transaction needs at least.
        IntrinsicGas = "intrinsic_gas",
        /// More gas than a block or a transaction may have.
        GasLimitTooHigh = "gas_limit_too_high",
        /// More bytes than a node takes.
        Oversized = "oversized",
        /// It is signed for another chain.
        WrongChain = "wrong_chain",
    }
}

/// What the answers of all endpoints to one broadcast prove: the first one's rejection when every one of them rejects
/// it for good, otherwise nothing, and the transaction counts as sent.
pub fn rejected_by_all(answers: &[Answer]) -> Option<Rejection> {
    let mut rejections = answers.iter().map(|answer| answer.rejection());
    let first = rejections.next()??;
    rejections.all(|rejection| rejection.is_some()).then_some(first)
}

#[cfg(test)]
mod tests;
