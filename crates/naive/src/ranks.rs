//! Ranks, written for being obvious: a list of people with their purchases, every leg walked anew for every question,
//! nothing summed before it is requested.

/// A rank of the ladder: least volumes, and what a week of it grants.
#[derive(Clone, Debug)]
pub struct Rank {
    /// Of the largest leg.
    pub main: u128,
    /// Of all others.
    pub other: u128,
    /// Of own purchases.
    pub own: u128,
    /// Of all legs.
    pub group: u128,
    /// What a week grants.
    pub bonus: u128,
}

/// The plan.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How many weeks count; none for all.
    pub window: Option<u32>,
    /// Weeks of bonus for a promotion.
    pub bonus_weeks: u32,
    /// Unpaid bonuses wait instead of being lost.
    pub queue: bool,
    /// How long a bonus is held.
    pub hold_days: u32,
    /// Lowest first.
    pub ladder: Vec<Rank>,
}

/// What was decided: a word, and whatever figures belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// promoted, qualified, granted, uncovered, waits, lapsed, back, matured.
    pub what: &'static str,
    /// Who.
    pub user: u32,
    /// Rank from 1; of `lapsed` and `back` the one that is left.
    pub rank: u8,
    /// The week of a bonus.
    pub week: u32,
    /// Of a bonus.
    pub amount: u128,
    /// Main leg and others, where ranks are decided.
    pub legs: (u128, u128),
}

#[derive(Clone, Debug)]
struct Person {
    sponsor: Option<u32>,
    purchases: Vec<(u32, u128)>,
    title: u8,
    promoted: u32,
    paid_as: u8,
}

#[derive(Clone, Debug)]
struct Bonus {
    user: u32,
    week: u32,
    rank: u8,
    amount: u128,
    /// Under which it was opened.
    ladder: Vec<Rank>,
    granted_in: Option<u32>,
    /// The day on which it is final.
    due: u32,
}

/// All people. Users are numbers from 1.
#[derive(Clone, Debug)]
pub struct Model {
    terms: Terms,
    people: Vec<Person>,
    bonuses: Vec<Bonus>,
}

impl Model {
    /// Nobody yet.
    pub const fn new(terms: Terms) -> Self {
        Self {
            terms,
            people: Vec::new(),
            bonuses: Vec::new(),
        }
    }

    /// Follows another version of the plan file from here on.
    pub fn change(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// The next user joins.
    pub fn join(&mut self, sponsor: Option<u32>) {
        self.people.push(Person {
            sponsor,
            purchases: Vec::new(),
            title: 0,
            promoted: 0,
            paid_as: 0,
        });
    }

    /// A purchase.
    pub fn add(&mut self, user: u32, amount: u128, week: u32) {
        self.person(user).purchases.push((week, amount));
    }

    /// Its refund.
    pub fn remove(&mut self, user: u32, amount: u128, week: u32) {
        let purchases = &mut self.person(user).purchases;
        let place = purchases.iter().position(|purchase| *purchase == (week, amount));
        purchases.remove(place.unwrap());
    }

    /// Bonuses that no close has paid yet: how many, and what they come to.
    pub fn waiting(&self) -> (usize, u128) {
        let waiting = self.bonuses.iter().filter(|bonus| bonus.granted_in.is_none());
        (waiting.clone().count(), waiting.map(|bonus| bonus.amount).sum())
    }

    fn person(&mut self, user: u32) -> &mut Person {
        &mut self.people[user as usize - 1]
    }

    fn everybody(&self) -> std::ops::RangeInclusive<u32> {
        1..=u32::try_from(self.people.len()).unwrap()
    }

    fn own(&self, user: u32, week: u32) -> u128 {
        let counts = |bought: u32| match self.terms.window {
            None => bought <= week,
            Some(weeks) => bought <= week && bought + weeks > week,
        };
        let purchases = self.people[user as usize - 1].purchases.iter();
        purchases
            .filter(|(bought, _)| counts(*bought))
            .map(|(_, amount)| amount)
            .sum()
    }

    fn directs(&self, user: u32) -> Vec<u32> {
        let brought = |other: &u32| self.people[*other as usize - 1].sponsor == Some(user);
        self.everybody().filter(brought).collect()
    }

    fn leg(&self, user: u32, week: u32) -> u128 {
        let below: u128 = self
            .directs(user)
            .into_iter()
            .map(|direct| self.leg(direct, week))
            .sum();
        self.own(user, week) + below
    }

    /// Main leg and the others.
    pub fn legs(&self, user: u32, week: u32) -> (u128, u128) {
        let mut legs: Vec<u128> = self
            .directs(user)
            .into_iter()
            .map(|direct| self.leg(direct, week))
            .collect();
        legs.sort_unstable();
        let main = legs.pop().unwrap_or(0);
        (main, legs.iter().sum())
    }

    /// The best rank whose requirements are all met.
    pub fn rank(&self, user: u32, week: u32) -> u8 {
        self.rank_on(&self.terms.ladder, user, week)
    }

    fn rank_on(&self, ladder: &[Rank], user: u32, week: u32) -> u8 {
        let (main, other) = self.legs(user, week);
        let own = self.own(user, week);
        let met = |rank: &Rank| {
            main >= rank.main && other >= rank.other && own >= rank.own && main + other >= rank.group
        };
        let best = ladder.iter().rposition(met);
        best.map_or(0, |place| u8::try_from(place + 1).unwrap())
    }

    fn bonus(&self, rank: u8) -> u128 {
        bonus_on(&self.terms.ladder, rank)
    }

    /// Closes a week.
    pub fn close(&mut self, week: u32, budget: u128) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut gone = Vec::new();
        let mut claims = Vec::new();
        for user in self.everybody() {
            let (rank, legs) = (self.rank(user, week), self.legs(user, week));
            let bonus_weeks = self.terms.bonus_weeks;
            let person = self.person(user);
            if rank == 0 && person.paid_as > 0 {
                gone.push(line("qualified", user, 0, 0, 0));
            }
            person.paid_as = rank;
            if rank > person.title {
                person.title = rank;
                person.promoted = week;
                lines.push(line("promoted", user, rank, 0, 0));
            }
            if rank > 0 {
                let mut qualified = line("qualified", user, rank, 0, 0);
                qualified.legs = legs;
                lines.push(qualified);
                if week < person.promoted + bonus_weeks && self.bonus(rank) > 0 {
                    claims.push((user, rank));
                }
            }
        }
        lines.append(&mut gone);
        let claims: Vec<Bonus> = claims
            .into_iter()
            .map(|(user, rank)| Bonus {
                user,
                week,
                rank,
                amount: self.bonus(rank),
                ladder: self.terms.ladder.clone(),
                granted_in: None,
                due: 0,
            })
            .collect();
        if self.terms.queue {
            self.pay_in_order(week, budget, claims, &mut lines);
        } else {
            self.pay_pro_rata(week, budget, claims, &mut lines);
        }
        lines
    }

