//! [`Foreseen`]: whether a batch is worth sending now.

/// What a batch would do if it were executed now, by the number of entries. Users to whom nothing is due are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Sent to their recipients.
    pub sent: usize,
    /// Credited, because the recipient or the asset does not take the payment.
    pub refused: usize,
    /// Credited, because the user is frozen.
    pub frozen: usize,
}

impl Foreseen {
    /// Fewer refusals than this are the recipients' own doing. More, with nobody paid, are rather a token that is paused, or that
    /// blocks the contract.
    const REFUSED_MIN: usize = 2;

    /// Whether it would pay nobody and credit everyone who could be paid: then it waits until people or time change that. Frozen
    /// users count for nothing, since what they are due is credited in any case.
    pub const fn credits_everybody(&self) -> bool {
        self.sent == 0 && self.refused >= Self::REFUSED_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_only_when_two_refuse_and_nobody_is_paid() {
        for (sent, refused, frozen, waits) in [
            (0, 0, 0, false),
            (1, 0, 0, false),
            (0, 1, 0, false),
            (0, 1, 299, false),
            (0, 0, 300, false),
            (0, 2, 0, true),
            (0, 2, 298, true),
            (0, 300, 0, true),
            (1, 299, 0, false),
        ] {
            let foreseen = Foreseen {
                sent,
                refused,
                frozen,
            };
            assert_eq!(foreseen.credits_everybody(), waits, "{foreseen:?}");
        }
    }
}
