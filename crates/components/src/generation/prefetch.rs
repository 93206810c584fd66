//! Uplines read ahead of the walk, so that memory is waited for once and not at every upline.
//!
//! What the walk asks of an upline does not depend on the uplines before (nobody is twice in a line of sponsors), so
//! these reads overlap when nothing is decided between them. [`prefetch`] does the same for several walks that will
//! follow each other. Not responsible for who gets what.

use std::hint::black_box;

use ledger::{BreakageCause, UserId};

use super::{GenerationTerms, Uplines};
use crate::cap::{Caps, Stake};
use crate::generation::table::Mode;
use plan_file::GENERATIONS_MAX;

/// Minimum number of uplines that are read together where some may be skipped, and maximum: a walk makes room for that many.
const TOGETHER_MIN: usize = 8;
const TOGETHER_MAX: usize = 16;

/// Walks whose memory is read together: what they read stays in the fastest cache until they are made.
const WALKS_TOGETHER: usize = 8;
/// Uplines that are read where none is skipped, and where some may be.
const READ: usize = GENERATIONS_MAX;

/// Reads what walks from these users will read, so that memory is waited for once for all of them. Changes nothing,
/// and nothing depends on it but time: the walks that follow find it at hand.
pub fn prefetch(terms: &GenerationTerms, users: &[UserId], uplines: &impl Uplines, caps: &Caps) {
    let is_active_asked = terms.mode() == Mode::ActiveOnly;
    let wanted = match terms.mode() {
        Mode::Physical => terms.steps().len(),
        Mode::Compressed | Mode::ActiveOnly => READ,
    };
    for users in users.chunks(WALKS_TOGETHER) {
        for user in users {
            let mut nearest = [None];
            uplines.above(*user, &mut nearest);
            black_box(nearest);
        }
        let mut ids = [[None; READ]; WALKS_TOGETHER];
        for (user, ids) in users.iter().zip(&mut ids) {
            uplines.above(*user, ids.get_mut(..wanted).unwrap_or_default());
        }
        let mut seen = 0u32;
        for ids in &ids {
            for user in ids.iter().map_while(|user| *user) {
                seen ^= caps.stake(user).mark() ^ uplines.directs(user);
                if is_active_asked {
                    seen ^= u32::from(uplines.is_active(user));
                }
            }
        }
        // What was read is used, or nothing would be.
        black_box(seen);
    }
}

/// What the walk needs to know of an upline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Upline {
    /// What was paid in and earned.
    pub(super) stake: Stake,
    /// `None` above the last.
    pub(super) user: Option<UserId>,
    directs: u32,
    is_refunded: bool,
    is_active: bool,
}

impl Upline {
    /// Why the upline gets nothing of a generation, apart from the cap.
    #[inline]
    pub(super) fn refusal(&self, mode: Mode, caps: &Caps, directs_required: u32) -> Option<BreakageCause> {
        let is_inactive = match mode {
            Mode::Physical | Mode::Compressed => caps.is_missing(self.stake),
            Mode::ActiveOnly => !self.is_active,
        };
        if self.is_refunded {
            Some(BreakageCause::Refunded)
        } else if is_inactive {
            Some(BreakageCause::Inactive)
        } else {
            (self.directs < directs_required).then_some(BreakageCause::Unqualified)
        }
    }
}

/// The uplines of someone, nearest first.
pub(super) struct Ahead<'a, U> {
    uplines: &'a U,
    mode: Mode,
    /// The next ids, of which the first `read_ids` were read.
    ids: [Option<UserId>; GENERATIONS_MAX],
    read_ids: usize,
    /// What was read of the last of these; the first `next` of `read_count` were taken.
    read: [Upline; TOGETHER_MAX],
    read_count: usize,
    next: usize,
}

impl<'a, U: Uplines> Ahead<'a, U> {
    pub(super) fn of(user: UserId, uplines: &'a U, mode: Mode) -> Self {
        let mut ids = [None; GENERATIONS_MAX];
        uplines.above(user, &mut ids);
        Self {
            uplines,
            mode,
            ids,
            read_ids: 0,
            read: [Upline::default(); TOGETHER_MAX],
            read_count: 0,
            next: 0,
        }
    }

    /// The next upline; `wanted` is how many are needed if none is skipped.
    #[inline]
    pub(super) fn next(&mut self, wanted: usize, caps: &Caps) -> Option<&Upline> {
        if self.next >= self.read_count {
            self.read(wanted, caps);
        }
        let upline = self.read.get(..self.read_count)?.get(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(upline)
    }

    fn read(&mut self, wanted: usize, caps: &Caps) {
        if self.read_ids >= self.ids.len()
            && let Some(Some(last)) = self.ids.last().copied()
        {
            self.uplines.above(last, &mut self.ids);
            self.read_ids = 0;
        }
        let wanted = match self.mode {
            Mode::Physical => wanted,
            Mode::Compressed | Mode::ActiveOnly => wanted.max(TOGETHER_MIN),
        };
        let ids = self.ids.get(self.read_ids..).unwrap_or_default();
        let ids = ids.get(..wanted.min(TOGETHER_MAX)).unwrap_or(ids);
        let is_active_asked = self.mode == Mode::ActiveOnly;
        self.next = 0;
        self.read_count = 0;
        for (upline, user) in self.read.iter_mut().zip(ids.iter().flatten()) {
            upline.user = Some(*user);
            upline.stake = caps.stake(*user);
            self.read_count = self.read_count.saturating_add(1);
        }
        for (upline, user) in self.read.iter_mut().zip(ids.iter().flatten()) {
            upline.directs = self.uplines.directs(*user);
            upline.is_refunded = self.uplines.is_refunded(*user);
            upline.is_active = is_active_asked && self.uplines.is_active(*user);
        }
        self.read_ids = self.read_ids.saturating_add(ids.len());
    }
}
