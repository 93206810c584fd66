//! A transfer: one balanced movement, and the reason for it.

use money::Amount;

use crate::{Account, AccountId, Tier, UserId};

/// Why money moves. The reason is the plan's rule; the credited account tells whether the rule paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The sponsor's share of a registration.
    Direct,
    /// An ancestor's share of a placement.
    PoolLayer {
        /// Tier of the pool.
        tier: Tier,
        /// Distance above the new node, from 1 (the parent) to [`Reason::LAYER_MAX`].
        layer: u8,
    },
    /// An upline's share of a retopup; generation 1 is the sponsor.
    Generation(u8),
    /// The operator's share, the remainder of a split included.
    CompanyShare,
    /// Held money whose cooling-off time has ended.
    Matured,
    /// A deposit is refunded to its payer.
    Refund,
    /// A reserve that no longer waits for the next tier's price.
    ReserveReleased,
    /// Money that belongs to no user.
    Funded,
    /// A correction of matured rewards.
    Correction,
    /// A matured reward that pays what its recipient owes.
    Netting,
    /// A chain fact that fits nothing.
    Unexpected,
    /// What a batch pays, or holds back to pay.
    Payout,
    /// What a batch could not send, and the contract keeps for the user.
    PayoutCredited,
    /// What a user took by a proof against a published root.
    Claim,
    /// A credit that its user took out.
    CreditWithdrawal,
    /// What the operator took out.
    Treasury,
    /// What the chain paid to a user beyond what the books had for that user.
    Overpaid,
    /// A matched pair of a binary plan.
    Pair,
    /// What a subscription grants for a day.
    Accrual,
    /// What a plan grants once: for joining, for a referral.
    Bonus,
    /// What a rank grants for a week. Ranks count from 1.
    Rank(u8),
    /// Tax that is withheld from a reward or a withdrawal.
    Withheld,
    /// The operator's fee for a withdrawal.
    Fee,
    /// What a reward pays of its recipient's outstanding instalments.
    Instalment,
    /// What a user moves from the wallet balance to what the chain may pay.
    Withdrawal,
    /// The part of an inflow, or of unallocated revenue, that a named fund receives.
    Allocated,
    /// A reward whose cause was refunded before it matured.
    Reversed,
    /// Money with which a user pays for something from their own balance.
    Spent,
}

impl Reason {
    /// Layers of a split that have a code of their own.
    pub const LAYER_MAX: u8 = 15;

    /// Stable number in SQL: `transfer.reason`.
    pub const fn code(self) -> i16 {
        match self {
            Self::Direct => 1,
            Self::CompanyShare => 2,
            Self::Matured => 3,
            Self::Refund => 4,
            Self::ReserveReleased => 5,
            Self::Funded => 6,
            Self::Correction => 7,
            Self::Netting => 8,
            Self::Unexpected => 9,
            Self::Payout => 10,
            Self::PayoutCredited => 11,
            Self::Claim => 12,
            Self::CreditWithdrawal => 13,
            Self::Treasury => 14,
            Self::Overpaid => 15,
            Self::Pair => 16,
            Self::Accrual => 17,
            Self::Bonus => 18,
            Self::Withheld => 19,
            Self::Fee => 20,
            Self::Instalment => 21,
            Self::Withdrawal => 22,
            Self::Allocated => 23,
            Self::Reversed => 24,
            Self::Spent => 25,
            Self::Rank(rank) => 656i16.saturating_add(rank as i16),
            Self::Generation(generation) => 400i16.saturating_add(generation as i16),
            Self::PoolLayer { tier, layer } => {
                let place = (tier.get() as i16)
                    .saturating_mul(16)
                    .saturating_add(layer as i16);
                1_000i16.saturating_add(place)
            }
        }
    }

    /// The reason with this number.
    pub fn by_code(code: i16) -> Option<Self> {
        Some(match code {
            1 => Self::Direct,
            2 => Self::CompanyShare,
            3 => Self::Matured,
            4 => Self::Refund,
            5 => Self::ReserveReleased,
            6 => Self::Funded,
            7 => Self::Correction,
            8 => Self::Netting,
            9 => Self::Unexpected,
            10 => Self::Payout,
            11 => Self::PayoutCredited,
            12 => Self::Claim,
            13 => Self::CreditWithdrawal,
            14 => Self::Treasury,
            15 => Self::Overpaid,
            16 => Self::Pair,
            17 => Self::Accrual,
            18 => Self::Bonus,
            19 => Self::Withheld,
            20 => Self::Fee,
            21 => Self::Instalment,
            22 => Self::Withdrawal,
            23 => Self::Allocated,
            24 => Self::Reversed,
            25 => Self::Spent,
            657..=911 => Self::Rank(u8::try_from(code.checked_sub(656)?).ok()?),
            401..=655 => Self::Generation(u8::try_from(code.checked_sub(400)?).ok()?),
            1_000..=2_000 => {
                let place = u16::try_from(code.checked_sub(1_000)?).ok()?;
                let tier = Tier::new(u8::try_from(place.checked_div(16)?).ok()?)?;
                let layer = u8::try_from(place.checked_rem(16)?)
                    .ok()
                    .filter(|layer| *layer > 0)?;
                Self::PoolLayer { tier, layer }
            }
            i16::MIN..=0 | 26..=400 | 656 | 912..=999 | 2_001..=i16::MAX => return None,
        })
    }

