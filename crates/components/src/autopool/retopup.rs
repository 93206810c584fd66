//! Who shares a retopup.

use ledger::{BreakageCause, DepositId, UserId};
use money::Amount;

use super::RetopupTerms;
use crate::sponsors::{Sponsors, Standing};

/// What is decided about one generation of a retopup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationShare {
    /// From 1, the sponsor's.
    pub generation: u8,
    /// How much.
    pub amount: Amount,
    /// Whose turn it is; nobody above the first user.
    pub upline: Option<UserId>,
    /// Who has it, and the oldest retopup of theirs that is not refunded, which entitles to it; or why nobody has it.
    pub right: Result<(UserId, DepositId), BreakageCause>,
}

impl RetopupTerms {
    /// The shares of a retopup of this user, the sponsor's first. An upline has a share whose own retopup stands.
    #[inline]
    pub fn shares<'a>(
        &'a self,
        sponsors: &'a Sponsors,
        user: UserId,
    ) -> impl Iterator<Item = GenerationShare> + use<'a> {
        let mut next = sponsors.of(user);
        (1u8..).zip(&self.generations).map(move |(generation, share)| {
            let upline = next;
            let line = upline.and_then(|upline| Some((upline, sponsors.line(upline)?)));
            next = line.and_then(|(_, line)| line.sponsor);
            let right = match line.and_then(|(upline, line)| Some((upline, line.standing()?))) {
                None => Err(BreakageCause::NoUpline),
                Some((_, Standing::Gone)) => Err(BreakageCause::Refunded),
                Some((_, Standing::Registered)) => Err(BreakageCause::NotRetopped),
                Some((upline, Standing::Retopped(retopup))) => Ok((upline, retopup)),
            };
            GenerationShare {
                generation,
                amount: *share,
                upline,
                right,
            }
        })
    }
}
