//! [`CompiledPlan`]: a checked plan in exact amounts, its hash, and the questions that others ask it.

mod component;
mod hold;

use alloy_primitives::B256;
use ledger::{Fund, Tier, TreeNumber};
use money::{Amount, Asset, Bps};
use plan_file::{Finding, Severity, percent};
use thiserror::Error;

pub use component::IntakeKind;
pub use hold::Hold;

use crate::binary::BinaryTerms;
use crate::campaign::CampaignTerms;
use crate::cap::CapTerms;
use crate::generation::GenerationTerms;
use crate::orders::OrdersTerms;
use crate::ranks::RanksTerms;
use crate::subscription::{BonusTerms, SubscriptionTerms};
use crate::withdrawal::WithdrawalTerms;
use crate::withholding::WithholdingTerms;

/// Largest recruitment-funded share of rewards, in basis points, with which anything starts on a public
/// chain: above one half a plan pays mainly for bringing people in.
pub const RECRUITMENT_SHARE_MAX: u16 = 5_000;

/// A plan that passed every check. It can only be made by [`compile`](crate::compile()).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledPlan {
    pub(crate) hash: B256,
    pub(crate) terms: Terms,
    pub(crate) recruitment_share_bps: u16,
    pub(crate) findings: Vec<Finding>,
}

/// Everything that decides what a plan does, in exact base units. The hash covers all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) asset: Asset,
    pub(crate) registration: RegistrationTerms,
    pub(crate) retopup: RetopupTerms,
    pub(crate) pool: PoolTerms,
    pub(crate) intake: IntakeRule,
    pub(crate) components: ComponentTerms,
}

/// What a payment into escrow is, by the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeRule {
    /// A registration or a retopup at its price.
    AutoPool,
    /// A subscription of any amount that the tiers have.
    Subscription,
    /// A part of the price of what was booked.
    Booking,
    /// An order.
    Order,
    /// A registration at its price, which belongs to no rule; nothing can be paid afterwards.
    Joining {
        /// The price.
        price: Amount,
    },
}

/// The components of a plan besides registration, retopup and pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentTerms {
    /// By number, from 1.
    pub funds: Vec<FundTerms>,
    /// What funds receive of each payment; the rest is divided by the plan's other rules.
    pub allocations: Vec<(Fund, Bps)>,
    /// What a user may earn at most.
    pub cap: Option<CapTerms>,
    /// What is sold as a subscription.
    pub subscription: Option<SubscriptionTerms>,
    /// The fund that pays accruals.
    pub accrual_fund: Option<Fund>,
    /// The funds of the subscription's allocations, in their order.
    pub subscription_allocations: Vec<Fund>,
    /// What uplines have of purchases.
    pub generation: Option<GenerationTerms>,
    /// With the fund that pays for what a bonus buys.
    pub bonus: Option<(BonusTerms, Fund)>,
    /// Rewards for volumes below.
    pub ranks: Option<RanksTerms>,
    /// The fund that pays for ranks.
    pub rank_fund: Option<Fund>,
    /// Rewards for pairs.
    pub binary: Option<BinaryTerms>,
    /// The fund that pays for pairs.
    pub pair_fund: Option<Fund>,
    /// Commissions of orders.
    pub orders: Option<OrdersTerms>,
    /// The fund that pays commissions.
    pub order_fund: Option<Fund>,
    /// Rewards for conversions.
    pub campaign: Option<CampaignTerms>,
    /// The fund that pays for the campaign.
    pub campaign_fund: Option<Fund>,
    /// What is withheld as tax.
    pub withholding: WithholdingTerms,
    /// How users take out what has matured.
    pub withdrawal: Option<WithdrawalTerms>,
}

impl ComponentTerms {
    /// A fund and what pays when it is empty, one behind the other. The compiler refuses circles.
    pub fn fund_chain(&self, fund: Fund) -> impl Iterator<Item = Fund> + use<'_> {
        let behind = move |fund: &Fund| {
            let index = usize::from(fund.get()).checked_sub(1)?;
            self.funds.get(index)?.fallback
        };
        std::iter::successors(Some(fund), behind)
    }
}

/// A revenue account that pays rewards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundTerms {
    /// As the plan file calls it.
    pub name: String,
    /// What pays when this fund is empty.
    pub fallback: Option<Fund>,
}

