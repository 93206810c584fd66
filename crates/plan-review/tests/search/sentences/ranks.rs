//! What is said of ranks: what bonuses are of volume, for how long volume counts, and what happens when the fund is short.

use naive::ranks::{Model, Rank, Terms};
use plan::{CompiledPlan, Finding};

use super::reading::{bps, compiled, figure, for_each_history, found, gaps, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &["rank_bonus_share", "rank_window", "rank_fund"];

/// The week of all purchases.
const WEEK: u32 = 2_900;
const FULL: u128 = 1 << 90;

struct Drawn {
    terms: Terms,
    plan: CompiledPlan,
    text: String,
}

impl Drawn {
    fn of(numbers: &mut Numbers) -> Self {
        loop {
            let mut terms = Terms {
                window: pick(numbers, &[None, Some(1), Some(2), Some(4), Some(9)]),
                bonus_weeks: pick(numbers, &[1, 2, 3, 7]),
                queue: numbers.below(2) == 0,
                hold_days: pick(numbers, &[0, 14]),
                ladder: vec![],
            };
            for _ in 0..1 + numbers.below(2) {
                terms.ladder.push(rank(numbers));
            }
            let text = file(&terms);
            // A ladder must rise, and request something.
            if let Ok(plan) = plan::compile(&text) {
                return Self { terms, plan, text };
            }
        }
    }

    /// Of the same plan, with this rank alone.
    fn only(&self, rank: &Rank) -> Model {
        Model::new(Terms {
            ladder: vec![rank.clone()],
            ..self.terms.clone()
        })
    }
}

fn rank(numbers: &mut Numbers) -> Rank {
    let other = numbers.below(4) as u128;
    // Where there are other legs the largest is not empty: without a least volume it has a base unit.
    let main = pick(numbers, &[0, 1, 2, 3]).max(other.min(1));
    Rank {
        main,
        other,
        own: pick(numbers, &[0, 0, 1, 2]),
        group: main + other + pick(numbers, &[0, 0, 1, 4]),
        bonus: numbers.below(30) as u128,
    }
}

fn file(terms: &Terms) -> String {
    let window = terms.window.map_or("window = \"lifetime\"".to_owned(), |weeks| {
        format!("window_weeks = {weeks}")
    });
    let short = if terms.queue { "queue" } else { "pro_rata" };
    let mut text = format!(
        "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n[subscription]\naccrual_days = \"all\"\n\
         month_divisor = 30\nfund = \"f\"\nwhen_short = \"queue\"\n[[subscription.tiers]]\nfrom = \"1\"\nmonthly_bps = 1\n[ranks]\n\
         {window}\nbonus_weeks = {}\nfund = \"f\"\nwhen_short = \"{short}\"\nhold_days = {}\n",
        terms.bonus_weeks, terms.hold_days,
    );
    for (number, rank) in terms.ladder.iter().enumerate() {
        let [main, other, own, bonus] = [rank.main, rank.other, rank.own, rank.bonus].map(usdt);
        text.push_str(&format!(
            "[[ranks.ladder]]\nname = \"R{number}\"\nmain_min = \"{main}\"\nother_min = \"{other}\"\nown_min = \"{own}\"\n\
             weekly_bonus = \"{bonus}\"\n"
        ));
        if rank.group > rank.main + rank.other {
            text.push_str(&format!("group_min = \"{}\"\n", usdt(rank.group)));
        }
    }
    text
}

/// Whether someone above legs of these volumes, who bought this much, has the rank.
fn qualifies(drawn: &Drawn, rank: &Rank, own: u128, legs: &[u128]) -> bool {
    above(drawn, rank, own, legs).rank(1, WEEK) == 1
}

/// User 1 above legs of these volumes.
fn above(drawn: &Drawn, rank: &Rank, own: u128, legs: &[u128]) -> Model {
    let mut model = drawn.only(rank);
    model.join(None);
    model.add(1, own, WEEK);
    for (user, leg) in (2u32..).zip(legs) {
        model.join(Some(1));
        model.add(user, *leg, WEEK);
    }
    model
}

/// One leg, and others that are as small as legs can be, so that the first is the largest.
fn legs(first: u128, others: u128) -> Vec<u128> {
    let others = (0..others).map(|_| 1);
    std::iter::once(first).chain(others).collect()
}

/// The least volume with which anyone has the rank, own purchases, and legs.
fn least(drawn: &Drawn, rank: &Rank) -> (u128, u128, Vec<u128>) {
    for volume in 0.. {
        for own in 0..=volume {
            for first in 0..=volume - own {
                let legs = legs(first, volume - own - first);
                if qualifies(drawn, rank, own, &legs) {
                    return (volume, own, legs);
                }
            }
        }
    }
    unreachable!("every rank can be had")
}

/// What user 1 is granted in all closes that count this week's purchases, one promotion's weeks and some more.
fn granted(drawn: &Drawn, model: &mut Model) -> u128 {
    let weeks = WEEK..WEEK + drawn.terms.bonus_weeks + drawn.terms.window.unwrap_or(0) + 3;
    let lines = weeks.flat_map(|week| model.close(week, FULL));
    lines
        .filter(|line| line.what == "granted" && line.user == 1)
        .map(|line| line.amount)
        .sum()
}

/// The least volume with which so many people of any tree have the rank: the one below a tree of these people, or two trees
/// below one of them. A search over all divisions, with the trees themselves as the model sees them.
struct Forests<'a> {
    drawn: &'a Drawn,
    rank: &'a Rank,
    /// By number of qualified people, the least volume of a tree whose top is one of them.
    trees: Vec<u128>,
}

