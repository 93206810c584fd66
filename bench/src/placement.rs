//! How many facts, with all their legs and effects, the pure plan applies in a second on one core.
//!
//! One history is run several times timed, with a checksum over every leg, and once untimed, with every leg
//! folded into balances that must conserve money, and what each user is granted compared with a second implementation. All
//! runs must give the same checksum.

use std::hint::black_box;

use ledger::{Account, AccountKind, Beneficiary, Side};
use naive::Terms;
use naive::granted::Granted;
use plan::workload::Workload;
use plan::{CompiledPlan, Fact, Outcome, Place, State, Tier, TreeNumber, compile};

use crate::cpu::{Seconds, Stopwatch};

/// The shipped plan; pools without limit, so that they matter as long as the run goes.
const PLAN: &str = include_str!("../../plans/auto-pool.toml");
const SEED: u64 = 20_260_101;

/// What a run measured.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    /// Facts applied in a second of a processor.
    pub(crate) facts_per_second: f64,
    /// Legs that these facts caused in a second of a processor.
    pub(crate) legs_per_second: f64,
    /// Legs of all facts.
    pub(crate) legs: u64,
    /// Of the fastest run.
    pub(crate) seconds: Seconds,
    /// Memory that the state holds afterwards, for each user. `None` where the system does not tell.
    pub(crate) bytes_per_user: Option<f64>,
    /// What was run and checked.
    pub(crate) checked: String,
}

/// What the timed run and the checked run must agree about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checksum {
    legs: u64,
    effects: u64,
    amounts: u64,
}

impl Checksum {
    fn add(&mut self, out: &Outcome) {
        self.legs += out.legs.len() as u64;
        self.effects += out.effects.len() as u64;
        for leg in &out.legs {
            // The account's kind takes part, so that a leg to the wrong account shows.
            let kind = u64::from(leg.credit.kind().code());
            let low = u64::try_from(leg.amount.base_units() & u128::from(u64::MAX)).unwrap_or_default();
            self.amounts = self.amounts.rotate_left(1) ^ low.wrapping_add(kind);
        }
    }
}

/// Applies `facts` facts, `runs` times, and reports the fastest run.
pub(crate) fn best_of(runs: usize, facts: usize) -> Result<Placement, String> {
    let text = PLAN.replace("trees_max = 15", "");
    let plan = compile(&text).map_err(|error| error.to_string())?;
    let history: Vec<Fact> = Workload::new(&plan, SEED).take(facts).collect();
    let (checksum, summary) = run_checked(&plan, &history)?;
    let mut seconds = Vec::new();
    let mut bytes_per_user = None;
    for _ in 0..runs {
        let Timed {
            elapsed,
            checksum: timed,
            bytes,
        } = run_timed(&plan, &history);
        bytes_per_user = bytes.or(bytes_per_user);
        if timed != checksum {
            return Err(format!(
                "a timed run caused {timed:?}, the checked run {checksum:?}"
            ));
        }
        seconds.push(elapsed);
    }
    let best = seconds.iter().copied().fold(Seconds::WORST, Seconds::best);
    let rates: Vec<String> = seconds
        .iter()
        .map(|seconds| format!("{:.0}", facts as f64 / seconds.cpu))
        .collect();
    Ok(Placement {
        facts_per_second: facts as f64 / best.cpu,
        legs_per_second: checksum.legs as f64 / best.cpu,
        legs: checksum.legs,
        seconds: best,
        bytes_per_user,
        checked: format!("best of {} facts/s; {summary}", rates.join(", ")),
    })
}

/// By which power the time grew, when what it is spent on grew `times`.
pub(crate) fn exponent(few: &Placement, many: &Placement, times: f64) -> f64 {
    (many.seconds.cpu / few.seconds.cpu).ln() / times.ln()
}

struct Timed {
    elapsed: Seconds,
    checksum: Checksum,
    bytes: Option<f64>,
}

fn run_timed(plan: &CompiledPlan, history: &[Fact]) -> Timed {
    let before = resident_bytes();
    let mut state = State::new(plan);
    let mut out = Outcome::default();
    let mut checksum = Checksum::default();
    let watch = Stopwatch::start();
    state.apply_all(plan, history, &mut out, |_, out| checksum.add(out));
    let elapsed = watch.stop();
    let grown = resident_bytes()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));
    let bytes = grown.map(|bytes| bytes as f64 / state.user_count().max(1) as f64);
    black_box(&state);
    Timed {
        elapsed,
        checksum,
        bytes,
    }
}

/// Memory that this program uses.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = text.lines().find(|line| line.starts_with("Rss:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Balances of the kinds of accounts, on the side on which each grows; held money by beneficiary.
#[derive(Default)]
struct Totals {
    by_kind: [i128; AccountKind::ALL.len()],
    held_users: i128,
    generation_legs_paid: u64,
    /// What payments granted, by user.
    granted: Vec<u128>,
    granted_company: u128,
    granted_residual: u128,
    granted_breakage: u128,
}

impl Totals {
    fn add(&mut self, out: &Outcome) {
        for leg in &out.legs {
            let amount = i128::try_from(leg.amount.base_units()).unwrap_or(i128::MAX);
            for (account, debited) in [(leg.debit, amount), (leg.credit, -amount)] {
                let grows = match account.kind().side() {
                    Side::Debit => debited,
                    Side::Credit => -debited,
                };
                self.by_kind[usize::from(account.kind().code()) - 1] += grows;
                if matches!(account, Account::Held(Beneficiary::User(_))) {
                    self.held_users += grows;
                }
            }
            if let (Account::Custody, Account::Held(beneficiary)) = (leg.debit, leg.credit) {
                self.grant(beneficiary, leg.amount.base_units());
            }
            let pays_user = matches!(leg.credit, Account::Held(Beneficiary::User(_)));
            let is_generation = matches!(leg.reason, ledger::Reason::Generation(_));
            self.generation_legs_paid += u64::from(pays_user && is_generation);
        }
    }

