//! The binary plan by lists: every question walks the tree, every list of members is made anew, every pair is an
//! entry of its own. Amounts are plain numbers of base units, users are counted from 0.

use std::collections::VecDeque;

/// The parameters, in base units.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Of one pair.
    pub pair_value: u128,
    /// Paid for one user in a month.
    pub pairs_max: usize,
    /// Whether pairs above that are lost.
    pub flush: bool,
    /// First pairs without an instalment.
    pub full_pairs: usize,
    /// Of what is left of a later pair.
    pub instalment_bps: u128,
    /// Makes an active buyer.
    pub activation: u128,
    /// Whether a user counts from the least first payment on.
    pub counts_from_first: bool,
    /// Directs who count, before pairs are paid.
    pub directs_required: usize,
    /// Whether a short fund is shared.
    pub pro_rata: bool,
    /// Price of what is bought.
    pub price: u128,
    /// Smallest first payment.
    pub first_min: u128,
}

/// What one pair granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Whose.
    pub user: usize,
    /// Which of the user's that stand.
    pub number: usize,
    /// When.
    pub month: u32,
    /// In all.
    pub value: u128,
    /// Tax of it.
    pub withheld: u128,
    /// For the price.
    pub instalment: u128,
}

#[derive(Clone, Debug, Default)]
struct Member {
    sponsor: Option<usize>,
    /// Parent, and 0 for its left or 1 for its right side.
    place: Option<(usize, usize)>,
    paid: u128,
    started: bool,
    /// When the member began to count, and whether a closing has seen it.
    since: Option<(u64, bool)>,
    /// A pair, or nothing where two members were lost.
    slots: Vec<Option<Pair>>,
    /// Left: the place stays, and earns nothing.
    gone: bool,
}

/// Everyone.
#[derive(Clone, Debug, Default)]
pub struct Model {
    members: Vec<Member>,
    moments: u64,
}

impl Model {
    /// A new member; where it stands: parent and side.
    pub fn join(&mut self, sponsor: Option<usize>, wanted: Option<usize>) -> Option<(usize, usize)> {
        let place = sponsor.map(|sponsor| {
            let mine = wanted.filter(|side| self.child(sponsor, *side).is_none());
            mine.map_or_else(|| self.first_free(sponsor), |side| (sponsor, side))
        });
        self.members.push(Member {
            sponsor,
            place,
            ..Member::default()
        });
        place
    }

    /// A member leaves: the place stays, and what would be paid for it waits forever.
    pub fn retire(&mut self, user: usize) {
        self.members[user].gone = true;
    }

    fn child(&self, parent: usize, side: usize) -> Option<usize> {
        self.members
            .iter()
            .position(|member| member.place == Some((parent, side)))
    }

    fn first_free(&self, top: usize) -> (usize, usize) {
        let mut queue = VecDeque::from([top]);
        loop {
            let node = queue.pop_front().unwrap();
            for side in [0, 1] {
                match self.child(node, side) {
                    Some(child) => queue.push_back(child),
                    None => return (node, side),
                }
            }
        }
    }

    fn counts_at(terms: &Terms) -> u128 {
        if terms.counts_from_first {
            terms.first_min
        } else {
            terms.activation
        }
    }

    /// Accepted, and whether it was the first.
    pub fn pay(&mut self, terms: &Terms, user: usize, amount: u128) -> (u128, bool) {
        let member = &mut self.members[user];
        let outstanding = terms.price - member.paid;
        let accepted = amount.min(outstanding);
        let least = terms.first_min.min(outstanding);
        if accepted == 0 || (!member.started && accepted < least) {
            return (0, false);
        }
        let first = !member.started;
        member.started = true;
        member.paid += accepted;
        self.look(terms, user);
        (accepted, first)
    }

    /// Begins to count, if it does.
    fn look(&mut self, terms: &Terms, user: usize) {
        let member = &mut self.members[user];
        if member.since.is_none() && member.paid >= Self::counts_at(terms) {
            self.moments += 1;
            member.since = Some((self.moments, false));
        }
    }

    /// Takes back an accepted payment; the pairs that are undone.
    pub fn unpay(&mut self, terms: &Terms, user: usize, accepted: u128, first: bool) -> Vec<Pair> {
        let mut undone = Vec::new();
        let member = &mut self.members[user];
        member.started &= !first;
        member.paid -= accepted;
        let mut waiting = VecDeque::from([user]);
        while let Some(user) = waiting.pop_front() {
            if self.members[user].paid >= Self::counts_at(terms) {
                continue;
            }
            let seen = self.members[user].since.is_some_and(|(_, seen)| seen);
            for (above, side) in self.way_up(user).into_iter().filter(|_| seen) {
                let rank = self.side(above, side).iter().position(|other| *other == user);
                let rank = rank.unwrap();
                if rank >= self.members[above].slots.len() {
                    continue;
                }
                let number = self.members[above].slots[..=rank].iter().flatten().count();
                if let Some(pair) = self.members[above].slots.remove(rank) {
                    undone.push(Pair { number, ..pair });
                    self.members[above].paid -= pair.instalment;
                    if self.members[above].paid < Self::counts_at(terms) {
                        waiting.push_back(above);
                    }
                }
            }
            self.members[user].since = None;
        }
        undone
    }

