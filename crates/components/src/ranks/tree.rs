//! The sponsor tree for ranks, in both directions. A sponsor has a smaller number than its
//! directs, so reading users backwards visits every downline before its head.

use ledger::UserId;

/// Who referred whom, by user number; 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// By user number minus one. Apart from the links, because a close reads nothing else of the tree.
    sponsors: Vec<u32>,
    links: Vec<Links>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Links {
    last_direct: u32,
    /// The direct of the same sponsor that joined before.
    previous: u32,
}

impl Tree {
    /// Adds the next user. False, and nothing happens, if it is not the next one or the sponsor did not join before.
    pub(super) fn join(&mut self, user: UserId, sponsor: Option<UserId>) -> bool {
        if index(user.get()) != Some(self.links.len()) {
            return false;
        }
        let mut links = Links::default();
        if let Some(sponsor) = sponsor {
            let Some(above) = self.at_mut(sponsor.get()) else {
                return false;
            };
            links.previous = above.last_direct;
            above.last_direct = user.get();
        }
        self.sponsors.push(sponsor.map_or(0, UserId::get));
        self.links.push(links);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    pub(super) fn has(&self, user: UserId) -> bool {
        self.at(user.get()).is_some()
    }

    /// Sponsors of users 1, 2, …; 0 for nobody.
    pub(super) fn sponsors(&self) -> &[u32] {
        &self.sponsors
    }

    /// The sponsor, the sponsor's sponsor and so on; each with the direct through which it was reached.
    pub(super) fn uplines(&self, user: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let above = move |user: u32| {
            let sponsor = self.sponsors.get(index(user)?).copied()?;
            (sponsor != 0).then_some((sponsor, user))
        };
        std::iter::successors(above(user), move |(upline, _)| above(*upline))
    }

    /// Whom a user brought, latest first.
    pub(super) fn directs(&self, user: u32) -> impl Iterator<Item = u32> + '_ {
        let found = |number: u32| (number != 0).then_some(number);
        let last = self.at(user).and_then(|links| found(links.last_direct));
        std::iter::successors(last, move |direct| found(self.at(*direct)?.previous))
    }

    fn at(&self, user: u32) -> Option<&Links> {
        self.links.get(index(user)?)
    }

    fn at_mut(&mut self, user: u32) -> Option<&mut Links> {
        self.links.get_mut(index(user)?)
    }
}

/// Where arrays by user have the one with this number.
pub(super) fn index(user: u32) -> Option<usize> {
    usize::try_from(user).ok()?.checked_sub(1)
}
