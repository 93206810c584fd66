//! Subscriptions: tiers by amount, and daily accruals from a funded account.
