//! What explanations ask of ranks: the volumes with which users hold a rank in a week.

use std::collections::BTreeMap;

use ledger::UserId;
use money::Amount;

use super::legs::scan;
use super::state::Ranks;
use super::terms::{Rank, RanksTerms};
use crate::sponsors::Sponsors;
use plan_file::calendar::Week;

/// Volumes of a user who holds a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankVolumes {
    /// Of the main leg.
    pub main: Amount,
    /// Of all other legs.
    pub other: Amount,
    /// Of the user.
    pub own: Amount,
}

impl Ranks {
    /// Everyone with a rank, as the close of this week sees it. Reads all users once.
    pub fn ranked(
        &self,
        sponsors: &Sponsors,
        terms: &RanksTerms,
        week: Week,
    ) -> BTreeMap<UserId, RankVolumes> {
        let volumes = self.volumes(terms, week.get());
        let mut ranked = BTreeMap::new();
        scan(sponsors, &volumes, self.total, |user, own, below| {
            let (main, other) = (below.main, below.other());
            let rank = terms.rank_of(main, other, own);
            if let Some(user) = UserId::new(user).filter(|_| rank > 0) {
                ranked.insert(user, RankVolumes { main, other, own });
            }
        });
        ranked
    }
}

impl Rank {
    /// Least volumes: of the main leg, of all others, of the user.
    pub const fn minima(&self) -> [Amount; 3] {
        [self.main_min, self.other_min, self.own_min]
    }
}
