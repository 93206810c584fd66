//! A referral campaign: a list of conversions, and everything else counted anew from it.

/// Parameters, amounts in base units.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Or a share, in basis points.
    pub reward: Result<u128, u128>,
    pub hold_days: u32,
    pub cap: Option<u128>,
    pub count: Option<usize>,
    pub budget: u128,
    pub first_day: u32,
    pub last_day: u32,
    pub minimum: u128,
    pub achievements: Vec<Wanted>,
}

#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Conversions(usize),
    Earned(u128),
}

/// A conversion.
#[derive(Clone, Debug)]
pub struct Row {
    pub user: u32,
    pub referee: u64,
    pub amount: u128,
    /// What it must keep to count; as it was reported.
    pub minimum: u128,
    pub reversed: u128,
    pub reversed_whole: bool,
    pub qualified: bool,
    pub granted: u128,
    pub ready_on: u32,
    pub ready: bool,
}

/// The campaign on paper.
#[derive(Clone, Debug)]
pub struct Paper {
    pub rules: Rules,
    pub rows: Vec<Row>,
}

impl Row {
    /// What is left of the grant.
    pub fn left(&self) -> u128 {
        if self.reversed_whole {
            return 0;
        }
        match self.granted {
            0 => 0,
            granted if self.reversed == 0 => granted,
            granted => granted - granted * self.reversed / self.amount,
        }
    }
}

impl Paper {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            rows: Vec::new(),
        }
    }

    /// Follows another version of the plan file from here on.
    pub fn change(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// A conversion is reported. What is granted, and what is not with its causes.
    pub fn report(
        &mut self,
        user: u32,
        referee: u64,
        is_self: bool,
        amount: u128,
        day: u32,
        fund: u128,
    ) -> (u128, Vec<(u128, &'static str)>) {
        let reward = match self.rules.reward {
            Ok(fixed) => fixed,
            Err(bps) => amount * bps / 10_000,
        };
        let obstacle = if day < self.rules.first_day || day > self.rules.last_day {
            Some("outside_dates")
        } else if amount < self.rules.minimum {
            Some("below_minimum")
        } else if is_self {
            Some("self_referral")
        } else if self
            .rows
            .iter()
            .any(|row| row.referee == referee && self.stands(row))
        {
            Some("duplicate_referee")
        } else {
            None
        };
        let (granted, refused) = match obstacle {
            Some(cause) => (0, vec![(reward, cause)]),
            None => self.limit(user, reward, fund),
        };
        self.rows.push(Row {
            user,
            referee,
            amount,
            minimum: self.rules.minimum,
            reversed: 0,
            reversed_whole: false,
            qualified: obstacle.is_none(),
            granted,
            ready_on: day + self.rules.hold_days,
            ready: false,
        });
        (granted, refused)
    }

    fn limit(&self, user: u32, reward: u128, fund: u128) -> (u128, Vec<(u128, &'static str)>) {
        let rewarded = self.of(user).filter(|row| row.granted > 0 && !row.reversed_whole);
        let may_have_more = self.rules.count.is_none_or(|count| rewarded.count() < count);
        let user_room = match self.rules.cap {
            _ if !may_have_more => 0,
            Some(cap) => cap.saturating_sub(self.earned(user)),
            None => u128::MAX,
        };
        let all: u128 = self.rows.iter().map(Row::left).sum();
        let budget_room = self.rules.budget.saturating_sub(all);
        let mut granted = reward;
        let mut refused = Vec::new();
        for (room, cause) in [
            (user_room, "capped_per_user"),
            (budget_room, "budget_exhausted"),
            (fund, "fund_empty"),
        ] {
            if room < granted {
                refused.push((granted - room, cause));
                granted = room;
            }
        }
        (granted, refused)
    }

    /// A part of a conversion, or with `None` the rest, is reversed: what its grant loses; `None` if nothing was left.
    pub fn reverse(&mut self, number: usize, part: Option<u128>) -> Option<u128> {
        let row = &mut self.rows[number];
        let rest = row.amount - row.reversed;
        let part = match part {
            None if row.reversed_whole => return None,
            None => rest,
            Some(part) if part.min(rest) == 0 => return None,
            Some(part) => part.min(rest),
        };
        let before = row.left();
        row.reversed += part;
        row.reversed_whole = row.reversed == row.amount;
        Some(before - row.left())
    }

    /// A day ended: conversions whose grant is ready, by day and number.
    pub fn end_day(&mut self, day: u32) -> Vec<(usize, u128)> {
        let mut ready: Vec<(u32, usize, u128)> = Vec::new();
        for (number, row) in self.rows.iter_mut().enumerate() {
            if !row.ready && row.ready_on <= day && row.left() > 0 {
                row.ready = true;
                ready.push((row.ready_on, number, row.left()));
            }
        }
        ready.sort_unstable();
        ready
            .into_iter()
            .map(|(_, number, amount)| (number, amount))
            .collect()
    }

    /// Qualified, and enough of it left.
    pub fn stands(&self, row: &Row) -> bool {
        row.qualified && !row.reversed_whole && row.amount - row.reversed >= row.minimum
    }

    pub fn earned(&self, user: u32) -> u128 {
        self.of(user).map(Row::left).sum()
    }

    pub fn conversions(&self, user: u32) -> usize {
        self.of(user).filter(|row| self.stands(row)).count()
    }

    /// Places of the achievements that the user has.
    pub fn achievements(&self, user: u32) -> Vec<u8> {
        let has = |wanted: &Wanted| match wanted {
            Wanted::Conversions(count) => self.conversions(user) >= *count,
            Wanted::Earned(amount) => self.earned(user) >= *amount,
        };
        let all = self.rules.achievements.iter().zip(0u8..);
        all.filter(|(wanted, _)| has(wanted))
            .map(|(_, place)| place)
            .collect()
    }

    /// Users with their conversions, the best first.
    pub fn board(&self) -> Vec<(u32, usize)> {
        let mut users: Vec<u32> = self.rows.iter().map(|row| row.user).collect();
        users.sort_unstable();
        users.dedup();
        users.retain(|user| self.conversions(*user) > 0);
        let last = |user: u32| {
            let standing = |row: &Row| row.user == user && self.stands(row);
            self.rows.iter().rposition(standing).unwrap()
        };
        users.sort_by(|a, b| {
            let by_count = self.conversions(*b).cmp(&self.conversions(*a));
            by_count.then(last(*a).cmp(&last(*b)))
        });
        let line = |user: u32| (user, self.conversions(user));
        users.into_iter().map(line).collect()
    }

    fn of(&self, user: u32) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.user == user)
    }
}
