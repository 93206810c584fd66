//! How many purchases of twenty generations, with gates and the earnings cap, are distributed in a second on one core.
//!
//! Users join under random recent users, so that lines of sponsors are longer than twenty; a fifth paid in nothing, and the others
//! reach their caps in the course of the run. Every line of every purchase goes into a checksum that the second
//! implementation must give too; it is also the baseline. What grows with the number of users is memory, so the exponent of the
//! time over the users is measured as well.

use std::hint::black_box;

use money::Amount;
use naive::generation as naive_generation;
use plan::UserId;
use plan::cap::table::CapTable;
use plan::cap::{CapTerms, Caps};
use plan::generation::{
    DirectsCounted, Fate, GenerationTable, GenerationTerms, Mode, Share, Uplines, distribute, prefetch,
};
use plan::sponsors::{Kept, Sponsors};

use crate::cpu::{Seconds, Stopwatch};

pub(crate) const RATES: [u16; 20] = [
    1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
];
pub(crate) const DIRECTS: [u32; 20] = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];
pub(crate) const CAP: u32 = 3;
/// Purchases that are known before the first of them is distributed, as in every replay.
const READ_AHEAD: usize = 8;
const SEED: u64 = 20_260_101;

/// What was measured with so many users.
#[derive(Clone, Debug)]
pub(crate) struct Distribution {
    /// Users of the tree.
    pub(crate) users: u32,
    /// How uplines who are refused are dealt with.
    pub(crate) mode: Mode,
    /// The fastest run.
    pub(crate) seconds: Seconds,
    /// Purchases distributed in a second of a processor; the fastest of all runs.
    pub(crate) purchases_per_second: f64,
    /// The same by the second implementation, where it ran.
    pub(crate) naive_per_second: Option<f64>,
    /// What was run and checked.
    pub(crate) checked: String,
}

/// Stable name of a mode.
pub(crate) const fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Physical => "physical",
        Mode::Compressed => "compressed",
        Mode::ActiveOnly => "active_only",
    }
}

/// By which power of the users the time of a purchase grows between two measurements.
pub(crate) fn exponent(small: &Distribution, large: &Distribution) -> f64 {
    let time = (small.purchases_per_second / large.purchases_per_second).ln();
    time / (f64::from(large.users) / f64::from(small.users)).ln()
}

/// Distributes `purchases` purchases, `runs` times, and compares every line with the second implementation.
pub(crate) fn compare(mode: Mode, users: u32, purchases: usize, runs: usize) -> Result<Distribution, String> {
    let mut measured = measure(mode, users, purchases, runs)?;
    let town = Town::new(users);
    let mut people = town.naive();
    let terms = naive_generation::Terms {
        generations: RATES.into_iter().zip(DIRECTS).collect(),
        mode: name(mode),
        cap: Some(CAP.into()),
    };
    let history = history(users, purchases);
    let mut expected = Checksum::default();
    let watch = Stopwatch::start();
    for (purchaser, amount) in &history {
        let purchaser = index(*purchaser);
        let lines = naive_generation::distribute(&terms, amount.base_units(), purchaser, &mut people);
        expected.add_naive(&lines);
    }
    let seconds = watch.stop().cpu;
    let (_, found) = run(&town, &terms_of(mode)?, &history);
    if found != expected {
        return Err(format!("found {found:?}, the second implementation {expected:?}"));
    }
    measured.naive_per_second = Some(purchases as f64 / seconds);
    measured.checked += "; every line is that of the second implementation";
    Ok(measured)
}

/// Distributes `purchases` purchases, `runs` times.
pub(crate) fn measure(mode: Mode, users: u32, purchases: usize, runs: usize) -> Result<Distribution, String> {
    let town = Town::new(users);
    let terms = terms_of(mode)?;
    let history = history(users, purchases);
    let mut best = Seconds::WORST;
    let mut sums = Vec::new();
    for _ in 0..runs {
        let (elapsed, checksum) = run(&town, &terms, &history);
        best = best.best(elapsed);
        sums.push(checksum);
    }
    let checksum = *sums.first().ok_or("no run at all")?;
    if sums.iter().any(|other| *other != checksum) {
        return Err(format!("runs of one history differ: {sums:?}"));
    }
    let set_aside: u128 = history
        .iter()
        .map(|(_, amount)| terms.total(*amount).base_units())
        .sum();
    if checksum.paid + checksum.broken != set_aside {
        return Err(format!("{checksum:?}, of {set_aside} that were set aside"));
    }
    Ok(Distribution {
        users,
        mode,
        purchases_per_second: purchases as f64 / best.cpu,
        seconds: best,
        naive_per_second: None,
        checked: format!(
            "best of {runs} runs, {:.3} s on a processor, {:.3} s by the clock: {purchases} purchases of {} generations among {users} users, {} lines, {} of \
             10000 parts of the money paid; lines sum to what the rates set aside",
            best.cpu,
            best.wall,
            RATES.len(),
            checksum.lines,
            checksum.paid * 10_000 / set_aside.max(1),
        ),
    })
}