/// How a registration is divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegistrationTerms {
    pub(crate) price: Amount,
    pub(crate) direct: Amount,
    pub(crate) company: Amount,
    pub(crate) pool_entry: PoolEntry,
}

impl Default for PoolEntry {
    fn default() -> Self {
        Self::Ordinals(Vec::new())
    }
}

/// Which registrations enter a pool, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PoolEntry {
    /// Those with these ordinals among their sponsor's directs, with the whole price. Ascending, without repetition.
    Ordinals(Vec<u32>),
    /// All, with a part of the price.
    Split(SplitTerms),
}

/// The parts of a registration that is split; together the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SplitTerms {
    pub(crate) pool: Amount,
    pub(crate) direct: Amount,
    pub(crate) company: Amount,
}

/// How a retopup is divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RetopupTerms {
    pub(crate) price: Amount,
    /// Declared share and every rounding.
    pub(crate) company: Amount,
    pub(crate) generations: Vec<Amount>,
}

/// Form and prices of pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PoolTerms {
    /// Places of a tree; `None` for one endless tree.
    pub(crate) tree_size: Option<u32>,
    pub(crate) trees_max: Option<u32>,
    /// Tier 1 first; empty without pools.
    pub(crate) tiers: Vec<TierTerms>,
    pub(crate) reserve: ReserveTerms,
}

/// How the price of a place is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TierTerms {
    pub(crate) price: Amount,
    /// Parent first.
    pub(crate) layers: Vec<Amount>,
    /// What the layers leave, every rounding included.
    pub(crate) company: Amount,
}

/// Whose rewards are reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReserveTerms {
    #[default]
    Nobody,
    OptIn,
    Forced(ForcedReserve),
}

/// Whose rewards are reserved without being asked, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedReserve {
    /// Places are counted in groups of this size: the trees of a closed pool.
    pub(crate) group: u32,
    /// The first of a group, in level order.
    pub(crate) first: u32,
    /// Behind the last of them.
    pub(crate) end: u32,
    pub(crate) layers: LayerSet,
}

impl ForcedReserve {
    /// Whether the rewards of a place are reserved.
    pub(crate) fn covers(self, index: u32) -> bool {
        let of_group = index.checked_rem(self.group).unwrap_or(index);
        (self.first..self.end).contains(&of_group)
    }
}

/// A set of layers: bit `n` is layer `n`. [`Reason::LAYER_MAX`](ledger::Reason::LAYER_MAX) is below 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerSet(u16);

impl LayerSet {
    pub(crate) const ALL: Self = Self(u16::MAX);

    pub(crate) fn of(layers: &[u8]) -> Self {
        Self(layers.iter().fold(0, |set, layer| set | Self::bit(*layer)))
    }

    pub(crate) fn has(self, layer: u8) -> bool {
        self.0 & Self::bit(layer) != 0
    }

    fn bit(layer: u8) -> u16 {
        1u16.checked_shl(u32::from(layer)).unwrap_or(0)
    }
}

/// On what kind of chain a plan is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChainClass {
    /// A development chain of one machine: nobody's money.
    Local,
    /// Any other.
    Public,
}

/// Why a plan must not start.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GateError {
    /// Rewards come mainly from recruitment.
    #[error(
        "recruitment funds {} of the rewards; the limit on a public chain is {}",
        percent(u128::from(*share_bps)),
        percent(u128::from(*max_bps))
    )]
    RecruitmentFunded {
        /// The plan's share.
        share_bps: u16,
        /// The largest allowed.
        max_bps: u16,
    },
    /// The compiler found something with which nothing may start.
    #[error("the plan has a finding of severity error: {code}")]
    FindingIsAnError {
        /// Code of the finding.
        code: &'static str,
    },
    /// The engine runs the component, the services do not yet.
    #[error(
        "plan_not_served: the services do not run plans with [{component}] yet; only `trellis plan` does"
    )]
    NotServed {
        /// Table of the plan file.
        component: &'static str,
    },
}

impl GateError {
    /// Stable code of the broken rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RecruitmentFunded { .. } => "recruitment_funded",
            Self::FindingIsAnError { .. } => "finding_is_an_error",
            Self::NotServed { .. } => "plan_not_served",
        }
    }
}

/// Room in the open tree of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolRoom {
    /// The next node goes here.
    Open {
        /// Tree that is open, or is opened by the next node.
        tree: TreeNumber,
        /// Index of the next node in level order.
        next_index: u32,
    },
    /// All trees that the plan allows are closed.
    Full,
}