    fn grant(&mut self, beneficiary: Beneficiary, units: u128) {
        match beneficiary {
            Beneficiary::User(user) => {
                let place = user.get() as usize - 1;
                self.granted.resize(self.granted.len().max(place + 1), 0);
                self.granted[place] += units;
            }
            Beneficiary::Company => self.granted_company += units,
            Beneficiary::Residual(..) => self.granted_residual += units,
            Beneficiary::Breakage(_) | Beneficiary::Fund(_) => self.granted_breakage += units,
        }
    }

    /// Compares what was granted with the second implementation.
    fn check_granted(&self, expected: &Granted) -> Result<(), String> {
        for (what, found, expected) in [
            ("company", self.granted_company, expected.company),
            ("residual", self.granted_residual, expected.residual),
            ("breakage", self.granted_breakage, expected.breakage),
        ] {
            if found != expected {
                return Err(format!(
                    "{what}: granted {found}, the second implementation {expected}"
                ));
            }
        }
        for (place, expected) in expected.by_user().enumerate() {
            let found = self.granted.get(place).copied().unwrap_or(0);
            if found != expected {
                let user = place + 1;
                return Err(format!(
                    "user {user}: granted {found}, the second implementation {expected}"
                ));
            }
        }
        Ok(())
    }

    fn of(&self, kind: AccountKind) -> i128 {
        self.by_kind[usize::from(kind.code()) - 1]
    }
}

fn run_checked(plan: &CompiledPlan, history: &[Fact]) -> Result<(Checksum, String), String> {
    let mut state = State::new(plan);
    let mut out = Outcome::default();
    let mut checksum = Checksum::default();
    let mut totals = Totals::default();
    let mut naive = Granted::new(&Terms {
        trees_max: None,
        ..Terms::auto_pool()
    });
    let (mut paid_in, mut matured, mut retopups, mut maturities) = (0i128, 0i128, 0u64, 0u64);
    for fact in history {
        state.apply(plan, fact, &mut out);
        checksum.add(&out);
        totals.add(&out);
        if let Some(finding) = out
            .effects
            .iter()
            .find(|effect| matches!(effect, plan::Effect::Discrepancy { .. }))
        {
            return Err(format!("{fact:?}: {finding:?}"));
        }
        if let Fact::Registered { sponsor, .. } = fact {
            naive.register(sponsor.map(|sponsor| sponsor.get() as usize - 1));
        }
        if let Fact::RetoppedUp { user, .. } = fact {
            naive.retop_up(user.get() as usize - 1);
        }
        if let Fact::Registered { amount, .. } | Fact::RetoppedUp { amount, .. } = fact {
            paid_in += i128::try_from(amount.base_units()).unwrap_or(i128::MAX);
            retopups += u64::from(matches!(fact, Fact::RetoppedUp { .. }));
        }
        if let Fact::EscrowMatured { amount, .. } = fact {
            matured += i128::try_from(amount.base_units()).unwrap_or(i128::MAX);
            maturities += 1;
        }
    }
    check_books(&totals, &state, paid_in, matured)?;
    totals.check_granted(&naive)?;
    check_first_tree(plan, &state)?;
    let live = totals.generation_legs_paid as f64 / retopups as f64;
    Ok((
        checksum,
        format!(
            "{} facts, {} legs: {} users, {retopups} retopups with {live:.1} live uplines on average, \
             {maturities} maturities, {} + {} nodes in tiers 1 and 2; custody, held, entitlements and the \
             checksum of every leg agree with an untimed run, and what each user, company, residual and breakage \
             are granted with the second implementation",
            history.len(),
            checksum.legs,
            state.user_count(),
            state.node_count(Tier::FIRST),
            Tier::new(2).map_or(0, |tier| state.node_count(tier)),
        ),
    ))
}

/// Money is conserved, and what users are entitled to is what is available to them.
fn check_books(totals: &Totals, state: &State, paid_in: i128, matured: i128) -> Result<(), String> {
    let owed: i128 = AccountKind::ALL
        .iter()
        .filter(|kind| kind.side() == Side::Credit)
        .map(|kind| totals.of(*kind))
        .sum();
    expect(
        "custody is what was paid in",
        totals.of(AccountKind::Custody),
        paid_in,
    )?;
    expect("everything in custody is owed", owed, paid_in)?;
    expect(
        "held is what has not matured",
        totals.of(AccountKind::Held),
        paid_in - matured,
    )?;
    let entitled = (1..=state.user_count())
        .filter_map(|number| plan::UserId::new(u32::try_from(number).ok()?))
        .try_fold(0i128, |sum, user| {
            let entitled = i128::try_from(state.entitled(user).base_units()).ok()?;
            sum.checked_add(entitled)
        });
    expect(
        "entitlements are what is available",
        totals.of(AccountKind::Available),
        entitled.unwrap_or(-1),
    )
}

/// Every place of the first tree must be taken by someone who says to sit there.
fn check_first_tree(plan: &CompiledPlan, state: &State) -> Result<(), String> {
    let tree = TreeNumber::new(1).ok_or("trees count from 1")?;
    for index in 0..plan.tree_size().unwrap_or(0) {
        let place = Place { tree, index };
        let found = state
            .occupant(plan, Tier::FIRST, place)
            .and_then(|user| state.place(plan, user, Tier::FIRST));
        if found != Some(place) {
            return Err(format!("place {index} of the first tree: {found:?}"));
        }
    }
    Ok(())
}

fn expect(what: &str, found: i128, expected: i128) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: found {found}, expected {expected}"))
    }
}
