//! How many purchases of the shipped subscription plan are applied in a second on one core, as facts: terms, caps, ranks, twenty
//! generations with gates, every leg of the books, and money that matures each day.
//!
//! One run is not timed and compares every generation leg with the second implementation, and custody with what was paid.

use std::hint::black_box;

use ledger::{Account, Beneficiary, Leg, Reason};
use money::Amount;
use naive::generation as naive_generation;
use plan::{CompiledPlan, Day, DepositId, Fact, Outcome, State, UserId, compile};

use crate::cpu::{Seconds, Stopwatch};
use crate::generation::{CAP, DIRECTS, RATES, Random};

const PLAN: &str = include_str!("../../plans/subscription.toml");
const SEED: u64 = 20_260_101;
const PURCHASES_PER_DAY: u32 = 5_000;
const COOLING_OFF_DAYS: u32 = 14;

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) struct Purchases {
    /// Of all purchases.
    pub(crate) seconds: Seconds,
    /// What was run and checked.
    pub(crate) checked: String,
}

/// Applies so many purchases, half of them first ones, `runs` times; the fastest counts.
pub(crate) fn best_of(runs: usize, purchases: u32) -> Result<Purchases, String> {
    let plan = compile(PLAN).map_err(|error| error.to_string())?;
    let facts = history(purchases).ok_or("ids ran out")?;
    let (expected, paid) = check(&plan, &facts)?;
    let mut best = Seconds::WORST;
    for _ in 0..runs {
        let (mut state, mut out) = (State::new(&plan), Outcome::default());
        let mut legs = 0u64;
        let watch = Stopwatch::start();
        state.apply_all(&plan, &facts, &mut out, |_, out| legs += out.legs.len() as u64);
        best = best.best(watch.stop());
        black_box(&state);
        if legs != expected {
            return Err(format!("{legs} legs, {expected} in the checked run"));
        }
    }
    Ok(Purchases {
        seconds: best,
        checked: format!(
            "best of {runs} runs: {purchases} purchases, {expected} legs; {paid} generation legs are those of the second \
             implementation, and custody is what was paid"
        ),
    })
}

fn history(purchases: u32) -> Option<Vec<Fact>> {
    let mut random = Random(SEED);
    let (mut facts, mut users) = (Vec::new(), 0u32);
    let mut taken: Vec<u128> = vec![0];
    for number in 1..=purchases {
        let units = 50_000_000 + u128::from(random.below(4_000_000_000));
        let (amount, deposit) = (Amount::new(units), DepositId::new(number)?);
        let today = u32::try_from(taken.len()).ok()? - 1;
        let day = Day::new(today + COOLING_OFF_DAYS);
        *taken.last_mut()? += units;
        if number % 2 == 1 {
            let back = random.below(users.div_ceil(2).max(1));
            let sponsor = UserId::new(users.saturating_sub(back));
            users += 1;
            facts.push(Fact::Registered {
                user: UserId::new(users)?,
                sponsor,
                deposit,
                amount,
                day,
            });
        } else {
            facts.push(Fact::RetoppedUp {
                user: UserId::new(1 + random.below(users))?,
                deposit,
                amount,
                day,
            });
        }
        if number % PURCHASES_PER_DAY == 0 {
            let due = today.checked_sub(COOLING_OFF_DAYS);
            let units = due.and_then(|due| taken.get(due as usize));
            facts.push(Fact::EscrowMatured {
                through: Day::new(today),
                amount: Amount::new(units.copied().unwrap_or(0)),
            });
            taken.push(0);
        }
    }
    Some(facts)
}

/// Generation, amount, upline and whether it is paid; of any other leg nothing.
fn generation_leg(leg: &Leg) -> Option<(u64, u128, Option<u64>, bool)> {
    match (leg.reason, leg.credit) {
        (Reason::Generation(generation), Account::Held(beneficiary)) => {
            let upline = leg.recipient.map(|user| u64::from(user.get()));
            let is_paid = matches!(beneficiary, Beneficiary::User(_));
            Some((u64::from(generation), leg.amount.base_units(), upline, is_paid))
        }
        _ => None,
    }
}

/// Legs altogether, and those of generations, which the second implementation must know.
#[expect(clippy::wildcard_enum_match_arm, reason = "only payments are compared")]
fn check(plan: &CompiledPlan, facts: &[Fact]) -> Result<(u64, u64), String> {
    let terms = naive_generation::Terms {
        generations: RATES.into_iter().zip(DIRECTS).collect(),
        mode: "physical",
        cap: Some(CAP.into()),
    };
    let mut people: Vec<naive_generation::User> = Vec::new();
    let (mut state, mut out) = (State::new(plan), Outcome::default());
    let (mut legs, mut compared, mut paid, mut custody) = (0u64, 0u64, 0u128, 0u128);
    for fact in facts {
        state.apply(plan, fact, &mut out);
        legs += out.legs.len() as u64;
        for leg in out.legs.iter().filter(|leg| leg.debit == Account::Custody) {
            custody += leg.amount.base_units();
        }
        let (user, amount) = match *fact {
            Fact::Registered {
                user,
                sponsor,
                amount,
                ..
            } => {
                let sponsor = sponsor.map(|sponsor| sponsor.get() as usize - 1);
                if let Some(sponsor) = sponsor.and_then(|sponsor| people.get_mut(sponsor)) {
                    sponsor.directs += 1;
                }
                people.push(naive_generation::User {
                    sponsor,
                    directs: 0,
                    active: true,
                    refunded: false,
                    invested: 0,
                    earned: 0,
                });
                (user, amount)
            }
            Fact::RetoppedUp { user, amount, .. } => (user, amount),
            _ => continue,
        };
        let (user, units) = (user.get() as usize - 1, amount.base_units());
        paid += units;
        if let Some(person) = people.get_mut(user) {
            person.invested += units;
        }
        let lines = naive_generation::distribute(&terms, units, user, &mut people);
        let expected = lines.iter().map(|line| {
            let upline = line.upline.map(|(index, _)| index as u64 + 1);
            (line.generation as u64, line.amount, upline, line.cause.is_none())
        });
        if !out.legs.iter().filter_map(generation_leg).eq(expected) {
            return Err(format!("{fact:?}: {out:?}, the second implementation {lines:?}"));
        }
        compared += lines.len() as u64;
    }
    if custody == paid {
        Ok((legs, compared))
    } else {
        Err(format!("{custody} in custody, {paid} paid"))
    }
}
