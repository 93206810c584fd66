//! Random plans over all components: the file, and what it says in plain numbers.

pub(crate) mod purchases;

use std::fmt::Write as _;

use naive::binary;

use crate::numbers::Numbers;
use crate::pool_plans::Pools;

/// What a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    Joining,
    Booking,
    Subscription,
    Orders,
    Pools,
}

/// A tax.
#[derive(Clone, Debug)]
pub(crate) struct Tax {
    pub(crate) name: String,
    pub(crate) at_payout: bool,
    pub(crate) rate_bps: u128,
}

/// A plan, in units of a millionth.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) intake: Intake,
    pub(crate) text: String,
    /// Funds, each with the one behind it.
    pub(crate) behind: Vec<Option<usize>>,
    /// Shares of a payment, or of what generations leave of it.
    pub(crate) allocations: Vec<(usize, u128)>,
    pub(crate) generations: Vec<u128>,
    /// Rules other than commissions, each with the fund that it asks first.
    pub(crate) asked: Vec<(&'static str, usize)>,
    /// Registrations, retopups and pools, where payments are for these.
    pub(crate) pools: Option<Pools>,
    /// Pairs, where payments are for a booking, and what a sponsor gets for the first payment of a direct.
    pub(crate) pairs: Option<(binary::Terms, u128)>,
    pub(crate) pv_bps: u128,
    pub(crate) fund_bps: u128,
    pub(crate) order_fund: usize,
    pub(crate) taxes: Vec<Tax>,
    pub(crate) fee_bps: u128,
    /// Millionths.
    pub(crate) withdrawal_min: u128,
}

const UNIT: u128 = 1_000_000;

