//! The decisions of the rules and their inputs: recorded beside the legs and effects of an outcome for explanations.
//!
//! A rule writes it down where it decides, so nothing runs a rule a second time to learn why. Nothing is kept unless the
//! caller asks ([`Outcome::explained`](crate::Outcome::explained)), and no rule reads it.

use ledger::{Reason, UserId};
use money::Amount;

use crate::binary::Exempt;
use crate::cap::Caps;
use crate::component::Applied;
use crate::effect::RewardId;
use crate::generation::{Share, Skip};
use crate::orders::{self, Commission, PassedOver};
use crate::ranks::RankVolumes;
use crate::subscription::{Accrual, Coverage, SubscriptionId};
use crate::withholding::Line as TaxLine;
use crate::{Day, DepositId, Route};

/// The decisions behind an outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    pub(crate) are_kept: bool,
    /// By leg; legs without an entry say everything themselves.
    pub(crate) legs: Vec<Why>,
    /// By effect, likewise.
    pub(crate) effects: Vec<Why>,
    /// Users who were passed over, in the order in which they were.
    pub passed: Vec<Passed>,
}

/// Why a leg or an effect is there, beyond what itself says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// What decided.
    pub rule: Option<Rule>,
    /// What a component that brings its own rules decided with.
    pub applied: Option<Applied>,
    /// By which reason a fund granted what the leg is a part of.
    pub granted: Option<Reason>,
    /// What the user owed before.
    pub owed: Amount,
    /// What is withheld as tax, by policy.
    pub taxed: Vec<TaxLine>,
    /// The held shares of which the leg is the sum.
    pub parts: Vec<HeldPart>,
}

/// The default where no rule recorded anything.
static UNTOLD: Why = Why {
    rule: None,
    applied: None,
    granted: None,
    owed: Amount::ZERO,
    taxed: Vec::new(),
    parts: Vec::new(),
};

/// What a rule knew when it decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A generation of a purchase was an upline's turn.
    Share {
        /// What was decided for the generation.
        share: Share,
        /// Whether the cap took the rest of the generation.
        is_capped: bool,
        /// How the upline stood; nothing where there is none.
        upline: Option<UplineStanding>,
    },
    /// A subscription accrued for a day.
    Accrual {
        /// What accrued.
        accrual: Accrual,
        /// For which day.
        day: Day,
        /// What the rate says, before caps and fund.
        nominal: Amount,
        /// What the fund had of what everybody accrued.
        coverage: Coverage,
        /// Whether caps left less than the rate says.
        is_capped: bool,
    },
    /// A fund did not have what a day accrues.
    Coverage(Coverage),
    /// A pair was matched.
    Pair {
        /// Of the user's pairs, from 1.
        number: u32,
        /// Withheld of its reward.
        tax: Amount,
        /// What the user had paid of the price, earlier instalments included.
        paid: Amount,
        /// Kept of the reward for the price, or why nothing is.
        instalment: Result<Amount, Exempt>,
    },
    /// A payment bought a subscription of the tier at this place.
    Bought(usize),
    /// A user took money out of the wallet balance.
    Withdrawn {
        /// How much left it.
        gross: Amount,
        /// How much of it is withheld as tax.
        withheld: Amount,
    },
    /// A rank was held this week, with these volumes; without any in an earlier one.
    Rank(Option<RankVolumes>),
    /// A generation of an order was a participant's turn.
    Order(Box<Commission>),
    /// The day of a reward has come.
    Released(Box<RewardStanding>),
    /// The cause of a reward went back.
    Reversed(Box<RewardStanding>),
    /// The cap limited a user.
    Cap(CapStanding),
    /// How the price of a registration was divided.
    Route(Route),
    /// The upline of a retopup had this one, which stood.
    Retopup(DepositId),
    /// What the other shares of a price leave.
    Rest(Price),
    /// The plan has no use for a payment.
    Unroutable(Unroutable),
    /// A reserve can grow no more.
    ReserveEnd(ReserveEnd),
    /// A held reward relied on something that was refunded: the recipient's own purchases, which the cap follows, or else
    /// what the reward needs to be paid at all.
    Forfeited {
        /// The cap is what it exceeds now.
        is_over_cap: bool,
    },
}

