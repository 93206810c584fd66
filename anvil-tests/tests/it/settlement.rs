//! Payouts from matured balances to wallets, with everything going wrong on the way. Whatever happens, in the end
//! [`PayoutWorld::prove`](anvil_tests::PayoutWorld::prove) finds ledger, chain and an independent recomputation equal and
//! everybody paid exactly once.

mod chain;
mod claims;
mod deaths;
mod expiry;
mod fees;
mod foreign;
mod leases;
mod nodes;
mod operators;
mod recipients;