    fn pay_pro_rata(&mut self, week: u32, budget: u128, claims: Vec<Bonus>, lines: &mut Vec<Line>) {
        let total: u128 = claims.iter().map(|claim| claim.amount).sum();
        for mut claim in claims {
            let asked = claim.amount;
            if budget < total {
                claim.amount = asked * budget / total;
            }
            if claim.amount > 0 {
                lines.push(line("granted", claim.user, claim.rank, week, claim.amount));
            }
            if claim.amount < asked {
                let missing = asked - claim.amount;
                lines.push(line("uncovered", claim.user, claim.rank, week, missing));
            }
            claim.granted_in = Some(week);
            self.keep(claim);
        }
    }

    fn pay_in_order(&mut self, week: u32, mut budget: u128, claims: Vec<Bonus>, lines: &mut Vec<Line>) {
        let mut waiting: Vec<Bonus> = self
            .bonuses
            .iter()
            .filter(|bonus| bonus.granted_in.is_none())
            .cloned()
            .collect();
        self.bonuses.retain(|bonus| bonus.granted_in.is_some());
        waiting.sort_by_key(|bonus| (bonus.week, bonus.user));
        for bonus in &mut waiting {
            let rank = self.rank_on(&bonus.ladder, bonus.user, bonus.week);
            if rank < bonus.rank {
                let left = bonus_on(&bonus.ladder, rank);
                let lost = bonus.amount - left;
                bonus.rank = rank;
                bonus.amount = left;
                if lost > 0 {
                    lines.push(line("lapsed", bonus.user, rank, bonus.week, lost));
                }
            }
        }
        let mut stopped = false;
        for mut bonus in waiting.into_iter().chain(claims) {
            if bonus.amount > budget {
                stopped = true;
            }
            if bonus.amount == 0 {
                continue;
            }
            if stopped {
                if bonus.week == week {
                    lines.push(line("waits", bonus.user, bonus.rank, week, bonus.amount));
                }
                self.bonuses.push(bonus);
            } else {
                budget -= bonus.amount;
                lines.push(line("granted", bonus.user, bonus.rank, bonus.week, bonus.amount));
                bonus.granted_in = Some(week);
                self.keep(bonus);
            }
        }
    }

    fn keep(&mut self, mut bonus: Bonus) {
        // A close is on the Sunday of its week, and day 3 was the first Sunday.
        bonus.due = bonus
            .granted_in
            .map_or(0, |week| 7 * week + 3 + self.terms.hold_days);
        if self.terms.hold_days > 0 && bonus.amount > 0 {
            self.bonuses.push(bonus);
        }
    }

    /// Judges every held bonus again; by user, then by week.
    pub fn take_back(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.bonuses.sort_by_key(|bonus| (bonus.user, bonus.week));
        for place in 0..self.bonuses.len() {
            let bonus = self.bonuses[place].clone();
            let rank = self.rank_on(&bonus.ladder, bonus.user, bonus.week);
            if bonus.granted_in.is_some() && rank < bonus.rank {
                let on = |rank| bonus_on(&bonus.ladder, rank);
                let kept = bonus.amount * on(rank) / on(bonus.rank);
                self.bonuses[place].rank = rank;
                self.bonuses[place].amount = kept;
                if kept < bonus.amount {
                    lines.push(line("back", bonus.user, rank, bonus.week, bonus.amount - kept));
                }
            }
        }
        self.bonuses.retain(|bonus| bonus.amount > 0);
        lines
    }

    /// What becomes final on this day.
    pub fn mature(&mut self, day: u32) -> Vec<Line> {
        let due = |bonus: &Bonus| bonus.granted_in.is_some() && bonus.due <= day;
        let mut matured: Vec<Bonus> = self.bonuses.iter().filter(|bonus| due(bonus)).cloned().collect();
        self.bonuses.retain(|bonus| !due(bonus));
        matured.sort_by_key(|bonus| (bonus.due, bonus.granted_in, bonus.week, bonus.user));
        matured
            .into_iter()
            .map(|bonus| line("matured", bonus.user, bonus.rank, bonus.week, bonus.amount))
            .collect()
    }
}

fn bonus_on(ladder: &[Rank], rank: u8) -> u128 {
    match rank {
        0 => 0,
        rank => ladder[usize::from(rank) - 1].bonus,
    }
}

fn line(what: &'static str, user: u32, rank: u8, week: u32, amount: u128) -> Line {
    Line {
        what,
        user,
        rank,
        week,
        amount,
        legs: (0, 0),
    }
}
