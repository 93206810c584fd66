//! [`Sponsors`]: the tree of sponsors, for all components together.
//!
//! Users have the numbers 1, 2, … in the order in which they join, so a sponsor's number is smaller than those of everyone
//! below: reading users backwards visits every downline before its head. A sponsor never changes.

mod index;
mod standing;

use std::borrow::Cow;

use ledger::UserId;

use index::{Links, Nearest};
pub use standing::Standing;

/// The sponsors of all users. Two are equal if they say the same, whatever they keep beside it.
#[derive(Clone, Debug, Default)]
pub struct Sponsors {
    /// By user number minus one.
    lines: Vec<Line>,
    links: Option<Links>,
    nearest: Option<Vec<Nearest>>,
}

/// What a walk up a line reads: kept small, and together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sponsor: Option<UserId>,
    /// [`Standing::number`], which is half as large as the standing.
    standing: u32,
}

/// What is kept beside the sponsors, because components ask for it often. Without it the same answers take longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The directs of every user, and the sponsors alone, because a scan of all users reads nothing else: 12 bytes each.
    pub directs: bool,
    /// The sixteen nearest uplines of everybody: 64 bytes each.
    pub nearest: bool,
}

impl Line {
    #[inline]
    pub(crate) const fn standing(&self) -> Option<Standing> {
        Standing::from_number(self.standing)
    }
}

impl Sponsors {
    /// Nobody yet.
    pub fn new(kept: Kept) -> Self {
        let mut sponsors = Self::default();
        sponsors.keep(kept);
        sponsors
    }

    /// Keeps this from here on, too.
    pub fn keep(&mut self, kept: Kept) {
        let mut all = Self {
            links: (kept.directs && self.links.is_none()).then(Links::default),
            nearest: (kept.nearest && self.nearest.is_none()).then(Vec::new),
            ..Self::default()
        };
        if all.links.is_none() && all.nearest.is_none() {
            return;
        }
        for sponsor in self.numbers() {
            all.join(UserId::new(sponsor));
        }
        self.links = self.links.take().or(all.links);
        self.nearest = self.nearest.take().or(all.nearest);
    }

    /// The next user joins. `None`, and nothing happens, if the sponsor has not joined or there are no more numbers.
    #[inline]
    pub fn join(&mut self, sponsor: Option<UserId>) -> Option<UserId> {
        let user = UserId::from_index(self.lines.len())?;
        if sponsor.is_some_and(|sponsor| sponsor >= user) {
            return None;
        }
        if let Some(links) = &mut self.links {
            links.join(user, sponsor);
        }
        if let Some(nearest) = &mut self.nearest {
            index::append(nearest, sponsor);
        }
        self.lines.push(Line {
            sponsor,
            standing: Standing::Registered.number(),
        });
        Some(user)
    }

    /// How many users joined.
    #[inline]
    pub const fn count(&self) -> usize {
        self.lines.len()
    }

    /// Whether a user joined.
    #[inline]
    pub fn has(&self, user: UserId) -> bool {
        user.index() < self.lines.len()
    }

    /// The sponsor of a user.
    #[inline]
    pub fn of(&self, user: UserId) -> Option<UserId> {
        self.lines.get(user.index())?.sponsor
    }

    /// The numbers of the sponsors of users 1, 2, …; 0 for nobody.
    #[inline]
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
        self.lines.iter().map(|line| line.sponsor.map_or(0, UserId::get))
    }

    /// The sponsors of users 1, 2, …, by themselves.
    pub fn alone(&self) -> Cow<'_, [Option<UserId>]> {
        match &self.links {
            Some(links) => Cow::Borrowed(&links.sponsors),
            None => self.lines.iter().map(|line| line.sponsor).collect(),
        }
    }

    /// The standing of a user.
    #[inline]
    pub fn standing(&self, user: UserId) -> Option<Standing> {
        Standing::from_number(self.lines.get(user.index())?.standing)
    }

    /// The sponsor and the standing of a user, read together.
    #[inline]
    pub(crate) fn line(&self, user: UserId) -> Option<&Line> {
        self.lines.get(user.index())
    }

    /// Whether a user joined and was not refunded.
    #[inline]
    pub fn is_active(&self, user: UserId) -> bool {
        self.standing(user)
            .is_some_and(|standing| standing != Standing::Gone)
    }

    /// Sets the standing of a user who has joined.
    pub fn set_standing(&mut self, user: UserId, standing: Standing) {
        if let Some(line) = self.lines.get_mut(user.index()) {
            line.standing = standing.number();
        }
    }

    /// The numbers of the standings of users 1, 2, ….
    pub fn standings(&self) -> impl Iterator<Item = u32> + '_ {
        self.lines.iter().map(|line| line.standing)
    }

    /// The sponsor, the sponsor's sponsor and so on.
    pub fn uplines(&self, user: UserId) -> impl Iterator<Item = UserId> + '_ {
        std::iter::successors(self.of(user), |upline| self.of(*upline))
    }

    /// The directs of a user, latest first.
    pub fn directs(&self, user: UserId) -> impl Iterator<Item = UserId> + '_ {
        let linked = self.links.as_ref().map(|links| links.directs(user));
        let read = self.links.is_none().then(|| {
            let users = (0..self.lines.len()).rev();
            let brought = users.filter(move |place| {
                self.lines
                    .get(*place)
                    .is_some_and(|line| line.sponsor == Some(user))
            });
            brought.filter_map(UserId::from_index)
        });
        linked.into_iter().flatten().chain(read.into_iter().flatten())
    }

    /// The uplines of a user, nearest first, into as many slots as there are; `None` above the last.
    pub fn nearest(&self, user: UserId, into: &mut [Option<UserId>]) {
        if let Some(nearest) = &self.nearest {
            return index::fill(nearest, user, into);
        }
        let mut below = Some(user);
        for slot in into {
            below = below.and_then(|below| self.of(below));
            *slot = below;
        }
    }
}

impl PartialEq for Sponsors {
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines
    }
}

impl Eq for Sponsors {}
