//! Earnings cap: a user earns, over all kinds of rewards, at most a multiple of what the user paid in.
