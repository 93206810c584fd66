//! [`Pools`]: who sits where in the trees of each tier, and who is above.

use std::collections::{BTreeMap, VecDeque};

use ledger::{Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::{AutoPoolTerms, Due, NodeNumber, PoolRoom, Seat};
use crate::geometry;

/// The pools after some placements, and what is reserved in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pools {
    /// By user id, from 1.
    pub(super) seats: Vec<Seat>,
    /// By tier, from 1.
    tiers: Vec<TierNodes>,
    /// Matured rewards that wait for the next tier's price; never zero.
    pub(super) reserves: BTreeMap<(UserId, Tier), Amount>,
    /// What is still to be done because of matured rewards, first come first served.
    pub(super) due: VecDeque<Due>,
}

/// The nodes of a tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierNodes {
    /// By node number: trees follow each other.
    pub nodes: Vec<UserId>,
    /// Where users are, in tiers above the first.
    pub places: BTreeMap<UserId, NodeNumber>,
}

/// Where a user sits in a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The tree.
    pub tree: TreeNumber,
    /// Index in level order, from 0.
    pub index: u32,
}

/// A place that has just been taken.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// In which tier.
    pub tier: Tier,
    /// By whom.
    pub user: UserId,
    /// Where.
    pub place: Place,
    /// Whether it fills its tree.
    pub closes: bool,
    /// Who shares its price.
    pub above: Above,
}

/// The users above a place, by layer: the parent first. Nobody above the root.
pub type Above = [Option<UserId>; Reason::LAYER_MAX as usize];

impl Pools {
    /// No user yet, and room in each of these tiers.
    pub fn new(tiers: u8) -> Self {
        let mut pools = Self::default();
        pools.set_tiers(tiers);
        pools
    }

    /// Sets the number of tiers, which never falls.
    pub fn set_tiers(&mut self, tiers: u8) {
        self.tiers.resize(usize::from(tiers), TierNodes::default());
    }

    /// The next user joins.
    #[inline]
    pub fn join(&mut self) {
        self.seats.push(Seat::default());
    }

    /// What is kept of the pools, or `None` if it does not hold together: a seat or a place that names a node of someone else, a node
    /// of an unknown user, or a reserve of an unknown user or tier or of nothing.
    pub fn from_parts(
        seats: Vec<Seat>,
        tiers: Vec<TierNodes>,
        reserves: BTreeMap<(UserId, Tier), Amount>,
    ) -> Option<Self> {
        let pools = Self {
            seats,
            tiers,
            reserves,
            due: VecDeque::new(),
        };
        let is_known = |user: UserId| user.index() < pools.seats.len();
        let is_at = |tier: &TierNodes, user, node| tier.nodes.get(index(node)) == Some(&user);
        let seats = pools.seats.iter().enumerate().all(|(place, seat)| {
            let user = UserId::from_index(place);
            seat.first.is_none_or(|node| {
                user.is_some_and(|user| pools.tiers.first().is_some_and(|tier| is_at(tier, user, node)))
            })
        });
        let tiers = pools.tiers.iter().all(|tier| {
            let mut places = tier.places.iter();
            tier.nodes.iter().all(|user| is_known(*user))
                && places.all(|(user, node)| is_at(tier, *user, *node))
        });
        let reserves = pools.reserves.iter().all(|((user, tier), amount)| {
            is_known(*user) && pools.tiers.len() > tier_index(*tier) && !amount.is_zero()
        });
        (seats && tiers && reserves).then_some(pools)
    }

    /// By user id, from 1.
    pub const fn seats(&self) -> &Vec<Seat> {
        &self.seats
    }

    /// By tier, from 1.
    pub const fn tiers(&self) -> &Vec<TierNodes> {
        &self.tiers
    }

    /// Matured rewards that wait for the next tier's price; never zero.
    pub const fn reserves(&self) -> &BTreeMap<(UserId, Tier), Amount> {
        &self.reserves
    }

    /// Puts a user into the next place of a tier, which has room.
    #[inline]
    pub fn place_next(&mut self, terms: &AutoPoolTerms, tier: Tier, user: UserId) -> Placed {
        let node = u32::try_from(self.node_count(tier)).unwrap_or(u32::MAX);
        let place = terms.place_of(node);
        if let Some(nodes) = self.tiers.get_mut(tier_index(tier)) {
            nodes.nodes.push(user);
            if tier != Tier::FIRST {
                nodes.places.insert(user, node);
            }
        }
        if let Some(seat) = self.seats.get_mut(user.index()) {
            if tier == Tier::FIRST {
                seat.first = Some(node);
            }
            let reserves = seat.chosen.has(tier) || terms.reserve_is_forced(place.index);
            if reserves && terms.next_price(tier).is_some() {
                seat.reserving.insert(tier);
            }
        }
        Placed {
            tier,
            user,
            place,
            closes: self.is_closed(terms, tier, place.tree),
            above: self.above(terms, tier, (node, place.index)),
        }
    }

