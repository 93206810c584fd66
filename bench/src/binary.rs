//! How long a closing of the binary plan takes: bringing up, matching, granting and carrying, on one core.
//!
//! Everyone joins below a random earlier user; three of four pay enough to count, the others a first payment. Then one
//! month is closed. Every size is checked against another way of counting the sides, by intervals of a walk through the tree; a
//! small size also pair by pair against the model by lists, over two months with refunds between.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use money::{Amount, Asset};
use naive::binary::{Model, Terms};
use plan::binary::table::{BinaryTable, BookingTable, Excess};
use plan::binary::{BinaryState, BinaryTerms, Closing, Pair, PairSink, Payment, Side};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};

use crate::random::{Random, user};

const SEED: u64 = 20_260_101;
/// Users of the comparison with the model, whose every question is a walk.
const MODEL_USERS: u32 = 20_000;
const ACTIVATION: Amount = Amount::new(500_000);
const FIRST_PAYMENT: Amount = Amount::new(50_000);
const PLENTY: Amount = Amount::new(u128::MAX);

/// What was measured for one number of users.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// How many.
    pub(crate) users: u32,
    /// The fastest closing.
    pub(crate) close: Duration,
    /// All of them joining.
    pub(crate) join: Duration,
    /// Pairs that one closing granted.
    pub(crate) pairs: u64,
    /// Bytes of all lines and of the granted pairs, per user.
    pub(crate) bytes_per_user: f64,
}

/// Sizes from small to large, and what was checked.
#[derive(Clone, Debug)]
pub(crate) struct Closings {
    /// Ascending.
    pub(crate) sizes: Vec<Size>,
    /// What was run and found right.
    pub(crate) checked: String,
}

impl Closings {
    /// By which power of the number of users the time grows, from the smallest size to the largest.
    pub(crate) fn growth_exponent(&self) -> f64 {
        let (Some(first), Some(last)) = (self.sizes.first(), self.sizes.last()) else {
            return f64::NAN;
        };
        let times = last.close.as_secs_f64() / first.close.as_secs_f64();
        times.ln() / (f64::from(last.users) / f64::from(first.users)).ln()
    }
}

/// Takes what is granted into a checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checksum {
    pairs: u64,
    amounts: u128,
}

impl PairSink for Checksum {
    fn withhold(&mut self, _user: UserId, _value: Amount) -> Amount {
        Amount::ZERO
    }

    fn grant(&mut self, pair: &Pair) {
        self.pairs += 1;
        let parts = pair.parts.wallet().base_units() ^ (pair.parts.instalment.base_units() << 32);
        self.amounts = self.amounts.rotate_left(1) ^ parts ^ u128::from(pair.user.get());
    }
}

/// Closes a month of each size, `runs` times, and checks the result.
pub(crate) fn best_of(runs: usize, sizes: &[u32]) -> anyhow::Result<Closings> {
    let terms = terms()?;
    let granted = compare_with_model(&terms)?;
    let sizes = sizes.iter().map(|users| measure(&terms, *users, runs));
    Ok(Closings {
        sizes: sizes.collect::<anyhow::Result<_>>()?,
        checked: format!(
            "best of {runs}; lots and pairs of every user agree with sides counted by intervals of a walk; {MODEL_USERS} \
             users agree with the model by lists in every one of {granted} pairs of two months and of the refunds between"
        ),
    })
}

fn terms() -> anyhow::Result<BinaryTerms> {
    let binary = BinaryTable {
        pair_value: "2000".into(),
        pairs_max_per_month: 10,
        excess: Excess::Carry,
        full_pairs: 5,
        instalment_bps: 2_000,
        activation_amount: "5000".into(),
        counts_from: None,
        placement: None,
        directs_required: None,
        quantity: None,
        fund: "pairs".into(),
        hold_days: 0,
        when_short: None,
        direct_bonus: None,
    };
    let booking = BookingTable {
        price: "100000".into(),
        first_payment_min: "500".into(),
    };
    BinaryTerms::check(&binary, &booking, Asset::Inr).map_err(anyhow::Error::from)
}

/// Sponsor and payment of a user; the first has no sponsor.
fn newcomer(random: &mut Random, number: u32) -> (Option<u32>, Amount) {
    let sponsor = (number > 1).then(|| random.below(number - 1) + 1);
    let pays_little = random.below(4) == 0;
    (sponsor, if pays_little { FIRST_PAYMENT } else { ACTIVATION })
}

fn measure(terms: &BinaryTerms, users: u32, runs: usize) -> anyhow::Result<Size> {
    let mut random = Random(SEED);
    let newcomers: Vec<(Option<u32>, Amount)> =
        (1..=users).map(|number| newcomer(&mut random, number)).collect();
    let start = Instant::now();
    let (mut grown, mut sponsors) = (BinaryState::default(), Sponsors::default());
    for (sponsor, _) in &newcomers {
        sponsors.join(sponsor.map(user).transpose()?);
        grown.join(&sponsors, None);
    }
    let join = start.elapsed();
    for (number, (_, amount)) in (1u32..).zip(&newcomers) {
        grown.pay(&sponsors, terms, user(number)?, *amount);
    }
    let mut close = Duration::MAX;
    let mut last: Option<(BinaryState, Checksum, Closing)> = None;
    for _ in 0..runs {
        let mut state = grown.clone();
        let mut checksum = Checksum::default();
        let start = Instant::now();
        let closing = state.close_month(&sponsors, terms, Day::new(20_500).month(), PLENTY, &mut checksum);
        close = close.min(start.elapsed());
        if let Some((_, before, _)) = last
            && before != checksum
        {
            bail!("two runs granted {before:?} and {checksum:?}");
        }
        last = Some((black_box(state), checksum, closing));
    }
    let (state, checksum, closing) = last.context("no run at all")?;
    check_by_walk(terms, &grown, &state, &closing)?;
    let lines = BinaryState::bytes_per_user() as f64;
    Ok(Size {
        users,
        close,
        join,
        pairs: checksum.pairs,
        bytes_per_user: lines + state.history_bytes() as f64 / f64::from(users),
    })
}

