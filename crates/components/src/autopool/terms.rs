//! What a plan file says of registrations, retopups and pools, in exact amounts, and what follows from it.

use ledger::{Reason, Tier};
use money::Amount;

use super::{PoolRoom, Route};
use plan_file::Encoder;

/// Registrations, retopups and pools, which belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoPoolTerms {
    /// How a registration is divided.
    pub registration: RegistrationTerms,
    /// How a retopup is divided.
    pub retopup: RetopupTerms,
    /// Form and prices of pools.
    pub pool: PoolTerms,
}

/// How a registration is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationTerms {
    /// What a registration costs.
    pub price: Amount,
    /// The sponsor's share where no place is bought.
    pub direct: Amount,
    /// The company's share where no place is bought, with every rounding.
    pub company: Amount,
    /// Which registrations buy a place.
    pub pool_entry: PoolEntry,
}

/// Which registrations enter a pool, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolEntry {
    /// Those with these ordinals among their sponsor's directs, with the whole price. Ascending, without repetition.
    Ordinals(Vec<u32>),
    /// All, with a part of the price.
    Split(SplitTerms),
}

/// The parts of a registration that is split; together the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitTerms {
    /// Buys the place.
    pub pool: Amount,
    /// The sponsor's.
    pub direct: Amount,
    /// The company's, with every rounding.
    pub company: Amount,
}

/// How a retopup is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetopupTerms {
    /// What a retopup costs.
    pub price: Amount,
    /// Declared share and every rounding.
    pub company: Amount,
    /// What each upline has of it, sponsor first.
    pub generations: Vec<Amount>,
}

/// Form and prices of pools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolTerms {
    /// Places of a tree; `None` for one endless tree.
    pub tree_size: Option<u32>,
    /// Trees that a tier may have; `None` without a limit.
    pub trees_max: Option<u32>,
    /// Tier 1 first; empty without pools.
    pub tiers: Vec<TierTerms>,
    /// Whose rewards are reserved.
    pub reserve: ReserveTerms,
}

/// How the price of a place is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierTerms {
    /// What a place costs.
    pub price: Amount,
    /// Parent first.
    pub layers: Vec<Amount>,
    /// What the layers leave, every rounding included.
    pub company: Amount,
}

/// Whose rewards are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveTerms {
    /// Nobody's.
    Nobody,
    /// Of users who choose it.
    OptIn,
    /// Of these places.
    Forced(ForcedReserve),
}

/// Whose rewards are reserved without being asked, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForcedReserve {
    /// Places are counted in groups of this size: the trees of a closed pool.
    pub group: u32,
    /// The first of a group, in level order.
    pub first: u32,
    /// Behind the last of them.
    pub end: u32,
    /// Of which layers.
    pub layers: LayerSet,
}

impl ForcedReserve {
    /// Whether the rewards of a place are reserved.
    #[inline]
    #[must_use]
    pub fn covers(self, index: u32) -> bool {
        let of_group = index.checked_rem(self.group).unwrap_or(index);
        (self.first..self.end).contains(&of_group)
    }
}

/// A set of layers: bit `n` is layer `n`. [`Reason::LAYER_MAX`](ledger::Reason::LAYER_MAX) is below 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSet(u16);

impl LayerSet {
    /// Every layer.
    pub const ALL: Self = Self(u16::MAX);

    /// These layers.
    pub fn of(layers: &[u8]) -> Self {
        Self(layers.iter().fold(0, |set, layer| set | Self::bit(*layer)))
    }

    /// Whether a layer is one of them.
    #[inline]
    #[must_use]
    pub fn has(self, layer: u8) -> bool {
        self.0 & Self::bit(layer) != 0
    }

    fn bit(layer: u8) -> u16 {
        1u16.checked_shl(u32::from(layer)).unwrap_or(0)
    }
}

impl RegistrationTerms {
    /// What buys a place of tier 1.
    pub const fn entry(&self) -> Amount {
        match &self.pool_entry {
            PoolEntry::Ordinals(_) => self.price,
            PoolEntry::Split(split) => split.pool,
        }
    }
}

impl AutoPoolTerms {
    /// What a plan without any of it is hashed as: prices of zero and no tier. Nothing else reads it.
    pub const fn absent() -> Self {
        Self {
            registration: RegistrationTerms {
                price: Amount::ZERO,
                direct: Amount::ZERO,
                company: Amount::ZERO,
                pool_entry: PoolEntry::Ordinals(Vec::new()),
            },
            retopup: RetopupTerms {
                price: Amount::ZERO,
                company: Amount::ZERO,
                generations: Vec::new(),
            },
            pool: PoolTerms {
                tree_size: None,
                trees_max: None,
                tiers: Vec::new(),
                reserve: ReserveTerms::Nobody,
            },
        }
    }