    /// Stable name of the rule in JSON and reports: `direct`, `pool_layer`, `generation`, …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::PoolLayer { .. } => "pool_layer",
            Self::Generation(_) => "generation",
            Self::CompanyShare => "company_share",
            Self::Matured => "matured",
            Self::Refund => "refund",
            Self::ReserveReleased => "reserve_released",
            Self::Funded => "funded",
            Self::Correction => "correction",
            Self::Netting => "netting",
            Self::Unexpected => "unexpected",
            Self::Payout => "payout",
            Self::PayoutCredited => "payout_credited",
            Self::Claim => "claim",
            Self::CreditWithdrawal => "credit_withdrawal",
            Self::Treasury => "treasury",
            Self::Overpaid => "overpaid",
            Self::Pair => "pair",
            Self::Accrual => "accrual",
            Self::Bonus => "bonus",
            Self::Rank(_) => "rank",
            Self::Withheld => "withheld",
            Self::Fee => "fee",
            Self::Instalment => "instalment",
            Self::Withdrawal => "withdrawal",
            Self::Allocated => "allocated",
            Self::Reversed => "reversed",
            Self::Spent => "spent",
        }
    }

    /// Whether the rule is one that grants rewards to users.
    pub const fn is_reward(self) -> bool {
        matches!(
            self,
            Self::Direct
                | Self::PoolLayer { .. }
                | Self::Generation(_)
                | Self::Pair
                | Self::Accrual
                | Self::Bonus
                | Self::Rank(_)
        )
    }
}

/// How a transfer relates to a hold. Stored as `transfer.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Moves money at once.
    Single,
    /// Holds money back until it is posted or voided.
    Pending,
    /// Moves what a pending transfer held.
    Post,
    /// Lets go of what a pending transfer held.
    Void,
}

impl Phase {
    /// Stable number in SQL: its place in the declaration, from 0.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The phase with this number.
    pub fn by_code(code: i16) -> Option<Self> {
        [Self::Single, Self::Pending, Self::Post, Self::Void]
            .into_iter()
            .find(|phase| phase.code() == code)
    }
}

/// Identity of a transfer: its fact and its place among the legs of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId {
    /// Number of the fact, from 1.
    pub fact_seq: u64,
    /// Position among the legs of the fact, from 0.
    pub leg: u32,
}

/// How a leg moves its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// At once.
    Single,
    /// Holds it back, until a later leg posts or voids this one.
    Pending,
    /// Moves the whole of what that pending transfer holds, between the same accounts.
    Post(TransferId),
    /// Lets go of the whole of what that pending transfer holds.
    Void(TransferId),
}

impl Movement {
    /// The phase that is stored.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Single => Phase::Single,
            Self::Pending => Phase::Pending,
            Self::Post(_) => Phase::Post,
            Self::Void(_) => Phase::Void,
        }
    }

    /// The pending transfer that it resolves.
    pub const fn resolves(self) -> Option<TransferId> {
        match self {
            Self::Single | Self::Pending => None,
            Self::Post(pending) | Self::Void(pending) => Some(pending),
        }
    }
}

/// A movement that a fact causes, before it has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Account that gives.
    pub debit: Account,
    /// Account that takes; never the same.
    pub credit: Account,
    /// More than zero.
    pub amount: Amount,
    /// The rule behind it.
    pub reason: Reason,
    /// The user that the rule is about, also when it does not pay: the line that answers "why not me?".
    pub recipient: Option<UserId>,
    /// Whose payment or placement is split, where the rule grants rewards.
    pub source: Option<UserId>,
    /// At once, or by way of a hold.
    pub movement: Movement,
}

impl Leg {
    /// A movement at once, about nobody.
    #[inline]
    pub const fn new((debit, credit): (Account, Account), amount: Amount, reason: Reason) -> Self {
        Self {
            debit,
            credit,
            amount,
            reason,
            recipient: None,
            source: None,
            movement: Movement::Single,
        }
    }

    /// The same about a user, whose reward or money it is.
    #[inline]
    #[must_use]
    pub const fn about(self, recipient: Option<UserId>) -> Self {
        Self { recipient, ..self }
    }

    /// The same, caused by a user's payment or placement.
    #[inline]
    #[must_use]
    pub const fn caused_by(self, source: Option<UserId>) -> Self {
        Self { source, ..self }
    }
}

/// A leg with its place in the ledger. `(fact_seq, leg)` is its identity: a repeat changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Number of the fact that caused it, from 1.
    pub fact_seq: u64,
    /// Position among the legs of the fact, from 0.
    pub leg: u32,
    /// Account that gives.
    pub debit: AccountId,
    /// Account that takes.
    pub credit: AccountId,
    /// More than zero.
    pub amount: Amount,
    /// The rule behind it.
    pub reason: Reason,
    /// How it relates to a hold.
    pub phase: Phase,
    /// For [`Phase::Post`] and [`Phase::Void`]: the pending transfer that it resolves.
    pub resolves: Option<TransferId>,
}

impl Leg {
    /// The transfer of this leg as number `leg` of the fact `fact_seq`.
    #[must_use]
    pub fn at(self, fact_seq: u64, leg: u32) -> Transfer {
        Transfer {
            fact_seq,
            leg,
            debit: self.debit.id(),
            credit: self.credit.id(),
            amount: self.amount,
            reason: self.reason,
            phase: self.movement.phase(),
            resolves: self.movement.resolves(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back_to_its_reason() {
        let mut known = 0;
        for code in i16::MIN..=i16::MAX {
            if let Some(reason) = Reason::by_code(code) {
                assert_eq!(reason.code(), code);
                known += 1;
            }
        }
        assert_eq!(known, 25 + 255 + 255 + 60 * 15);
        for code in -1..=4 {
            assert_eq!(
                Phase::by_code(code).map(Phase::code),
                (0..=3).contains(&code).then_some(code)
            );
        }
    }
}
