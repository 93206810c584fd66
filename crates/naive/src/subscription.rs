//! Subscriptions, their tiers and daily accruals.
