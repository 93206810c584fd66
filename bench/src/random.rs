//! Worlds that look random and are the same in every run.

use anyhow::Context;
use plan::UserId;

/// The same sequence for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let high = (u128::from(self.0) * u128::from(limit)) >> 64;
        u32::try_from(high).unwrap_or(0)
    }
}

pub(crate) fn user(number: u32) -> anyhow::Result<UserId> {
    UserId::new(number).with_context(|| format!("{number} is no user"))
}
