//! Who gets a place in a pool, who gets its price, and what is reserved for the next tier.

use alloy_primitives::Address;
use plan::ReserveChoice;

use super::tree::Tree;
use super::{Bucket, Grant, Model, Money, as_money};

impl Model {
    pub(super) fn has_room(&self, tier: usize) -> bool {
        let Some(forest) = self.forests.get(tier - 1) else {
            return false;
        };
        let open = forest.iter().any(|tree| !self.is_full(tree));
        open || self.terms.trees_max.is_none_or(|max| forest.len() < max as usize)
    }

    /// Puts somebody into the pool of a tier; who gets what, and the tree that this fills.
    pub(super) fn place(&mut self, who: Address, tier: usize) -> (Vec<Grant>, Option<usize>) {
        if self.forests[tier - 1].iter().all(|tree| self.is_full(tree)) {
            self.forests[tier - 1].push(Tree::default());
        }
        let number = self.forests[tier - 1].len();
        self.forests[tier - 1][number - 1].insert(who);
        let tree = &self.forests[tier - 1][number - 1];
        let full = self.is_full(tree).then_some(number);
        let mut above = tree.path(who);
        above.pop();
        let price = as_money(self.terms.tier_prices[tier - 1]);
        let mut left = price;
        let mut grants = Vec::new();
        for (layer, bps) in (1..).zip(&self.terms.layers_bps) {
            let amount = price * Money::from(*bps) / 10_000;
            left -= amount;
            let ancestor = above.pop();
            let bucket = match ancestor {
                Some(ancestor) if self.is_active(ancestor) => Bucket::Ancestor(ancestor, layer),
                Some(_) | None => Bucket::Named(format!("residual({tier},{number})")),
            };
            let rule = format!("pool tier {tier} layer {layer}");
            grants.push(Grant::new(&rule, ancestor, bucket, amount));
        }
        grants.push(Grant::of_company("pool company_share", left));
        (grants, full)
    }

    pub(super) fn release_tree(&mut self, tier: usize, number: usize) {
        let tree = &mut self.forests[tier - 1][number - 1];
        tree.released = true;
        for who in tree.members() {
            self.release_reserve(who, tier);
        }
    }

    pub(super) fn release_reserve(&mut self, who: Address, tier: usize) {
        let account = format!("reserve({who},{tier})");
        let amount = self.balances.get(&account).copied().unwrap_or(0);
        self.add(&account, -amount);
        self.add(&format!("available({who})"), amount);
        self.tell(&format!("reserve reserve_released moved {who}"), amount);
        *self.entitled.entry(who).or_default() += amount;
    }

    pub(super) fn is_full(&self, tree: &Tree) -> bool {
        !self.terms.rolling && tree.size() == self.terms.tree_size
    }

    pub(super) fn is_kept_layer(&self, layer: usize) -> bool {
        let forced = self.terms.forced.as_ref();
        forced.is_none_or(|(_, layers)| layers.iter().any(|kept| usize::from(*kept) == layer))
    }

    /// Whether a place is one of the last: of fifteen in a row, or of a tree's nodes that can have two children.
    pub(super) fn is_last(&self, tree: &Tree, who: Address, nodes: u32) -> bool {
        let size = self.terms.tree_size as usize;
        let index = tree.members().iter().position(|member| *member == who).unwrap();
        let (index, end) = if self.terms.rolling {
            (index % size, size)
        } else {
            (index, size / 2)
        };
        index < end && index >= end - nodes as usize
    }

    pub(super) fn reserves(&self, who: Address, tier: usize) -> bool {
        let person = self.person(who).unwrap();
        let wants = match &self.terms.forced {
            None => person.wants_reserve.contains(&tier),
            Some((nodes, _)) => self.forests[tier - 1]
                .iter()
                .any(|tree| tree.has(who) && !person.refunded && self.is_last(tree, who, *nodes)),
        };
        tier < self.forests.len()
            && wants
            && !person.moved_from.contains(&tier)
            && self.forests[tier - 1]
                .iter()
                .any(|tree| tree.has(who) && !tree.released)
    }

    pub(super) fn chosen(&mut self, wallet: Address, tier: usize, choice: ReserveChoice) {
        if !self.is_active(wallet) {
            return self.note("UnknownUser");
        }
        if tier >= self.forests.len() {
            return self.note("NoNextTier");
        }
        if self.terms.forced.is_some() {
            return self.note("NotChosen");
        }
        let sits = self.forests[tier - 1].iter().find(|tree| tree.has(wallet));
        let finished = sits.is_some_and(|tree| self.is_full(tree));
        let person = self.person_mut(wallet);
        if finished || person.moved_from.contains(&tier) {
            return self.note("TierFinished");
        }
        let changed = match choice {
            ReserveChoice::In => person.wants_reserve.insert(tier),
            ReserveChoice::Out => person.wants_reserve.remove(&tier),
        };
        if !changed {
            return self.note("Unchanged");
        }
        if choice == ReserveChoice::Out {
            self.release_reserve(wallet, tier);
        }
    }
}
