//! How long the weekly close of ranks takes on one core: legs, qualification and bonuses of every user.
//!
//! A tree is grown, everyone buys, and several weeks are closed, timed; the fastest counts, because whatever else runs
//! on the machine only makes it slower. Every timed close is compared, user by user, with a second formulation that knows
//! nothing of backward reading (a preorder of the tree and sums of prefixes), and a small world with windows, refunds and
//! holds is compared with the naive model.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use money::{Amount, Asset};
use naive::ranks::Model;
use plan::ranks::{LadderTable, RankDecision, Ranks, RanksTable, RanksTerms, WhenShort};
use plan::sponsors::{Kept, Sponsors};
use plan::{Day, UserId};
use plan_file::calendar::Week;

use crate::measurement::Measurement;
use crate::random::{Random, user};

/// Main and other of the usual ladder in units, and its weekly bonuses.
const LADDER: [(u64, u64); 6] = [
    (5_000, 50),
    (10_000, 200),
    (20_000, 500),
    (50_000, 1_000),
    (100_000, 2_000),
    (200_000, 5_000),
];
/// Base units of a unit.
const UNIT: u128 = 1_000_000;
const SEED: u64 = 20_260_101;
/// Users in a thousand who buy in a week, after the first.
const BUYERS_PER_THOUSAND: u32 = 20;
/// Refunds of which the time of one is measured.
const REFUNDS: u32 = 100_000;

/// Prints how long closes take, how that grows, and what refunds cost.
pub(crate) fn run() -> anyhow::Result<()> {
    let model = check_against_the_model(400, 8)?;
    let mut closes = Vec::new();
    for (name, users, runs, window) in [
        ("ranks.close_100k", 100_000, 9, None),
        ("ranks.close_1m", 1_000_000, 7, None),
        ("ranks.close_1m_window", 1_000_000, 7, Some(4)),
        ("ranks.close_10m", 10_000_000, 4, None),
    ] {
        let run = close(users, runs, window)?;
        Measurement::new(name, run.seconds * 1e3, "ms", format!("{}; {model}", run.checked))
            .beside(Some(run.baseline_seconds * 1e3))
            .print();
        closes.push((users, run.seconds));
    }
    if let (Some(small), Some(large)) = (closes.first(), closes.last()) {
        let growth = (large.1 / small.1).ln() / (f64::from(large.0) / f64::from(small.0)).ln();
        Measurement::new(
            "ranks.growth",
            growth,
            "exponent",
            format!("from {} to {} users, by the closes above", small.0, large.0),
        )
        .print();
    }
    let (per_second, checked) = refunds(1_000_000)?;
    Measurement::new("ranks.refunds", per_second, "refunds/s", checked).print();
    Ok(())
}

/// What closes of one size took.
#[derive(Clone, Debug)]
struct Closes {
    /// The fastest close.
    seconds: f64,
    /// The second formulation on the same figures.
    baseline_seconds: f64,
    /// What was run and checked.
    checked: String,
}

fn week(number: u32) -> Week {
    Day::new(7 * number).week()
}

fn terms(window_weeks: Option<u32>, hold_days: u32) -> anyhow::Result<RanksTerms> {
    let ladder = LADDER.iter().map(|(volume, bonus)| LadderTable {
        name: format!("rank {volume}"),
        main_min: volume.to_string(),
        other_min: volume.to_string(),
        own_min: None,
        group_min: None,
        weekly_bonus: bonus.to_string(),
    });
    let table = RanksTable {
        window: None,
        window_weeks,
        bonus_weeks: None,
        fund: "ranks".into(),
        when_short: WhenShort::ProRata,
        hold_days,
        ladder: ladder.collect(),
    };
    RanksTerms::check(&table, Asset::Usdt).map_err(anyhow::Error::from)
}

/// A tree whose users each joined below a random earlier one, with the purchases so far.
struct World {
    ranks: Ranks,
    sponsors: Sponsors,
    /// By week: who bought how much.
    purchases: Vec<Vec<(u32, u128)>>,
    numbers: Random,
}