/// What a price buys in a plan of pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// A registration.
    Registration,
    /// A place in the pool.
    Place,
    /// A retopup.
    Retopup,
}

/// Why the plan has no use for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unroutable {
    /// A registration costs this.
    Registration(Amount),
    /// A retopup costs this.
    Retopup(Amount),
    /// Who was refunded buys nothing any more.
    Refunded,
    /// The largest subscription.
    AboveMost(Amount),
    /// The least subscription.
    BelowLeast(Amount),
    /// What was outstanding of what was booked.
    AboveOutstanding(Amount),
    /// The least first payment for what is booked.
    BelowFirst(Amount),
    /// Nothing can be ordered for it.
    NoOrder,
    /// Who joins pays this once.
    Joining(Amount),
}

/// Why a reserve can grow no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveEnd {
    /// Its user moved on.
    Progressed,
    /// Its user's registration was refunded.
    Refunded,
    /// Its user does not want it any more.
    Chosen,
    /// The tree is full.
    Closed,
}

/// What an upline had when a purchase was divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UplineStanding {
    /// Directs, counted as the plan says.
    pub directs: u32,
    /// Under the cap.
    pub cap: CapStanding,
}

/// A user under the cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapStanding {
    /// What the cap still lets the user have.
    pub room: Amount,
    /// What the user has paid.
    pub invested: Amount,
}

impl CapStanding {
    /// How a user stands now.
    pub(crate) fn of(caps: &Caps, user: UserId) -> Self {
        Self {
            room: caps.room(user),
            invested: caps.invested(user),
        }
    }

    /// How a user stood before something was granted and counted.
    pub(crate) fn before(caps: &Caps, user: UserId, granted: Amount) -> Self {
        let now = Self::of(caps, user);
        Self {
            // Nothing is granted beyond the cap, so this is what there was.
            room: now.room.checked_add(granted).unwrap_or(now.room),
            ..now
        }
    }
}

/// A reward from a fund, as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardStanding {
    /// Its number.
    pub id: RewardId,
    /// The reason of its legs.
    pub reason: Reason,
    /// Whose payment it is about.
    pub source: Option<UserId>,
    /// What caused it.
    pub origin: RewardOrigin,
    /// What a component that brings its own rules granted it with.
    pub applied: Option<Applied>,
}

/// What caused a reward, as far as that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewardOrigin {
    /// A subscription whose payment can still be refunded.
    Subscription(SubscriptionId),
    /// A generation of an order.
    Order(orders::OrderId),
    /// A conversion of the campaign.
    Conversion(crate::campaign::ConversionId),
    /// A pair of the user, from 1.
    Pair(u32),
    /// Nothing else than its rule.
    Rule,
}

/// A held share of a deposit, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPart {
    /// The deposit.
    pub deposit: DepositId,
    /// Position among the shares of the deposit.
    pub share: u32,
    /// So much of the share.
    pub amount: Amount,
}

/// Users who were offered nothing, because the next upline was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// In a purchase.
    Purchase {
        /// Why the upline was offered nothing.
        skip: Skip,
        /// Who purchased.
        purchaser: UserId,
        /// How the upline stood.
        upline: UplineStanding,
    },
    /// In orders of a period.
    Orders(PassedOver),
}

impl Why {
    /// The reward that the rule is about.
    pub fn reward(&self) -> Option<&RewardStanding> {
        if let Some(Rule::Released(reward) | Rule::Reversed(reward)) = &self.rule {
            Some(reward)
        } else {
            None
        }
    }
}

impl Decisions {
    /// Why a leg is there.
    pub fn of_leg(&self, number: usize) -> &Why {
        self.legs.get(number).unwrap_or(&UNTOLD)
    }

    /// Why an effect is there.
    pub fn of_effect(&self, number: usize) -> &Why {
        self.effects.get(number).unwrap_or(&UNTOLD)
    }
}