/// What a registration's price does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// It is divided between sponsor and company.
    Direct,
    /// It buys this place of tier 1.
    Pool {
        /// The tree.
        tree: TreeNumber,
        /// The index in it.
        index: u32,
    },
    /// A part of it buys this place of tier 1, sponsor and company divide the rest.
    Split {
        /// The tree.
        tree: TreeNumber,
        /// The index in it.
        index: u32,
    },
    /// It would buy a place, but tier 1 is full: divided like [`Route::Direct`].
    PoolFull,
}

impl Route {
    /// Stable name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Pool { .. } => "pool",
            Self::Split { .. } => "split",
            Self::PoolFull => "pool_full",
        }
    }

    /// The place that it buys.
    #[must_use]
    pub const fn place(self) -> Option<(TreeNumber, u32)> {
        match self {
            Self::Pool { tree, index } | Self::Split { tree, index } => Some((tree, index)),
            Self::Direct | Self::PoolFull => None,
        }
    }
}

impl CompiledPlan {
    /// Commits to every parameter, not to comments or formatting. See `compile::encoding` for the bytes.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// The plan's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.terms.name
    }

    /// The plan's version.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.terms.version
    }

    /// What the plan counts in.
    #[must_use]
    pub const fn asset(&self) -> Asset {
        self.terms.asset
    }

    /// What a payment is.
    #[must_use]
    pub const fn intake(&self) -> IntakeRule {
        self.terms.intake
    }

    /// The components of the plan.
    #[must_use]
    pub const fn components(&self) -> &ComponentTerms {
        &self.terms.components
    }

    /// What a registration costs; zero in a plan without pools, whose components say what they take.
    #[must_use]
    pub const fn registration_price(&self) -> Amount {
        self.terms.registration.price
    }

    /// The sponsor's share of a registration that does not go to a pool.
    #[must_use]
    pub const fn direct_share(&self) -> Amount {
        self.terms.registration.direct
    }

    /// The sponsor's share of a registration that goes this way.
    #[must_use]
    pub const fn direct_share_of(&self, route: Route) -> Amount {
        match (route, &self.terms.registration.pool_entry) {
            (Route::Direct | Route::PoolFull, _) => self.terms.registration.direct,
            (Route::Split { .. }, PoolEntry::Split(split)) => split.direct,
            (Route::Split { .. }, PoolEntry::Ordinals(_)) | (Route::Pool { .. }, _) => Amount::ZERO,
        }
    }

    /// The company's share of a registration that goes this way, besides its share of a place.
    pub(crate) const fn company_share_of(&self, route: Route) -> Amount {
        match (route, &self.terms.registration.pool_entry) {
            (Route::Direct | Route::PoolFull, _) => self.terms.registration.company,
            (Route::Split { .. }, PoolEntry::Split(split)) => split.company,
            (Route::Split { .. }, PoolEntry::Ordinals(_)) | (Route::Pool { .. }, _) => Amount::ZERO,
        }
    }

    /// The part with which every registration enters a pool; `None` when some enter with their whole price.
    #[must_use]
    pub const fn split_share(&self) -> Option<Amount> {
        match &self.terms.registration.pool_entry {
            PoolEntry::Split(split) => Some(split.pool),
            PoolEntry::Ordinals(_) => None,
        }
    }

    /// What a retopup costs; zero in a plan without pools.
    #[must_use]
    pub const fn retopup_price(&self) -> Amount {
        self.terms.retopup.price
    }

    /// What an upline of each generation gets of a retopup, sponsor first.
    #[must_use]
    pub fn generation_shares(&self) -> &[Amount] {
        &self.terms.retopup.generations
    }

    /// Number of tiers; 0 without pools.
    #[must_use]
    pub fn tiers(&self) -> u8 {
        u8::try_from(self.terms.pool.tiers.len()).unwrap_or(Tier::MAX)
    }

    /// Price of a place in a tier; `None` if the plan does not have this tier.
    #[must_use]
    pub fn price(&self, tier: Tier) -> Option<Amount> {
        self.tier(tier).map(|terms| terms.price)
    }

    /// What the ancestors above a new node of a tier get, parent first; empty if there is no such tier.
    #[must_use]
    pub fn layer_shares(&self, tier: Tier) -> &[Amount] {
        self.tier(tier).map_or(&[], |terms| &terms.layers)
    }

    /// Places of a tree; `None` when trees are endless.
    #[must_use]
    pub const fn tree_size(&self) -> Option<u32> {
        self.terms.pool.tree_size
    }

    /// Trees that a tier may have; `None` when there is no limit.
    #[must_use]
    pub const fn trees_max(&self) -> Option<u32> {
        self.terms.pool.trees_max
    }

    /// Share of all rewards that later participants' payments fund.
    #[must_use]
    pub const fn recruitment_share_bps(&self) -> u16 {
        self.recruitment_share_bps
    }

    /// What the compiler noticed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the plan may run on such a chain.
    ///
    /// # Errors
    /// On a public chain, a recruitment-funded share above [`RECRUITMENT_SHARE_MAX`]; anywhere, a finding of
    /// severity error.
    pub fn gate(&self, chain: ChainClass) -> Result<(), GateError> {
        if let Some(finding) = self
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
        {
            return Err(GateError::FindingIsAnError { code: finding.code });
        }
        match chain {
            ChainClass::Public if self.recruitment_share_bps > RECRUITMENT_SHARE_MAX => {
                Err(GateError::RecruitmentFunded {
                    share_bps: self.recruitment_share_bps,
                    max_bps: RECRUITMENT_SHARE_MAX,
                })
            }
            ChainClass::Local | ChainClass::Public => Ok(()),
        }
    }

    /// Where the price of a registration goes: `ordinal` counts the sponsor's directs, the new one included,
    /// and is `None` for a user without a sponsor.
    #[must_use]
    pub fn route(&self, ordinal: Option<u32>, first_tier: PoolRoom) -> Route {
        let entry = &self.terms.registration.pool_entry;
        if let PoolEntry::Ordinals(ordinals) = entry
            && ordinal.is_none_or(|ordinal| ordinals.binary_search(&ordinal).is_err())
        {
            return Route::Direct;
        }
        let PoolRoom::Open {
            tree,
            next_index: index,
        } = first_tier
        else {
            return Route::PoolFull;
        };
        match entry {
            PoolEntry::Ordinals(_) => Route::Pool { tree, index },
            PoolEntry::Split(_) => Route::Split { tree, index },
        }
    }

    pub(crate) fn tier(&self, tier: Tier) -> Option<&TierTerms> {
        self.terms.pool.tiers.get(tier_index(tier))
    }

    /// The price towards which rewards of `tier` are reserved; `None` without reserves or a tier above.
    pub(crate) fn next_price(&self, tier: Tier) -> Option<Amount> {
        match self.terms.pool.reserve {
            ReserveTerms::Nobody => None,
            ReserveTerms::OptIn | ReserveTerms::Forced(_) => self.price(tier.next()?),
        }
    }

    /// Whether a user may choose what is reserved.
    #[must_use]
    pub const fn reserve_is_chosen(&self) -> bool {
        matches!(self.terms.pool.reserve, ReserveTerms::OptIn)
    }

    /// Whether rewards of a place are reserved without a choice of its user.
    pub(crate) fn reserve_is_forced(&self, index: u32) -> bool {
        match self.terms.pool.reserve {
            ReserveTerms::Nobody | ReserveTerms::OptIn => false,
            ReserveTerms::Forced(forced) => forced.covers(index),
        }
    }

    /// Whether a share of this layer goes to the reserve of someone who reserves.
    pub(crate) fn is_reserved_layer(&self, layer: u8) -> bool {
        match self.terms.pool.reserve {
            ReserveTerms::Nobody | ReserveTerms::OptIn => true,
            ReserveTerms::Forced(forced) => forced.layers.has(layer),
        }
    }
}

/// Position of a tier in arrays by tier.
pub(crate) fn tier_index(tier: Tier) -> usize {
    usize::from(tier.get()).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_half_of_the_rewards_may_be_funded_by_recruitment_on_a_public_chain() {
        let text = include_str!("../../../plans/auto-pool.toml");
        let mut plan = crate::compile(text).unwrap();
        for (share_bps, passes) in [(0, true), (5_000, true), (5_001, false)] {
            plan.recruitment_share_bps = share_bps;
            assert_eq!(plan.gate(ChainClass::Public).is_ok(), passes, "{share_bps}");
        }
    }
}
