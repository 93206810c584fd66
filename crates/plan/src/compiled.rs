//! [`CompiledPlan`]: a checked plan in exact amounts, its hash, and the questions that others ask it.

mod component;
mod hold;

use alloy_primitives::B256;
use ledger::{Fund, Tier};
use money::{Amount, Asset, Bps};
use plan_file::{Encoder, Finding, Refusal, Severity, TimeZone, percent};
use thiserror::Error;

pub use component::{IntakeKind, PaymentBounds};
pub use hold::Hold;

use crate::autopool::{AutoPoolTerms, PoolEntry, PoolRoom, ReserveTerms, Route};
use crate::component::Terms as _;
use crate::file::PlanFile;
use crate::list::components;
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
    pub(crate) time_zone: TimeZone,
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

macro_rules! declare {
    ($($name:ident: $terms:ty = ($($(#[$meta:meta])* $table:ident: $Table:ty, $about:literal),+);)+) => {
        /// The components of a plan.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct ComponentTerms {
            /// Registrations, retopups and pools.
            pub auto_pool: Option<AutoPoolTerms>,
            /// By number, from 1.
            pub funds: Vec<FundTerms>,
            /// What funds receive of each payment; the rest is divided by the plan's other rules.
            pub allocations: Vec<(Fund, Bps)>,
            $(
                #[doc = concat!("The component `", stringify!($name), "`.")]
                pub $name: Option<$terms>,
            )+
        }

        impl ComponentTerms {
            /// Checks the tables of all components, each for itself.
            pub(crate) fn read(file: &PlanFile, asset: Asset, declared: &[String]) -> Result<Self, Refusal> {
                let mut terms = Self {
                    $($name: <$terms>::read(($(file.$table.as_ref()),+), asset)?,)+
                    ..Self::default()
                };
                $(if let Some(terms) = &mut terms.$name {
                    terms.find_funds(declared)?;
                })+
                Ok(terms)
            }

            /// Names of the components in the order of their list, as their tables are called.
            pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$name.as_ref().map(|_| <$terms>::NAME)),+].into_iter().flatten()
            }

            /// Writes the parameters of each component that the plan has.
            pub(crate) fn encode(&self, out: &mut Encoder) {
                $(if let Some(terms) = &self.$name {
                    out.text(<$terms>::NAME);
                    terms.encode(out);
                })+
            }

            /// What each component says about itself.
            pub(crate) fn findings(&self, asset: Asset) -> Vec<Finding> {
                let found = [$(self.$name.as_ref().map(|terms| terms.findings(asset))),+];
                found.into_iter().flatten().flatten().collect()
            }

            /// Whether every component that both plans have can go on under these terms.
            pub(crate) fn can_follow(&self, earlier: &Self) -> bool {
                $((match (&earlier.$name, &self.$name) {
                    (Some(earlier), Some(later)) => later.can_follow(earlier),
                    (None, _) | (_, None) => true,
                }))&&+
            }

            /// The rules that pay rewards out of funds, each with the fund that it asks first.
            pub(crate) fn paying(&self) -> impl Iterator<Item = (&'static str, Fund)> {
                [$(self.$name.as_ref().and_then(|terms| terms.pays_from())),+].into_iter().flatten()
            }
        }
    };
}

components!(declare);

impl ComponentTerms {
    /// What is withheld as tax: nothing in a plan without policies.
    pub fn withholding(&self) -> &WithholdingTerms {
        static NONE: WithholdingTerms = WithholdingTerms::none();
        self.withholding.as_ref().unwrap_or(&NONE)
    }

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
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RecruitmentFunded { .. } => "recruitment_funded",
            Self::FindingIsAnError { .. } => "finding_is_an_error",
            Self::NotServed { .. } => "plan_not_served",
        }
    }
}

impl CompiledPlan {
    /// Commits to every parameter, not to comments or formatting. See `compile::encoding` for the bytes.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// The plan's name.
    pub fn name(&self) -> &str {
        &self.terms.name
    }

