//! How many submissions of one sender are in flight, and which account nonce is next.
//!
//! Not responsible for a single submission (`submission`).

use thiserror::Error;

/// Submissions of one sender at a time. Pools keep at least 16 executable transactions of an account whatever else
/// they hold; behind more than that, one that is stuck blocks too many.
pub const IN_FLIGHT_MAX: usize = 16;

/// Seconds for which the oldest submission may be in progress before no further one starts: something is wrong, and
/// what comes behind it would only wait.
pub const OLDEST_AGE_MAX: u64 = 60;

/// The submissions of one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The nonce of the next submission.
    pub next_nonce: u64,
    /// Submissions that are not final.
    pub in_flight: usize,
    /// For how many seconds the oldest of them has been in progress.
    pub oldest_age: u64,
    /// The account's next nonce in the chain's newest block.
    pub chain_nonce: u64,
    /// Whether the sender was paused, by a rule or by hand.
    pub is_paused: bool,
}

crate::rules! {
    /// Why no submission starts now.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
    pub enum Blocked {
        /// The sender was paused.
        #[error("the sender is paused")]
        Paused = "sender_paused",
        /// Someone else uses the key: pause the sender, and look.
        #[error("the chain's nonce {chain} is above the next one, {next}: the key is used elsewhere")]
        ForeignNonce {
            /// The account's next nonce on the chain.
            chain: u64,
            /// The next one by our records.
            next: u64,
        } = "foreign_nonce",
        /// Enough are in progress.
        #[error("{IN_FLIGHT_MAX} submissions are in flight")]
        Full = "pipeline_full",
        /// The oldest does not get through.
        #[error("the oldest submission has been in flight for {0} s")]
        OldestStuck(u64) = "oldest_stuck",
    }
}

impl Lane {
    /// The nonce of a new submission; it must be stored, together with the next one, before anything is signed.
    ///
    /// # Errors
    /// [`Blocked`]: not now.
    pub const fn allocate(&self) -> Result<u64, Blocked> {
        if self.is_paused {
            return Err(Blocked::Paused);
        }
        if self.chain_nonce > self.next_nonce {
            return Err(Blocked::ForeignNonce {
                chain: self.chain_nonce,
                next: self.next_nonce,
            });
        }
        if self.in_flight >= IN_FLIGHT_MAX {
            return Err(Blocked::Full);
        }
        if self.in_flight > 0 && self.oldest_age > OLDEST_AGE_MAX {
            return Err(Blocked::OldestStuck(self.oldest_age));
        }
        Ok(self.next_nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: Lane = Lane {
        next_nonce: 40,
        in_flight: 15,
        oldest_age: 60,
        chain_nonce: 40,
        is_paused: false,
    };

    #[test]
    fn a_lane_takes_sixteen_as_long_as_they_get_through() {
        assert_eq!(LANE.allocate(), Ok(40));
        let code = |lane: Lane| lane.allocate().unwrap_err().code();
        assert_eq!(
            code(Lane {
                is_paused: true,
                ..LANE
            }),
            "sender_paused"
        );
        assert_eq!(
            code(Lane {
                chain_nonce: 41,
                ..LANE
            }),
            "foreign_nonce"
        );
        assert_eq!(
            code(Lane {
                in_flight: 16,
                ..LANE
            }),
            "pipeline_full"
        );
        assert_eq!(
            code(Lane {
                oldest_age: 61,
                ..LANE
            }),
            "oldest_stuck"
        );
        let idle = Lane {
            in_flight: 0,
            oldest_age: 61,
            ..LANE
        };
        assert_eq!(idle.allocate(), Ok(40), "an empty lane has no oldest");
    }
}