impl World {
    fn grow(users: u32) -> anyhow::Result<Self> {
        let mut world = Self {
            ranks: Ranks::default(),
            sponsors: Sponsors::new(Kept {
                directs: true,
                ..Kept::default()
            }),
            purchases: Vec::new(),
            numbers: Random(SEED),
        };
        for number in 1..=users {
            let sponsor = if number == 1 {
                0
            } else {
                1 + world.numbers.below(number - 1)
            };
            if world.sponsors.join(UserId::new(sponsor)).is_none() {
                bail!("user {number} could not join");
            }
            world.ranks.join();
        }
        Ok(world)
    }

    /// The sponsors of users 1, 2, ….
    fn numbers(&self) -> Vec<u32> {
        self.sponsors.numbers().collect()
    }

    fn users(&self) -> u32 {
        u32::try_from(self.sponsors.count()).unwrap_or(u32::MAX)
    }

    /// Everyone in the first week, and so many of a thousand in the others.
    fn buy(&mut self) -> anyhow::Result<()> {
        let number = u32::try_from(self.purchases.len()).unwrap_or(u32::MAX);
        let mut bought = Vec::new();
        for who in 1..=self.users() {
            if number == 0 || self.numbers.below(1_000) < BUYERS_PER_THOUSAND {
                let amount = u128::from(20 + self.numbers.below(280)) * UNIT;
                self.ranks
                    .add(&self.sponsors, user(who)?, Amount::new(amount), week(number));
                bought.push((who, amount));
            }
        }
        self.purchases.push(bought);
        Ok(())
    }

    /// What everyone bought in the window that ends with the last week.
    fn volumes(&self, window_weeks: Option<u32>) -> Vec<u128> {
        let skipped = window_weeks.map_or(0, |weeks| self.purchases.len().saturating_sub(weeks as usize));
        let mut volumes = vec![0; self.sponsors.count() + 1];
        for (who, amount) in self.purchases.iter().skip(skipped).flatten() {
            volumes[*who as usize] += amount;
        }
        volumes
    }
}

/// Who has which rank with which legs, by preorder and sums of prefixes; users in ascending order.
fn by_preorder(sponsors: &[u32], volumes: &[u128]) -> Vec<(u32, u8, u128, u128)> {
    let count = sponsors.len();
    // Directs of a user side by side, in the order of joining.
    let mut first = vec![0usize; count + 2];
    for sponsor in sponsors {
        first[*sponsor as usize + 1] += 1;
    }
    for place in 1..first.len() {
        first[place] += first[place - 1];
    }
    let mut next = first.clone();
    let mut directs = vec![0u32; count];
    for (place, sponsor) in sponsors.iter().enumerate() {
        directs[next[*sponsor as usize]] = u32::try_from(place + 1).unwrap_or(u32::MAX);
        next[*sponsor as usize] += 1;
    }
    let directs_of = |who: u32| &directs[first[who as usize]..first[who as usize + 1]];
    // Whoever is below someone stands behind, in one piece.
    let (mut begin, mut end) = (vec![0usize; count + 1], vec![0usize; count + 1]);
    let mut prefix = vec![0u128];
    let mut open: Vec<(u32, bool)> = directs_of(0).iter().rev().map(|root| (*root, false)).collect();
    while let Some((who, left)) = open.pop() {
        if left {
            end[who as usize] = prefix.len() - 1;
            continue;
        }
        begin[who as usize] = prefix.len() - 1;
        prefix.push(prefix[prefix.len() - 1] + volumes[who as usize]);
        open.push((who, true));
        open.extend(directs_of(who).iter().rev().map(|direct| (*direct, false)));
    }
    let leg = |who: u32| prefix[end[who as usize]] - prefix[begin[who as usize]];
    let mut found = Vec::new();
    for who in (1..).take(count) {
        let mut legs: Vec<u128> = directs_of(who).iter().map(|direct| leg(*direct)).collect();
        legs.sort_unstable_by(|one, other| other.cmp(one));
        let main = legs.first().copied().unwrap_or(0);
        let other = legs.iter().skip(1).sum::<u128>();
        let enough = |min: &(u64, u64)| main >= u128::from(min.0) * UNIT && other >= u128::from(min.0) * UNIT;
        if let Some(best) = LADDER.iter().rposition(enough) {
            found.push((who, u8::try_from(best + 1).unwrap_or(u8::MAX), main, other));
        }
    }
    found
}

