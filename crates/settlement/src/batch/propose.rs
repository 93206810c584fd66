//! Which users a batch pays: a deterministic plan to review first.

use std::collections::BTreeSet;
use std::fmt;

use alloy_primitives::Address;
use ledger::UserId;
use money::Amount;

use crate::batch::{Candidate, Kinds, PAYOUTS_MAX, TARGET_MAX};

/// Which candidates operators want. An absent filter lets everyone pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// At least this much available.
    pub amount_min: Option<Amount>,
    /// At most this much available.
    pub amount_max: Option<Amount>,
    /// A reward of one of these kinds among the unsettled ones.
    pub kinds: Option<Kinds>,
    /// The oldest unsettled reward matured at this time or before.
    pub matured_by: Option<u64>,
    /// These users only.
    pub users: Option<BTreeSet<UserId>>,
}

/// What operators request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Whom.
    pub filters: Filters,
    /// At most this many; never more than [`PAYOUTS_MAX`].
    pub count_max: Option<usize>,
    /// At most this much in all.
    pub total_max: Option<Amount>,
}

/// What the chain would let a batch pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Time of the chain's head, for freezes.
    pub time: u64,
    /// The contract's free funds, without its reserve for published liabilities.
    pub funds: Amount,
    /// What the outflow cap leaves.
    pub outflow: Amount,
    /// What batches that are not over will take from both after the head: see [`Promises`](super::Promises).
    pub promised: Amount,
}

impl Limits {
    /// What a new batch may promise.
    pub fn room(&self) -> Amount {
        self.funds.min(self.outflow).saturating_sub(self.promised)
    }
}

/// One user to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub user: UserId,
    /// Where.
    pub wallet: Address,
    /// How much: the whole available balance.
    pub amount: Amount,
    /// What the chain will have paid in all, once this is paid.
    pub target: Amount,
}

names::names! {
    /// Why a candidate is not in the batch. In the order in which the rules are looked at.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Cause {
        /// Not among the users who were requested.
        NotAskedFor = "not_asked_for",
        /// A batch that is not over pays the user.
        LivePayout = "live_payout",
        /// Nothing is available.
        NothingAvailable = "nothing_available",
        /// Less than the filter wants.
        BelowAmountMin = "below_amount_min",
        /// More than the filter wants.
        AboveAmountMax = "above_amount_max",
        /// No reward of a wanted kind.
        OtherKinds = "other_kinds",
        /// Everything matured too recently.
        TooRecent = "too_recent",
        /// The contract would credit it, and the user could not take it out.
        Frozen = "frozen",
        /// Everything ever paid would exceed what the contract can count.
        TargetTooLarge = "target_too_large",
        /// The batch is full.
        CountMax = "count_max",
        /// The whole balance does not fit under the request's total any more.
        TotalMax = "total_max",
        /// The whole balance does not fit into what the contract can pay any more.
        NoRoom = "no_room",
    }
}

/// A candidate who is not in the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Who.
    pub user: UserId,
    /// Why not.
    pub cause: Cause,
}

/// What a batch would pay. Every candidate is either in `lines` or in `left_out`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Payouts, in the order in which they were chosen.
    pub lines: Vec<Line>,
    /// Sum of their amounts.
    pub total: Amount,
    /// Everyone else, in the same order.
    pub left_out: Vec<LeftOut>,
}

impl fmt::Display for Proposal {
    /// One line for each candidate, and the total.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(
                f,
                "pay {} {:#x} {} to {}",
                line.user, line.wallet, line.amount, line.target
            )?;
        }
        for left in &self.left_out {
            writeln!(f, "leave {} {}", left.user, left.cause.name())?;
        }
        writeln!(f, "total {} for {}", self.total, self.lines.len())
    }
}

/// Chooses the users that a batch pays.
///
/// Who requested a withdrawal comes first, then whose reward matured first, then the lower user. A user is paid the
/// whole available balance or nothing: whoever does not fit under the total or into the contract's room is left out,
/// and smaller ones behind may still fit. There are no partial payouts, so that a payout always ends what is due; who
/// never fits can claim by proof, where the contract pays what there is room for.
pub fn propose(candidates: &[Candidate], request: &Request, limits: &Limits) -> Proposal {
    let mut ordered: Vec<&Candidate> = candidates.iter().collect();
    ordered.sort_by_key(|candidate| {
        (
            !candidate.withdrawal_requested,
            candidate.oldest_matured_at,
            candidate.user,
        )
    });
    let room = limits.room();
    let mut proposal = Proposal::default();
    for candidate in ordered {
        let chosen = request
            .filters
            .check(candidate, limits.time)
            .and_then(|()| proposal.fit(candidate, request, room));
        if let Err(cause) = chosen {
            proposal.left_out.push(LeftOut {
                user: candidate.user,
                cause,
            });
        }
    }
    proposal
}

impl Filters {
    fn check(&self, candidate: &Candidate, time: u64) -> Result<(), Cause> {
        let amount = candidate.available;
        let rules = [
            (
                self.users
                    .as_ref()
                    .is_some_and(|users| !users.contains(&candidate.user)),
                Cause::NotAskedFor,
            ),
            (candidate.has_live_payout, Cause::LivePayout),
            (amount.is_zero(), Cause::NothingAvailable),
            (
                self.amount_min.is_some_and(|min| amount < min),
                Cause::BelowAmountMin,
            ),
            (
                self.amount_max.is_some_and(|max| amount > max),
                Cause::AboveAmountMax,
            ),
            (
                self.kinds.is_some_and(|kinds| !kinds.meets(candidate.kinds)),
                Cause::OtherKinds,
            ),
            (
                self.matured_by.is_some_and(|by| candidate.oldest_matured_at > by),
                Cause::TooRecent,
            ),
            (candidate.is_frozen_at(time), Cause::Frozen),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, cause)) => Err(cause),
            None => Ok(()),
        }
    }
}

impl Proposal {
    fn fit(&mut self, candidate: &Candidate, request: &Request, room: Amount) -> Result<(), Cause> {
        let target = candidate.paid.checked_add(candidate.available);
        let target = target.map_err(|_| Cause::TargetTooLarge)?;
        if target > TARGET_MAX {
            return Err(Cause::TargetTooLarge);
        }
        if self.lines.len() >= request.count_max.unwrap_or(PAYOUTS_MAX).min(PAYOUTS_MAX) {
            return Err(Cause::CountMax);
        }
        let total = self
            .total
            .checked_add(candidate.available)
            .map_err(|_| Cause::NoRoom)?;
        if request.total_max.is_some_and(|max| total > max) {
            return Err(Cause::TotalMax);
        }
        if total > room {
            return Err(Cause::NoRoom);
        }
        self.total = total;
        self.lines.push(Line {
            user: candidate.user,
            wallet: candidate.wallet,
            amount: candidate.available,
            target,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