    /// The sponsor's share of a registration that goes this way.
    #[inline]
    pub const fn direct_share_of(&self, route: Route) -> Amount {
        match (route, &self.registration.pool_entry) {
            (Route::Direct | Route::PoolFull, _) => self.registration.direct,
            (Route::Split { .. }, PoolEntry::Split(split)) => split.direct,
            (Route::Split { .. }, PoolEntry::Ordinals(_)) | (Route::Pool { .. }, _) => Amount::ZERO,
        }
    }

    /// The company's share of a registration that goes this way, besides its share of a place.
    #[inline]
    pub const fn company_share_of(&self, route: Route) -> Amount {
        match (route, &self.registration.pool_entry) {
            (Route::Direct | Route::PoolFull, _) => self.registration.company,
            (Route::Split { .. }, PoolEntry::Split(split)) => split.company,
            (Route::Split { .. }, PoolEntry::Ordinals(_)) | (Route::Pool { .. }, _) => Amount::ZERO,
        }
    }

    /// Where the price of a registration goes: `ordinal` counts the sponsor's directs, the new one included,
    /// and is `None` for a user without a sponsor.
    #[inline]
    pub fn route(&self, ordinal: Option<u32>, first_tier: PoolRoom) -> Route {
        let entry = &self.registration.pool_entry;
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

    /// A tier; `None` if the plan does not have it.
    #[inline]
    pub fn tier(&self, tier: Tier) -> Option<&TierTerms> {
        let place = usize::from(tier.get()).saturating_sub(1);
        self.pool.tiers.get(place)
    }

    /// The price towards which rewards of `tier` are reserved; `None` without reserves or a tier above.
    #[inline]
    pub fn next_price(&self, tier: Tier) -> Option<Amount> {
        match self.pool.reserve {
            ReserveTerms::Nobody => None,
            ReserveTerms::OptIn | ReserveTerms::Forced(_) => self.tier(tier.next()?).map(|tier| tier.price),
        }
    }

    /// Whether rewards of a place are reserved without a choice of its user.
    #[inline]
    pub fn reserve_is_forced(&self, index: u32) -> bool {
        match self.pool.reserve {
            ReserveTerms::Nobody | ReserveTerms::OptIn => false,
            ReserveTerms::Forced(forced) => forced.covers(index),
        }
    }

    /// Whether a share of this layer goes to the reserve of someone who reserves.
    #[inline]
    pub fn is_reserved_layer(&self, layer: u8) -> bool {
        match self.pool.reserve {
            ReserveTerms::Nobody | ReserveTerms::OptIn => true,
            ReserveTerms::Forced(forced) => forced.layers.has(layer),
        }
    }

    /// Appends everything that decides what the component does.
    pub fn encode(&self, out: &mut Encoder) {
        let Self {
            registration,
            retopup,
            pool,
        } = self;
        out.amount(registration.price);
        out.amount(registration.direct);
        out.amount(registration.company);
        let ordinals: &[u32] = match &registration.pool_entry {
            PoolEntry::Ordinals(ordinals) => ordinals,
            PoolEntry::Split(_) => &[],
        };
        out.length(ordinals.len());
        for ordinal in ordinals {
            out.u32(*ordinal);
        }
        out.amount(retopup.price);
        out.amount(retopup.company);
        out.amounts(&retopup.generations);
        out.u32(pool.tree_size.unwrap_or(0));
        out.u32(pool.trees_max.unwrap_or(0));
        out.length(pool.tiers.len());
        for tier in &pool.tiers {
            out.amount(tier.price);
            out.amount(tier.company);
            out.amounts(&tier.layers);
        }
        let reserve = match pool.reserve {
            ReserveTerms::Nobody => 0u8,
            ReserveTerms::OptIn => 1,
            ReserveTerms::Forced(_) => 2,
        };
        out.bytes(&[reserve, 1, 1]);
        if let ReserveTerms::Forced(forced) = pool.reserve {
            out.u32(forced.group);
            out.u32(forced.first);
            out.u32(forced.end);
            let layers: Vec<u8> = (1..=Reason::LAYER_MAX)
                .filter(|layer| forced.layers.has(*layer))
                .collect();
            out.length(layers.len());
            out.bytes(&layers);
        }
        if let PoolEntry::Split(split) = registration.pool_entry {
            out.amount(split.pool);
            out.amount(split.direct);
            out.amount(split.company);
        }
    }
}
