//! Double-entry ledger, pure: accounts, transfers, folding, hash chain of posting batches.