fn run(town: &Town, terms: &GenerationTerms, history: &[(UserId, Amount)]) -> (Seconds, Checksum) {
    let mut caps = town.caps.clone();
    let mut out: Vec<Share> = Vec::new();
    let mut checksum = Checksum::default();
    let watch = Stopwatch::start();
    let mut purchasers: Vec<UserId> = Vec::new();
    for purchases in history.chunks(READ_AHEAD) {
        purchasers.clear();
        purchasers.extend(purchases.iter().map(|(purchaser, _)| *purchaser));
        prefetch(terms, &purchasers, town, &caps);
        for (purchaser, amount) in purchases {
            distribute(terms, *amount, *purchaser, town, &mut caps, &mut out);
            checksum.add(&out);
        }
    }
    let elapsed = watch.stop();
    black_box(&caps);
    (elapsed, checksum)
}

fn terms_of(mode: Mode) -> Result<GenerationTerms, String> {
    let table = GenerationTable {
        rates_bps: RATES.to_vec(),
        directs_required: DIRECTS.to_vec(),
        mode,
        directs_counted: DirectsCounted::AllTime,
    };
    GenerationTerms::check(&table).map_err(|refusal| refusal.to_string())
}

/// What both implementations must agree about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checksum {
    lines: u64,
    paid: u128,
    broken: u128,
    mixed: u64,
}

impl Checksum {
    fn add(&mut self, shares: &[Share]) {
        for share in shares {
            let upline = share.upline.map_or(0, |upline| u64::from(upline.get()));
            let is_paid = share.fate == Fate::Paid;
            self.line(
                share.amount.base_units(),
                upline,
                share.distance.into(),
                share.generation.into(),
                is_paid,
            );
        }
    }

    fn add_naive(&mut self, lines: &[naive_generation::Line]) {
        for line in lines {
            let (upline, distance) = line
                .upline
                .map_or((0, 0), |(index, distance)| (index as u64 + 1, distance));
            self.line(
                line.amount,
                upline,
                distance as u64,
                line.generation as u64,
                line.cause.is_none(),
            );
        }
    }

    fn line(&mut self, amount: u128, upline: u64, distance: u64, generation: u64, is_paid: bool) {
        self.lines += 1;
        *(if is_paid { &mut self.paid } else { &mut self.broken }) += amount;
        let place = (upline << 16) ^ (distance << 8) ^ generation ^ (u64::from(is_paid) << 63);
        let low = u64::try_from(amount & u128::from(u64::MAX)).unwrap_or_default();
        self.mixed = self.mixed.rotate_left(1) ^ low.wrapping_add(place);
    }
}

/// A random tree of users in dense arrays, and what they paid in.
struct Town {
    members: Vec<Member>,
    sponsors: Sponsors,
    caps: Caps,
}

#[derive(Clone, Copy, Default)]
struct Member {
    /// 0 for the first user.
    sponsor: u32,
    directs: u32,
    is_active: bool,
}

impl Town {
    fn new(users: u32) -> Self {
        let mut random = Random(SEED);
        let terms = CapTerms::check(&CapTable { multiple: CAP }).ok();
        let (mut members, mut caps): (Vec<Member>, Caps) = (Vec::new(), Caps::new(terms));
        let mut sponsors = Sponsors::new(Kept {
            nearest: true,
            ..Kept::default()
        });
        for number in 1..=users {
            // Someone of the newer half of those who are there.
            let back = random.below(number.div_ceil(2).max(1));
            let sponsor = if number == 1 {
                0
            } else {
                number - 1 - back.min(number - 2)
            };
            if let Some(member) = (sponsor as usize)
                .checked_sub(1)
                .and_then(|at| members.get_mut(at))
            {
                member.directs += 1;
            }
            sponsors.join(UserId::new(sponsor));
            let invested = if random.below(5) == 0 {
                0
            } else {
                50 + random.below(5_000)
            };
            members.push(Member {
                sponsor,
                directs: 0,
                is_active: invested > 0,
            });
            if let Some(user) = UserId::new(number) {
                caps.invest(user, Amount::new(u128::from(invested) * 1_000_000));
            }
        }
        Self {
            members,
            sponsors,
            caps,
        }
    }

    fn naive(&self) -> Vec<naive_generation::User> {
        let user = |(number, member): (u32, &Member)| naive_generation::User {
            sponsor: (member.sponsor as usize).checked_sub(1),
            directs: member.directs,
            active: member.is_active,
            refunded: false,
            invested: UserId::new(number).map_or(0, |user| self.caps.invested(user).base_units()),
            earned: 0,
        };
        (1..).zip(&self.members).map(user).collect()
    }

    fn member(&self, user: UserId) -> Member {
        self.members.get(index(user)).copied().unwrap_or_default()
    }
}

impl Uplines for Town {
    fn above(&self, user: UserId, into: &mut [Option<UserId>]) {
        self.sponsors.nearest(user, into);
    }

    fn directs(&self, user: UserId) -> u32 {
        self.member(user).directs
    }

    fn is_active(&self, user: UserId) -> bool {
        self.member(user).is_active
    }

    fn is_refunded(&self, _: UserId) -> bool {
        false
    }
}

fn index(user: UserId) -> usize {
    user.get() as usize - 1
}

/// Random purchases by random users, from 50 to 4050 units.
fn history(users: u32, purchases: usize) -> Vec<(UserId, Amount)> {
    let mut random = Random(!SEED);
    let purchase = |_| {
        let units = 50_000_000 + u128::from(random.below(4_000_000_000));
        Some((UserId::new(1 + random.below(users))?, Amount::new(units)))
    };
    (0..purchases).filter_map(purchase).collect()
}

/// splitmix64: well mixed, and a few operations.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (mixed ^ (mixed >> 31)) >> 32;
        u32::try_from((high * u64::from(end)) >> 32).unwrap_or_default()
    }
}