impl Forests<'_> {
    fn grow(&mut self, people: usize) {
        while self.trees.len() <= people {
            let number = self.trees.len();
            let best = match number {
                0 => 0,
                1 => least(self.drawn, self.rank).0,
                _ => self.best_top(number - 1),
            };
            self.trees.push(best);
        }
    }

    /// One more on top of so many people in one or two legs, and whatever else has to be bought.
    fn best_top(&self, below: usize) -> u128 {
        let pairs = (0..=below / 2).map(|second| (below - second, second));
        let volume = |(first, second): (usize, usize)| {
            let legs = [self.trees[first], self.trees[second]];
            let bought = (0..)
                .find(|bought| self.can_buy(*bought, &legs))
                .expect("enough is enough");
            legs.into_iter().sum::<u128>() + bought
        };
        pairs.map(volume).min().expect("there is one")
    }

    /// Whether so much more, bought by the top or in legs of others, gives the top the rank.
    fn can_buy(&self, bought: u128, legs: &[u128; 2]) -> bool {
        (0..=bought).any(|own| {
            (0..=bought - own).any(|first| {
                let mut all = self::legs(first, bought - own - first);
                all.extend(legs);
                qualifies(self.drawn, self.rank, own, &all)
            })
        })
    }
}

/// The fewest units by which each further person of a large tree qualifies, doubled, so that pairs have a whole number.
fn twice_one_more(drawn: &Drawn, rank: &Rank) -> u128 {
    const PEOPLE: usize = 7;
    let mut forests = Forests {
        drawn,
        rank,
        trees: vec![],
    };
    forests.grow(PEOPLE);
    // Odd numbers can be divided in pairs throughout.
    forests.trees[PEOPLE] - forests.trees[PEOPLE - 2]
}

fn share(part: u128, whole: u128) -> u128 {
    part * 10_000 / whole
}

fn check_share(drawn: &Drawn, rank: &Rank, number: usize, told: &Finding) {
    let said = gaps(
        told,
        "rank {} ({}): a promotion opens {} weekly bonuses of {}, of which the same volume yields at most {}: {} of the {} \
         of volume required at least; the same volume counts for every upline: {}",
    );
    assert_eq!(
        (said[0], said[1]),
        (&*(number + 1).to_string(), &*format!("R{number}"))
    );
    assert_eq!(
        (said[2].parse(), units(said[3])),
        (Ok(drawn.terms.bonus_weeks), rank.bonus)
    );
    let (volume, own, legs) = least(drawn, rank);
    assert_eq!(units(said[6]), volume, "{}", drawn.text);
    let bonuses = granted(drawn, &mut above(drawn, rank, own, &legs));
    let times: u128 = said[4].parse().unwrap();
    assert_eq!(times * rank.bonus, bonuses, "{}", drawn.text);
    assert_eq!(bps(said[5]), share(bonuses, volume), "{}", drawn.text);
    assert_eq!(figure(told, "share_bps"), share(bonuses, volume));
    assert_eq!(figure(told, "volume_min_base_units"), volume);
    assert_eq!(figure(told, "weekly_bonus_base_units"), rank.bonus);
    assert_eq!(figure(told, "bonus_weeks"), u128::from(drawn.terms.bonus_weeks));
    let twice = twice_one_more(drawn, rank);
    if twice == 0 {
        assert_eq!(
            said[7],
            "one more qualifying upline needs no further volume, so there is no bound"
        );
        assert_eq!(told.figure("worst_share_bps"), None);
        return;
    }
    let worst = Finding {
        text: said[7].to_owned(),
        ..told.clone()
    };
    let said = gaps(
        &worst,
        "each further {} of volume can qualify one more user, and the bonuses are then {} of that",
    );
    let further = units(said[0]);
    assert_eq!(further, twice.div_ceil(2), "{}", drawn.text);
    assert_eq!(figure(told, "further_volume_base_units"), further);
    assert_eq!(bps(said[1]), share(bonuses, further), "{}", drawn.text);
    assert_eq!(figure(told, "worst_share_bps"), share(bonuses, further));
}