/// Closes `closes` weeks of a world of so many users.
fn close(users: u32, closes: usize, window_weeks: Option<u32>) -> anyhow::Result<Closes> {
    let terms = terms(window_weeks, 0)?;
    let mut world = World::grow(users)?;
    let (mut best, mut baseline) = (Duration::MAX, Duration::MAX);
    let (mut out, mut qualified) = (Vec::new(), 0);
    // The first close of a world is a warm-up: all users have bought in its week.
    for number in 0..=u32::try_from(closes).unwrap_or(u32::MAX) {
        world.buy()?;
        let budget = Amount::new(u128::MAX);
        let start = Instant::now();
        let closed = world
            .ranks
            .close_week(&world.sponsors, &terms, week(number), budget, &mut out);
        let elapsed = start.elapsed();
        black_box(&world.ranks);
        closed.context("the week was closed already")?;
        if number > 0 {
            best = best.min(elapsed);
        }
        let volumes = world.volumes(window_weeks);
        let start = Instant::now();
        let expected = by_preorder(&world.numbers(), &volumes);
        baseline = baseline.min(start.elapsed());
        let found: Vec<_> = out.iter().filter_map(ranked).collect();
        ensure!(
            found == expected,
            "week {number} of {users} users: {} ranks, the second formulation has {}, or they differ",
            found.len(),
            expected.len()
        );
        qualified = found.len();
    }
    let window = window_weeks.map_or("lifetime".to_owned(), |weeks| format!("{weeks} weeks"));
    Ok(Closes {
        seconds: best.as_secs_f64(),
        baseline_seconds: baseline.as_secs_f64(),
        checked: format!(
            "best of {closes} weekly closes of {users} users, window {window}, {qualified} users with a rank in the last: rank, \
             main leg and others of all users agree with sums over a preorder of the tree in every close"
        ),
    })
}

fn ranked(decision: &RankDecision) -> Option<(u32, u8, u128, u128)> {
    let RankDecision::Qualified {
        user,
        rank,
        main,
        other,
    } = *decision
    else {
        return None;
    };
    (rank > 0).then(|| (user.get(), rank, main.base_units(), other.base_units()))
}

/// Refunds in a second, each with every upline's held bonuses judged again.
fn refunds(users: u32) -> anyhow::Result<(f64, String)> {
    let terms = terms(None, 30)?;
    let mut world = World::grow(users)?;
    let mut out = Vec::new();
    for number in 0..4 {
        world.buy()?;
        world.ranks.close_week(
            &world.sponsors,
            &terms,
            week(number),
            Amount::new(u128::MAX),
            &mut out,
        );
    }
    let step = (world.users() / REFUNDS).max(1) as usize;
    let refunded: Vec<(u32, u128)> = world.purchases[0].iter().step_by(step).copied().collect();
    let mut affected = Vec::new();
    let (mut judged, mut back) = (0usize, 0usize);
    let start = Instant::now();
    for (who, amount) in &refunded {
        let who = user(*who)?;
        if !world
            .ranks
            .remove(&world.sponsors, who, Amount::new(*amount), week(0))
        {
            bail!("{amount} of user {who} could not be refunded");
        }
        world.ranks.affected(&world.sponsors, who, &mut affected);
        judged += affected.len();
        for (upline, of) in &affected {
            back += usize::from(world.ranks.requalify(*upline, *of).is_some());
        }
    }
    let elapsed = start.elapsed();
    let mut volumes = world.volumes(None);
    for (who, amount) in &refunded {
        volumes[*who as usize] -= amount;
    }
    world
        .ranks
        .close_week(&world.sponsors, &terms, week(4), Amount::new(u128::MAX), &mut out);
    let found: Vec<_> = out.iter().filter_map(ranked).collect();
    if found != by_preorder(&world.numbers(), &volumes) {
        bail!("after the refunds the second formulation has other ranks");
    }
    let count = refunded.len();
    Ok((
        count as f64 / elapsed.as_secs_f64(),
        format!(
            "{count} refunds in a tree of {users} users with four weeks of held bonuses: {judged} bonuses judged again, {back} \
             gave something back; the next close agrees with sums over a preorder of the tree"
        ),
    ))
}

