//! What payments into an auto-pool grant to whom, at the length of a benchmark: users by number, each line of sponsors and
//! each tree walked again for every payment. Nobody gets anything back here, and what maturity does is not followed.

use crate::Terms;

/// Users, their pool and what everyone was granted so far.
#[derive(Debug)]
pub struct Granted {
    terms: Terms,
    people: Vec<Person>,
    /// Who sits in the first tier, tree after tree.
    pool: Vec<usize>,
    /// What the company was granted.
    pub company: u128,
    /// Shares of ancestors that trees do not have.
    pub residual: u128,
    /// Shares of generations that nobody gets.
    pub breakage: u128,
}

#[derive(Debug)]
struct Person {
    sponsor: Option<usize>,
    directs: u32,
    has_retopped_up: bool,
    granted: u128,
}

impl Granted {
    /// Nobody is there yet. For closed trees, as many as it takes, and pools entered by ordinal.
    pub fn new(terms: &Terms) -> Self {
        assert!(!terms.rolling && terms.trees_max.is_none() && terms.pool_bps.is_none());
        Self {
            terms: terms.clone(),
            people: Vec::new(),
            pool: Vec::new(),
            company: 0,
            residual: 0,
            breakage: 0,
        }
    }

    /// The next user joins, referred by the user with this number from 0.
    pub fn register(&mut self, sponsor: Option<usize>) {
        let ordinal = sponsor.map(|sponsor| {
            self.people[sponsor].directs += 1;
            self.people[sponsor].directs
        });
        self.people.push(Person {
            sponsor,
            directs: 0,
            has_retopped_up: false,
            granted: 0,
        });
        if ordinal.is_some_and(|ordinal| self.terms.ordinals.contains(&ordinal)) {
            return self.place(self.people.len() - 1);
        }
        let mut left = self.terms.registration;
        if let Some(sponsor) = sponsor {
            self.people[sponsor].granted += self.terms.direct;
            left -= self.terms.direct;
        }
        self.company += left;
    }

    fn place(&mut self, user: usize) {
        let price = self.terms.tier_prices[0];
        let mut left = self.terms.registration;
        let size = self.terms.tree_size as usize;
        let root = self.pool.len() / size * size;
        // Places of a tree from 1, so that the parent of a place is its half.
        let mut place = self.pool.len() - root + 1;
        self.pool.push(user);
        for bps in &self.terms.layers_bps {
            let share = price * u128::from(*bps) / 10_000;
            left -= share;
            place /= 2;
            match place {
                0 => self.residual += share,
                _ => self.people[self.pool[root + place - 1]].granted += share,
            }
        }
        self.company += left;
    }

    /// A user buys a retopup.
    pub fn retop_up(&mut self, user: usize) {
        let shared = self.terms.retopup - self.terms.retopup_company;
        let mut left = self.terms.retopup;
        let mut upline = self.people[user].sponsor;
        for bps in &self.terms.generations_bps {
            let share = shared * u128::from(*bps) / 10_000;
            left -= share;
            match upline {
                Some(person) if self.people[person].has_retopped_up => self.people[person].granted += share,
                Some(_) | None => self.breakage += share,
            }
            upline = upline.and_then(|upline| self.people[upline].sponsor);
        }
        self.company += left;
        self.people[user].has_retopped_up = true;
    }

    /// What everyone was granted, by number.
    pub fn by_user(&self) -> impl ExactSizeIterator<Item = u128> {
        self.people.iter().map(|person| person.granted)
    }
}