    /// Who has a share of the price of this node.
    #[inline]
    fn above(&self, terms: &AutoPoolTerms, tier: Tier, (node, index): (NodeNumber, u32)) -> Above {
        let mut above = Above::default();
        let (Some(terms), Some(nodes)) = (terms.tier(tier), self.tiers.get(tier_index(tier))) else {
            return above;
        };
        let root = node.saturating_sub(index);
        let mut ancestor = geometry::parent(index);
        for (layer, _) in above.iter_mut().zip(&terms.layers) {
            let Some(index) = ancestor else { break };
            let node = root.checked_add(index).map(self::index);
            *layer = node.and_then(|node| nodes.nodes.get(node)).copied();
            ancestor = geometry::parent(index);
        }
        above
    }

    /// Where the next node of a tier goes. A tier that the plan does not have is full.
    #[inline]
    pub fn room(&self, terms: &AutoPoolTerms, tier: Tier) -> PoolRoom {
        let nodes = self.tiers.get(tier_index(tier));
        let next = nodes.and_then(|tier| u32::try_from(tier.nodes.len()).ok());
        match next.map(|node| terms.place_of(node)) {
            Some(place) if terms.pool.trees_max.is_none_or(|max| place.tree.get() <= max) => PoolRoom::Open {
                tree: place.tree,
                next_index: place.index,
            },
            Some(_) | None => PoolRoom::Full,
        }
    }

    /// Where a user sits in a tier.
    pub fn place(&self, terms: &AutoPoolTerms, user: UserId, tier: Tier) -> Option<Place> {
        let node = if tier == Tier::FIRST {
            self.seats.get(user.index())?.first?
        } else {
            *self.tiers.get(tier_index(tier))?.places.get(&user)?
        };
        Some(terms.place_of(node))
    }

    /// Who sits in a place.
    pub fn occupant(&self, terms: &AutoPoolTerms, tier: Tier, place: Place) -> Option<UserId> {
        let node = match terms.pool.tree_size {
            Some(size) if place.index >= size => return None,
            Some(size) => (place.tree.get().checked_sub(1)?)
                .checked_mul(size)?
                .checked_add(place.index)?,
            None if place.tree.get() == 1 => place.index,
            None => return None,
        };
        let nodes = &self.tiers.get(tier_index(tier))?.nodes;
        nodes.get(index(node)).copied()
    }

    /// Nodes of a tier, over all its trees.
    #[inline]
    pub fn node_count(&self, tier: Tier) -> usize {
        let nodes = self.tiers.get(tier_index(tier));
        nodes.map_or(0, |tier| tier.nodes.len())
    }

    /// Whether no node can be added to a tree any more.
    #[inline]
    pub(super) fn is_closed(&self, terms: &AutoPoolTerms, tier: Tier, tree: TreeNumber) -> bool {
        terms.pool.tree_size.is_some_and(|size| {
            let closed = u64::try_from(self.node_count(tier)).unwrap_or(u64::MAX);
            u64::from(tree.get()).saturating_mul(u64::from(size)) <= closed
        })
    }
}

impl AutoPoolTerms {
    /// Tree and index of a node.
    #[inline]
    pub fn place_of(&self, node: NodeNumber) -> Place {
        let (trees, index) = match self.pool.tree_size {
            Some(size) => (
                node.checked_div(size).unwrap_or(0),
                node.checked_rem(size).unwrap_or(0),
            ),
            None => (0, node),
        };
        Place {
            tree: TreeNumber::new(trees.saturating_add(1))
                .expect("nodes are fewer than 2^31 users, so trees are numbered from 1 to 2^31 - 1"),
            index,
        }
    }
}

/// Where the nodes of a tier are.
#[inline]
fn tier_index(tier: Tier) -> usize {
    usize::from(tier.get()).saturating_sub(1)
}

/// Where a node is.
#[inline]
fn index(node: NodeNumber) -> usize {
    usize::try_from(node).unwrap_or(usize::MAX)
}