    /// The plan's version.
    pub const fn version(&self) -> u32 {
        self.terms.version
    }

    /// What the plan counts in.
    pub const fn asset(&self) -> Asset {
        self.terms.asset
    }

    /// Where the plan's days begin and end.
    pub const fn time_zone(&self) -> &TimeZone {
        &self.terms.time_zone
    }

    /// What a payment is.
    pub const fn intake(&self) -> IntakeRule {
        self.terms.intake
    }

    /// The components of the plan.
    pub const fn components(&self) -> &ComponentTerms {
        &self.terms.components
    }

    /// Registrations, retopups and pools, if the plan has them.
    pub const fn auto_pool(&self) -> Option<&AutoPoolTerms> {
        self.terms.components.auto_pool.as_ref()
    }

    /// What a registration costs; zero in a plan without pools, whose components say what they take.
    pub fn registration_price(&self) -> Amount {
        self.auto_pool()
            .map_or(Amount::ZERO, |terms| terms.registration.price)
    }

    /// The sponsor's share of a registration that does not go to a pool.
    pub fn direct_share(&self) -> Amount {
        self.direct_share_of(Route::Direct)
    }

    /// The sponsor's share of a registration that goes this way.
    pub fn direct_share_of(&self, route: Route) -> Amount {
        self.auto_pool()
            .map_or(Amount::ZERO, |terms| terms.direct_share_of(route))
    }

    /// The part with which every registration enters a pool; `None` when some enter with their whole price.
    pub fn split_share(&self) -> Option<Amount> {
        match &self.auto_pool()?.registration.pool_entry {
            PoolEntry::Split(split) => Some(split.pool),
            PoolEntry::Ordinals(_) => None,
        }
    }

    /// What a retopup costs; zero in a plan without pools.
    pub fn retopup_price(&self) -> Amount {
        self.auto_pool().map_or(Amount::ZERO, |terms| terms.retopup.price)
    }

    /// What an upline of each generation gets of a retopup, sponsor first.
    pub fn generation_shares(&self) -> &[Amount] {
        self.auto_pool().map_or(&[], |terms| &terms.retopup.generations)
    }

    /// Number of tiers; 0 without pools.
    pub fn tiers(&self) -> u8 {
        let tiers = self.auto_pool().map_or(0, |terms| terms.pool.tiers.len());
        u8::try_from(tiers).unwrap_or(Tier::MAX)
    }

    /// Price of a place in a tier; `None` if the plan does not have this tier.
    pub fn price(&self, tier: Tier) -> Option<Amount> {
        Some(self.auto_pool()?.tier(tier)?.price)
    }

    /// What the ancestors above a new node of a tier get, parent first; empty if there is no such tier.
    pub fn layer_shares(&self, tier: Tier) -> &[Amount] {
        let tier = self.auto_pool().and_then(|terms| terms.tier(tier));
        tier.map_or(&[], |terms| &terms.layers)
    }

    /// Places of a tree; `None` when trees are endless.
    pub fn tree_size(&self) -> Option<u32> {
        self.auto_pool()?.pool.tree_size
    }

    /// Trees that a tier may have; `None` when there is no limit.
    pub fn trees_max(&self) -> Option<u32> {
        self.auto_pool()?.pool.trees_max
    }

    /// Where the price of a registration goes, as [`AutoPoolTerms::route`] says; without pools it is divided.
    pub fn route(&self, ordinal: Option<u32>, first_tier: PoolRoom) -> Route {
        self.auto_pool()
            .map_or(Route::Direct, |terms| terms.route(ordinal, first_tier))
    }

    /// Whether a user may choose what is reserved.
    pub fn reserve_is_chosen(&self) -> bool {
        self.auto_pool()
            .is_some_and(|terms| terms.pool.reserve == ReserveTerms::OptIn)
    }

    /// Share of all rewards that later participants' payments fund.
    pub const fn recruitment_share_bps(&self) -> u16 {
        self.recruitment_share_bps
    }

    /// What the compiler noticed.
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