    /// Everyone above, nearest first, with the side.
    fn way_up(&self, user: usize) -> Vec<(usize, usize)> {
        let mut way = Vec::new();
        let mut at = user;
        while let Some((parent, side)) = self.members[at].place {
            way.push((parent, side));
            at = parent;
        }
        way
    }

    /// Members who count and were seen by a closing on a side, in the order in which they began.
    fn side(&self, user: usize, side: usize) -> Vec<usize> {
        let mut found: Vec<(u64, usize)> = Vec::new();
        for (other, member) in self.members.iter().enumerate() {
            if let Some((moment, true)) = member.since
                && self.way_up(other).contains(&(user, side))
            {
                found.push((moment, other));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, other)| other).collect()
    }

    /// Members of both sides of everyone, as [`side`](Self::side) counts them, by one walk up from each.
    fn sides(&self) -> Vec<[usize; 2]> {
        let mut sides = vec![[0; 2]; self.members.len()];
        for (user, member) in self.members.iter().enumerate() {
            if matches!(member.since, Some((_, true))) {
                for (above, side) in self.way_up(user) {
                    sides[above][side] += 1;
                }
            }
        }
        sides
    }

    /// Free lots of everyone.
    pub fn lots(&self) -> Vec<[usize; 2]> {
        let mut sides = self.sides();
        for (member, sides) in self.members.iter().zip(&mut sides) {
            *sides = sides.map(|count| count - member.slots.len());
        }
        sides
    }

    /// What a member has paid.
    pub fn paid(&self, user: usize) -> u128 {
        self.members[user].paid
    }

    /// Pairs that stand.
    pub fn pairs(&self, user: usize) -> usize {
        self.members[user].slots.iter().flatten().count()
    }

    /// Pairs of a month that stand.
    pub fn pairs_in(&self, user: usize, month: u32) -> usize {
        let pairs = self.members[user].slots.iter().flatten();
        pairs.filter(|pair| pair.month == month).count()
    }

    fn directs(&self, user: usize) -> usize {
        let of = |member: &&Member| member.sponsor == Some(user) && member.since.is_some();
        self.members.iter().filter(of).count()
    }

    /// Closes a month that is not before the last one. `tax` says what is withheld of a pair.
    pub fn close(
        &mut self,
        terms: &Terms,
        month: u32,
        budget: u128,
        mut tax: impl FnMut(usize, u128) -> u128,
    ) -> Vec<Pair> {
        for member in &mut self.members {
            member.since = member.since.map(|(moment, _)| (moment, true));
        }
        let matched: Vec<usize> = self.lots().into_iter().map(|lots| lots[0].min(lots[1])).collect();
        let qualified: Vec<bool> = (0..matched.len())
            .map(|user| {
                let has_directs = terms.directs_required == 0 || self.directs(user) >= terms.directs_required;
                has_directs && !self.members[user].gone
            })
            .collect();
        let payable: Vec<usize> = (0..matched.len())
            .map(|user| match qualified[user] {
                true => matched[user].min(terms.pairs_max.saturating_sub(self.pairs_in(user, month))),
                false => 0,
            })
            .collect();
        let values = values(terms, payable.iter().sum(), budget);
        let mut values = values.into_iter();
        let mut granted = Vec::new();
        for user in 0..matched.len() {
            for _ in 0..payable[user] {
                let Some(value) = values.next() else { break };
                let pair = self.grant(terms, user, month, value, tax(user, value));
                granted.push(pair);
            }
            if terms.flush && qualified[user] {
                let lost = matched[user] - payable[user];
                self.members[user].slots.extend(vec![None; lost]);
            }
        }
        // Who was activated by an instalment is seen by the next closing.
        for user in 0..self.members.len() {
            self.look(terms, user);
        }
        granted
    }

    fn grant(&mut self, terms: &Terms, user: usize, month: u32, value: u128, withheld: u128) -> Pair {
        let number = self.pairs(user) + 1;
        let member = &mut self.members[user];
        let owes = number > terms.full_pairs && member.paid < terms.activation;
        let share = (value - withheld) * terms.instalment_bps / 10_000;
        let instalment = if owes {
            share.min(terms.price - member.paid)
        } else {
            0
        };
        let pair = Pair {
            user,
            number,
            month,
            value,
            withheld,
            instalment,
        };
        member.paid += instalment;
        member.slots.push(Some(pair));
        pair
    }
}

/// What each of so many pairs gets.
fn values(terms: &Terms, count: usize, budget: u128) -> Vec<u128> {
    let wanted = u128::try_from(count).unwrap();
    if wanted * terms.pair_value <= budget {
        return vec![terms.pair_value; count];
    }
    if !terms.pro_rata {
        let covered = usize::try_from(budget / terms.pair_value).unwrap();
        return vec![terms.pair_value; covered];
    }
    if budget < wanted {
        return Vec::new();
    }
    let through = |pairs: u128| budget * pairs / wanted;
    (0..wanted)
        .map(|pair| through(pair + 1) - through(pair))
        .collect()
}
