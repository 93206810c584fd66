//! Withdrawals: what moves from a wallet balance to what the chain may pay, and the fee inside it.