/// A small world with everything that changes volume, week by week beside the naive model.
fn check_against_the_model(users: u32, weeks: u32) -> anyhow::Result<String> {
    let mut lines = 0;
    for window in [None, Some(3)] {
        let terms = terms(window, 0)?;
        let mut world = World::grow(users)?;
        let ladder = LADDER.iter().map(|(volume, bonus)| naive::ranks::Rank {
            main: u128::from(*volume) * UNIT,
            other: u128::from(*volume) * UNIT,
            own: 0,
            group: 0,
            bonus: u128::from(*bonus) * UNIT,
        });
        let mut model = Model::new(naive::ranks::Terms {
            window,
            bonus_weeks: 52,
            queue: false,
            hold_days: 0,
            ladder: ladder.collect(),
        });
        for sponsor in world.sponsors.numbers() {
            model.join((sponsor > 0).then_some(sponsor));
        }
        for number in 0..weeks {
            world.buy()?;
            for (who, amount) in world.purchases.last().into_iter().flatten() {
                model.add(*who, *amount, number);
            }
            // Every seventh purchase of the week before is refunded.
            let before = world.purchases.iter().rev().nth(1).into_iter().flatten();
            for (who, amount) in before.step_by(7) {
                world.ranks.remove(
                    &world.sponsors,
                    user(*who)?,
                    Amount::new(*amount),
                    week(number - 1),
                );
                model.remove(*who, *amount, number - 1);
            }
            let budget = 2_000 * UNIT;
            let mut out = Vec::new();
            world.ranks.close_week(
                &world.sponsors,
                &terms,
                week(number),
                Amount::new(budget),
                &mut out,
            );
            let found: Vec<_> = out.iter().map(flat).collect();
            let expected = model.close(number, budget);
            let expected: Vec<_> = expected
                .iter()
                .map(|line| (line.user, line.rank, line.amount, line.legs))
                .collect();
            ensure!(
                found == expected,
                "week {number} of {users} users, window {window:?}: the model decides otherwise"
            );
            lines += found.len();
        }
    }
    Ok(format!(
        "{lines} decisions of {weeks} closes of {users} users, lifetime and three weeks, refunds included, equal the naive \
         model's"
    ))
}

/// A decision as the model writes it: user, rank, amount, legs.
fn flat(decision: &RankDecision) -> (u32, u8, u128, (u128, u128)) {
    match *decision {
        RankDecision::Promoted { user, rank, .. } => (user.get(), rank, 0, (0, 0)),
        RankDecision::Qualified {
            user,
            rank,
            main,
            other,
        } => (user.get(), rank, 0, (main.base_units(), other.base_units())),
        RankDecision::Granted {
            user, rank, amount, ..
        }
        | RankDecision::NotCovered {
            user, rank, amount, ..
        }
        | RankDecision::Waits {
            user, rank, amount, ..
        }
        | RankDecision::Lapsed {
            user, rank, amount, ..
        } => (user.get(), rank, amount.base_units(), (0, 0)),
    }
}