impl Drawn {
    /// The plan with this number of a seed.
    pub(crate) fn of(numbers: &mut Numbers) -> Self {
        let intake = [
            Intake::Joining,
            Intake::Booking,
            Intake::Subscription,
            Intake::Orders,
            Intake::Pools,
        ][numbers.below(5)];
        let funds = 1 + numbers.below(4);
        let mut drawn = Self {
            intake,
            text: "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n".to_owned(),
            // A fund stands before those behind it, so there are no circles.
            behind: (0..funds)
                .map(|fund| Some(fund + 1 + numbers.below(3)).filter(|behind| *behind < funds))
                .collect(),
            allocations: Vec::new(),
            generations: Vec::new(),
            asked: Vec::new(),
            pools: None,
            pairs: None,
            pv_bps: 0,
            fund_bps: 0,
            order_fund: 0,
            taxes: Vec::new(),
            fee_bps: 0,
            withdrawal_min: 0,
        };
        for (fund, behind) in drawn.behind.clone().into_iter().enumerate() {
            drawn.write(&format!("\n[[funds]]\nname = \"f{fund}\"\n"));
            if let Some(behind) = behind {
                drawn.write(&format!("fallback = \"f{behind}\"\n"));
            }
        }
        match intake {
            Intake::Joining => drawn.join(numbers),
            Intake::Booking => drawn.book(numbers),
            Intake::Subscription => drawn.subscribe(numbers),
            Intake::Orders => drawn.order(numbers),
            Intake::Pools => drawn.pool(numbers),
        }
        if matches!(intake, Intake::Subscription | Intake::Orders) && numbers.below(2) == 0 {
            drawn.rank(numbers);
        }
        if numbers.below(3) == 0 {
            drawn.campaign(numbers);
        }
        drawn.tax(numbers);
        drawn
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The fund that a rule asks first.
    pub(crate) fn fund_of(&self, rule: &str) -> usize {
        let mut asked = self.asked.iter();
        let (_, fund) = asked.find(|(name, _)| *name == rule).expect("the rule is drawn");
        *fund
    }

    fn any_fund(&self, numbers: &mut Numbers) -> usize {
        numbers.below(self.behind.len())
    }

    fn hold(numbers: &mut Numbers) -> usize {
        [0, 1, 13, 14, 29, 30][numbers.below(6)]
    }

    fn allocate(&mut self, numbers: &mut Numbers, table: &str) {
        let mut left = 10_000;
        for fund in 0..self.behind.len() {
            if numbers.below(2) == 0 {
                continue;
            }
            let bps = match numbers.below(4) {
                0 => left,
                1 => 0,
                _ => numbers.below(left + 1),
            };
            left -= bps;
            self.allocations.push((fund, bps as u128));
            self.write(&format!("\n[[{table}]]\nfund = \"f{fund}\"\nbps = {bps}\n"));
        }
    }

    fn join(&mut self, numbers: &mut Numbers) {
        self.allocate(numbers, "allocations");
        self.write("\n[joining]\nprice = \"100\"\n");
    }

    fn book(&mut self, numbers: &mut Numbers) {
        self.allocate(numbers, "allocations");
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        let bonus = [0, 5, 100, 101][numbers.below(4)];
        let terms = binary::Terms {
            pair_value: (1 + numbers.below(200) as u128) * UNIT,
            pairs_max: [1, 2, 50][numbers.below(3)],
            flush: numbers.below(2) == 0,
            full_pairs: numbers.below(3),
            instalment_bps: [0, 2_000, 10_000][numbers.below(3)],
            activation: [30, 100][numbers.below(2)] * UNIT,
            counts_from_first: numbers.below(2) == 0,
            directs_required: numbers.below(2),
            pro_rata: numbers.below(2) == 0,
            price: 100 * UNIT,
            first_min: [10, 100][numbers.below(2)] * UNIT,
        };
        self.write(&format!(
            "\n[booking]\nprice = \"100\"\nfirst_payment_min = \"{}\"\n\n[binary]\npair_value = \"{}\"\n\
             pairs_max_per_month = {}\nexcess = \"{}\"\nfull_pairs = {}\ninstalment_bps = {}\nactivation_amount = \"{}\"\n\
             counts_from = \"{}\"\ndirects_required = {}\nfund = \"f{fund}\"\nwhen_short = \"{}\"\nhold_days = {hold}\n",
            terms.first_min / UNIT,
            terms.pair_value / UNIT,
            terms.pairs_max,
            if terms.flush { "flush" } else { "carry" },
            terms.full_pairs,
            terms.instalment_bps,
            terms.activation / UNIT,
            if terms.counts_from_first { "first_payment" } else { "activation" },
            terms.directs_required,
            if terms.pro_rata { "pro_rata" } else { "queue" },
        ));
        if bonus > 0 {
            self.write(&format!("direct_bonus = \"{bonus}\"\n"));
        }
        self.asked.push(("pairs", fund));
        self.pairs = Some((terms, bonus * UNIT));
    }

    fn pool(&mut self, numbers: &mut Numbers) {
        let pools = Pools::of(numbers, 100 * UNIT);
        self.write(&pools.tables());
        self.pools = Some(pools);
    }

    fn subscribe(&mut self, numbers: &mut Numbers) {
        let fund = self.any_fund(numbers);
        self.asked.push(("accruals", fund));
        self.write(&format!(
            "\n[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f{fund}\"\nwhen_short = \"pro_rata\"\n\
             cap_multiple = 3\n\n[[subscription.tiers]]\nfrom = \"50\"\nmonthly_bps = {}\n",
            1 + numbers.below(10_000),
        ));
        self.allocate(numbers, "subscription.allocations");
        if numbers.below(3) > 0 {
            self.draw_generations(numbers);
            let rates = list(&self.generations);
            let directs = list(&vec![0; self.generations.len()]);
            self.write(&format!(
                "\n[generation]\nrates_bps = {rates}\ndirects_required = {directs}\nmode = \"physical\"\n"
            ));
        }
    }

    fn draw_generations(&mut self, numbers: &mut Numbers) {
        let mut left = 10_000;
        for _ in 0..=numbers.below(5) {
            let rate = match numbers.below(4) {
                0 => left,
                _ => numbers.below(left / 2 + 1),
            };
            left -= rate;
            self.generations.push(rate as u128);
        }
    }

    fn order(&mut self, numbers: &mut Numbers) {
        self.draw_generations(numbers);
        self.order_fund = self.any_fund(numbers);
        self.pv_bps = [10_000, 8_000, 0, 5_000][numbers.below(4)];
        self.fund_bps = [10_000, 5_000, 3_000, 0, 7_500][numbers.below(5)];
        let period = numbers.one_of(&["month", "week"]);
        self.write(&format!(
            "\n[orders]\nperiod = \"{period}\"\npv_bps = {}\nfund = \"f{}\"\nfund_bps = {}\ngenerations_bps = {}\n\
             compression = \"none\"\nactive_pv_min = \"0\"\ncustomers_min = 0\nretail_share_min_bps = 0\n\
             paycut = \"pro_rata\"\nhold_days = {}\nlate_orders = \"open_period\"\n",
            self.pv_bps,
            self.order_fund,
            self.fund_bps,
            list(&self.generations),
            Self::hold(numbers),
        ));
    }

    fn rank(&mut self, numbers: &mut Numbers) {
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        self.asked.push(("rank bonuses", fund));
        self.write(&format!(
            "\n[ranks]\nwindow = \"lifetime\"\nbonus_weeks = 52\nfund = \"f{fund}\"\nwhen_short = \"queue\"\nhold_days = {hold}\n\n\
             [[ranks.ladder]]\nname = \"First\"\nmain_min = \"10\"\nother_min = \"0\"\nweekly_bonus = \"7\"\n"
        ));
    }

    fn campaign(&mut self, numbers: &mut Numbers) {
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        self.asked.push(("campaign rewards", fund));
        self.write(&format!(
            "\n[campaign]\nfund = \"f{fund}\"\nreward = \"10\"\nhold_days = {hold}\nbudget = \"1000000\"\nstarts = \"2026-01-01\"\n\
             ends = \"2027-12-31\"\n\n[campaign.qualifies]\nconversion_min = \"10\"\nself_referral = \"refuse\"\nper_referee = \"one\"\n"
        ));
    }

    fn tax(&mut self, numbers: &mut Numbers) {
        for name in ["A", "B", "C"] {
            if numbers.below(3) > 0 {
                continue;
            }
            let rate = [0, 500, 2_500, 5_000, 9_900, 10_000][numbers.below(6)];
            // Reserves of pools are released past a wallet balance.
            let at_payout = numbers.below(2) == 0 && self.intake != Intake::Pools;
            let basis = if at_payout { "payout" } else { "credit" };
            self.write(&format!(
                "\n[[withholding]]\nname = \"{name}\"\nvalid_from = \"2025-01-01\"\nbasis = \"{basis}\"\nrate_bps = {rate}\n\
                 financial_year_starts_month = 4\non = \"gross\"\n"
            ));
            self.taxes.push(Tax {
                name: name.to_owned(),
                at_payout,
                rate_bps: rate,
            });
        }
        if numbers.below(2) == 0 && self.intake != Intake::Pools {
            self.fee_bps = [0, 100, 2_500, 5_000][numbers.below(4)];
            let min = [1, 50, 100, 101, 10_000_000_000][numbers.below(5)];
            self.withdrawal_min = min * UNIT;
            self.write(&format!(
                "\n[withdrawal]\nfee_bps = {}\nmin = \"{min}\"\n",
                self.fee_bps
            ));
        }
    }
}

fn list(numbers: &[u128]) -> String {
    let mut text = String::from("[");
    for number in numbers {
        write!(text, "{number}, ").expect("a string takes everything");
    }
    text.trim_end_matches(", ").to_owned() + "]"
}
