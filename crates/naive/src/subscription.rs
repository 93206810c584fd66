//! Subscriptions, written for being obvious: a list of purchases and a list of everything that was ever granted; sums
//! are added up anew whenever someone asks.

/// What a plan file says about subscriptions.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Smallest amount, and nominal monthly rate in basis points.
    pub tiers: Vec<(u128, u16)>,
    pub amount_max: Option<u128>,
    pub only_working_days: bool,
    /// By what a month is divided; `None`: by its working days.
    pub divisor: Option<u32>,
    pub queue: bool,
    /// Cap of one subscription.
    pub multiple: Option<u128>,
    /// Cap of a user.
    pub user_multiple: Option<u128>,
}

/// A purchase.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub user: usize,
    pub cash: u128,
    pub bonus: u128,
    /// Of its tier when it was bought.
    pub rate: u16,
    /// How many times what was paid it may accrue; as it was bought.
    pub multiple: Option<u128>,
    pub refunded: bool,
}

/// A reward that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub user: usize,
    /// Index of the subscription; `None` for rewards of other kinds.
    pub of: Option<usize>,
    pub amount: u128,
    /// What of it was taken back.
    pub reversed: u128,
}

/// What a day brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayResult {
    /// Index of the subscription, and amount.
    pub lines: Vec<(usize, u128)>,
    pub nominal: u128,
    pub capped: u128,
    pub short: u128,
}

/// Everything that ever happened.
#[derive(Clone, Debug)]
pub struct Model {
    pub terms: Terms,
    pub purchases: Vec<Purchase>,
    pub granted: Vec<Granted>,
    days: Vec<u32>,
}

impl Model {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            purchases: Vec::new(),
            granted: Vec::new(),
            days: Vec::new(),
        }
    }

    /// Buys, if there is a tier for it.
    pub fn buy(&mut self, user: usize, cash: u128, bonus: u128) -> bool {
        let Some(rate) = self.rate(cash + bonus).filter(|_| cash > 0) else {
            return false;
        };
        self.purchases.push(Purchase {
            user,
            cash,
            bonus,
            rate,
            multiple: self.terms.multiple,
            refunded: false,
        });
        true
    }

    /// Follows another version of the plan file from here on.
    pub fn change(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Refunds, and takes back whatever the purchase accrued. Returns that.
    pub fn refund(&mut self, of: usize) -> u128 {
        self.purchases[of].refunded = true;
        let accrued = self.accrued(of);
        for granted in &mut self.granted {
            if granted.of == Some(of) {
                granted.reversed = granted.amount;
            }
        }
        accrued
    }

    /// Takes back a part of what a subscription accrued, newest first.
    pub fn reverse(&mut self, of: usize, amount: u128) -> u128 {
        let mut left = amount;
        for granted in self.granted.iter_mut().rev() {
            if granted.of == Some(of) {
                let back = left.min(granted.amount - granted.reversed);
                granted.reversed += back;
                left -= back;
            }
        }
        amount - left
    }

    /// Grants a reward of another kind as far as there is room.
    pub fn reward(&mut self, user: usize, wanted: u128) -> u128 {
        let amount = wanted.min(self.user_room(user));
        self.granted.push(Granted {
            user,
            of: None,
            amount,
            reversed: 0,
        });
        amount
    }

    pub fn rate(&self, amount: u128) -> Option<u16> {
        if self.terms.amount_max.is_some_and(|max| amount > max) {
            return None;
        }
        let mut rate = None;
        for (from, of_tier) in &self.terms.tiers {
            if *from <= amount {
                rate = Some(*of_tier);
            }
        }
        rate
    }

    pub fn invested(&self, user: usize) -> u128 {
        let own = self.purchases.iter().filter(|purchase| purchase.user == user);
        own.filter(|purchase| !purchase.refunded)
            .map(|purchase| purchase.cash)
            .sum()
    }

    pub fn earned(&self, user: usize) -> u128 {
        let own = self.granted.iter().filter(|granted| granted.user == user);
        own.map(|granted| granted.amount - granted.reversed).sum()
    }

    pub fn accrued(&self, of: usize) -> u128 {
        let own = self.granted.iter().filter(|granted| granted.of == Some(of));
        own.map(|granted| granted.amount - granted.reversed).sum()
    }

    pub fn user_room(&self, user: usize) -> u128 {
        match self.terms.user_multiple {
            None => u128::MAX,
            Some(multiple) => (multiple * self.invested(user)).saturating_sub(self.earned(user)),
        }
    }

    pub fn room(&self, of: usize) -> u128 {
        match self.purchases[of].multiple {
            None => u128::MAX,
            Some(multiple) => (multiple * self.purchases[of].cash).saturating_sub(self.accrued(of)),
        }
    }

    pub fn is_active(&self, of: usize) -> bool {
        !self.purchases[of].refunded && self.room(of) > 0
    }

    /// Accrues a day; days count from 1970-01-01, a Thursday.
    pub fn accrue(&mut self, day: u32, in_fund: u128) -> DayResult {
        let mut result = DayResult::default();
        if self.days.iter().any(|earlier| *earlier >= day) {
            return result;
        }
        self.days.push(day);
        if self.terms.only_working_days && !is_working_day(day) {
            return result;
        }
        let divisor = u128::from(self.terms.divisor.unwrap_or_else(|| working_days(day)));
        // First what everyone would get of a full fund, as rewards that count against the caps of those after.
        let before = self.granted.len();
        for of in 0..self.purchases.len() {
            if !self.is_active(of) {
                continue;
            }
            let amount = self.purchases[of].cash + self.purchases[of].bonus;
            let daily = amount * u128::from(self.purchases[of].rate) / (10_000 * divisor);
            let wanted = daily
                .min(self.room(of))
                .min(self.user_room(self.purchases[of].user));
            self.granted.push(Granted {
                user: self.purchases[of].user,
                of: Some(of),
                amount: wanted,
                reversed: 0,
            });
            result.nominal += daily;
            result.capped += daily - wanted;
        }
        // Then what the fund really pays.
        let total: u128 = self.granted[before..].iter().map(|granted| granted.amount).sum();
        let mut left = in_fund;
        for granted in &mut self.granted[before..] {
            let wanted = granted.amount;
            if total > in_fund {
                granted.amount = if self.terms.queue {
                    wanted.min(left)
                } else {
                    wanted * in_fund / total
                };
            }
            left -= granted.amount;
            result.short += wanted - granted.amount;
            if granted.amount > 0 {
                result.lines.push((granted.of.unwrap(), granted.amount));
            }
        }
        result
    }
}

fn is_working_day(day: u32) -> bool {
    // 0 Thursday, 1 Friday, 2 Saturday, 3 Sunday.
    !matches!(day % 7, 2 | 3)
}

/// Working days of the month of a day, counted in a calendar that is built up from 1970.
fn working_days(day: u32) -> u32 {
    let (mut year, mut first) = (1970u32, 0u32);
    loop {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if is_leap { 29 } else { 28 };
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if day < first + length {
                let days = first..first + length;
                return u32::try_from(days.filter(|day| is_working_day(*day)).count()).unwrap();
            }
            first += length;
        }
        year += 1;
    }
}