/// Whoever stands below someone is an interval of a walk that visits parents before children; so a difference of two
/// prefix sums counts the members of a side.
fn check_by_walk(
    terms: &BinaryTerms,
    grown: &BinaryState,
    closed: &BinaryState,
    closing: &Closing,
) -> anyhow::Result<()> {
    let users = grown.user_count();
    let mut enters = vec![0u32; users + 1];
    let mut leaves = vec![0u32; users + 1];
    let mut members = vec![0u32];
    let mut waiting = vec![(user(1)?, false)];
    while let Some((at, left)) = waiting.pop() {
        let index = at.get() as usize;
        let visited = u32::try_from(members.len() - 1)?;
        if left {
            leaves[index] = visited;
            continue;
        }
        enters[index] = visited;
        members.push(members[visited as usize] + u32::from(grown.counts(at)));
        waiting.push((at, true));
        for side in [Side::Right, Side::Left] {
            waiting.extend(grown.below(at, side).map(|below| (below, false)));
        }
    }
    let mut pairs = 0u64;
    for number in 1..=u32::try_from(users)? {
        let at = user(number)?;
        let counts = [Side::Left, Side::Right].map(|side| {
            grown.below(at, side).map_or(0, |below| {
                let index = below.get() as usize;
                members[leaves[index] as usize] - members[enters[index] as usize]
            })
        });
        let paid = counts[0].min(counts[1]).min(terms.pairs_max_per_month());
        let expected = (paid, counts.map(|count| count - paid));
        let found = (closed.pairs(at), closed.lots(at));
        ensure!(
            found == expected,
            "user {number}: found {found:?}, expected {expected:?}"
        );
        pairs += u64::from(paid);
    }
    ensure!(
        closing.granted == pairs && closing.members == u64::from(members[users]),
        "{closing:?}, but there are {pairs} pairs"
    );
    Ok(())
}

/// The same parameters for the model.
fn plain_terms() -> Terms {
    Terms {
        pair_value: 200_000,
        pairs_max: 10,
        flush: false,
        full_pairs: 5,
        instalment_bps: 2_000,
        activation: ACTIVATION.base_units(),
        counts_from_first: false,
        directs_required: 0,
        pro_rata: false,
        price: 10_000_000,
        first_min: FIRST_PAYMENT.base_units(),
    }
}

/// Two months with refunds between, pair by pair; says how many pairs.
fn compare_with_model(terms: &BinaryTerms) -> anyhow::Result<usize> {
    let plain = plain_terms();
    let mut random = Random(SEED);
    let (mut state, mut model) = (BinaryState::default(), Model::default());
    let mut sponsors = Sponsors::default();
    let mut paid: Vec<Payment> = Vec::new();
    for number in 1..=MODEL_USERS {
        let (sponsor, amount) = newcomer(&mut random, number);
        let index = sponsor.map(|sponsor| sponsor as usize - 1);
        let place = model.join(index, None);
        sponsors.join(sponsor.map(user).transpose()?);
        let joined = state.join(&sponsors, None);
        ensure!(
            joined.map(|place| place.parent.get() as usize - 1) == place.map(|(parent, _)| parent),
            "user {number}: {joined:?}, but the model says {place:?}"
        );
        model.pay(&plain, number as usize - 1, amount.base_units());
        paid.push(state.pay(&sponsors, terms, user(number)?, amount));
    }
    let (mut granted, mut undone) = (0, Vec::new());
    for month in [Day::new(20_500).month(), Day::new(20_550).month()] {
        let mut pairs: Vec<Pair> = Vec::new();
        state.close_month(&sponsors, terms, month, PLENTY, &mut pairs);
        let expected = model.close(&plain, month.get(), u128::MAX, |_, _| 0);
        let same = pairs.iter().zip(&expected).all(|(pair, expected)| {
            let parts = pair.parts;
            let found = (
                pair.user.get() as usize - 1,
                pair.number as usize,
                parts.value,
                parts.instalment,
            );
            let (value, instalment) = (Amount::new(expected.value), Amount::new(expected.instalment));
            found == (expected.user, expected.number, value, instalment)
        });
        ensure!(
            pairs.len() == expected.len() && same,
            "{} pairs, the model grants {}",
            pairs.len(),
            expected.len()
        );
        granted += pairs.len();
        for number in (MODEL_USERS / 2..MODEL_USERS).step_by(4_000) {
            let payment = std::mem::take(&mut paid[number as usize - 1]);
            state.unpay(&sponsors, terms, user(number)?, &payment, &mut undone);
            let accepted = payment.accepted.base_units();
            let expected = model.unpay(&plain, number as usize - 1, accepted, payment.first);
            ensure!(
                undone.len() == expected.len(),
                "user {number}: {undone:?}, but the model says {expected:?}"
            );
        }
    }
    let lots = (1u32..).zip(model.lots());
    for (number, lots) in lots {
        ensure!(
            state.lots(user(number)?).map(|lots| lots as usize) == lots,
            "user {number}: the model has {lots:?}"
        );
    }
    Ok(granted)
}