#[test]
fn bonuses_are_the_share_of_volume_that_is_said_and_no_tree_takes_less_for_one_more() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let told = drawn
            .plan
            .findings()
            .iter()
            .filter(|finding| finding.code == "rank_bonus_share");
        let told: Vec<&Finding> = told.collect();
        assert_eq!(told.len(), drawn.terms.ladder.len());
        for (number, (rank, told)) in drawn.terms.ladder.iter().zip(told).enumerate() {
            check_share(&drawn, rank, number, told);
        }
    });
}

#[test]
fn volume_counts_for_as_long_as_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let told = found(drawn.plan.findings(), "rank_window").expect("it is always said");
        let rank = &drawn.terms.ladder[0];
        let (_, own, legs) = least(&drawn, rank);
        let model = above(&drawn, rank, own, &legs);
        let lasts = (0..1_000).find(|weeks| model.rank(1, WEEK + weeks) == 0);
        if lasts.is_none() {
            gaps(
                told,
                "volume counts forever: a user who has qualified once stays qualified without new sales",
            );
            assert_eq!(figure(told, "window_weeks"), 0);
        } else {
            let said = gaps(
                told,
                "volume counts for {}: without new sales a rank is lost after that",
            );
            let weeks = said[0].trim_end_matches('s');
            assert_eq!(
                weeks.strip_suffix(" week").and_then(|weeks| weeks.parse().ok()),
                lasts,
                "{}",
                drawn.text
            );
            assert_eq!(Some(figure(told, "window_weeks")), lasts.map(u128::from));
        }
    });
}

/// Several people with the first rank, a fund that is short once, and plenty afterwards: what is granted in the first close, and
/// later, for its week.
fn closes(drawn: &Drawn, people: u32, budget: u128) -> (Vec<u128>, Vec<u128>) {
    let rank = &drawn.terms.ladder[0];
    let (_, own, legs) = least(drawn, rank);
    let mut model = drawn.only(rank);
    let (mut last, mut tops) = (0, vec![]);
    for _ in 0..people {
        model.join(None);
        last += 1;
        let top = last;
        model.add(top, own, WEEK);
        tops.push(top);
        for leg in &legs {
            model.join(Some(top));
            last += 1;
            model.add(last, *leg, WEEK);
        }
    }
    let of_week = |lines: Vec<naive::ranks::Line>| {
        let amount = |top: &u32| {
            let granted = lines
                .iter()
                .filter(|line| line.what == "granted" && line.user == *top && line.week == WEEK);
            granted.map(|line| line.amount).sum()
        };
        tops.iter().map(amount).collect::<Vec<u128>>()
    };
    let first = of_week(model.close(WEEK, budget));
    (first, of_week(model.close(WEEK + 1, FULL)))
}

#[test]
fn a_short_fund_does_to_bonuses_what_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let told = found(drawn.plan.findings(), "rank_fund").expect("it is always said");
        let said = gaps(
            told,
            "rank bonuses are granted only out of the fund {} and the funds that back it: when these are short, {}",
        );
        assert_eq!(said[0], "\"f\"");
        assert_eq!(figure(told, "hold_days"), u128::from(drawn.terms.hold_days));
        let bonus = drawn.terms.ladder[0].bonus;
        let people = 3u32;
        let budget = numbers.below(1 + 3 * bonus as usize) as u128;
        let (first, later) = closes(&drawn, people, budget);
        let all = bonus * u128::from(people);
        match said[1] {
            "all bonuses of the week are reduced in proportion and the rest is never granted" => {
                assert_eq!(
                    first,
                    [if budget < all { bonus * budget / all } else { bonus }; 3],
                    "{}",
                    drawn.text
                );
                assert_eq!(later, [0; 3], "{}", drawn.text);
            }
            "the most recent ones wait, possibly forever" => {
                let in_full = budget.checked_div(bonus).unwrap_or(0).min(3);
                let expected: Vec<u128> = (0..3)
                    .map(|place| if place < in_full { bonus } else { 0 })
                    .collect();
                assert_eq!(first, expected, "{}", drawn.text);
                let both: Vec<u128> = first
                    .iter()
                    .zip(&later)
                    .map(|(first, later)| first + later)
                    .collect();
                assert_eq!(both, [bonus; 3], "{}", drawn.text);
            }
            other => panic!("{other}"),
        }
        // With nothing in the funds nothing is granted.
        assert_eq!(closes(&drawn, people, 0).0, [0; 3]);
        compiled(&drawn.text);
    });
}
